"""Reads shared by all who ask at once, and never older than the question: on both PostgreSQL."""

import asyncio

import msgspec
import psycopg
import pytest
from tests.unit.jobs.conftest import ANA

from estampe.db.direct import Direct
from estampe.domain import JobId, Status, TenantId
from estampe.errors import DatabaseUnavailable
from estampe.jobs.reader import Reader

BOB = msgspec.structs.replace(ANA, organization_id="org_b")
TENANT = ANA.tenant.id


class Card:
    """What is made of a job here."""

    weight_bytes = 1000

    def __init__(self, standing):
        self.standing, self.placed = standing, standing.placed
        self.version, self.status = standing.placed.job.version, standing.placed.job.status


@pytest.fixture
async def cards():
    """Every card that was made."""
    return []


@pytest.fixture
async def reader(house, cards):
    def show(standing):
        cards.append(Card(standing))
        return cards[-1]

    opened = Reader(Direct(house.url), house.queue, show, kept_bytes=10_000)
    yield opened
    await opened.close()


async def running(house, person=ANA):
    job = await house.submit(person)
    house.sql("update jobs set status = 'running', attempt = 1, version = version + 1 where id = %s", job.id)
    return job.id


def move(house, *ids):
    house.sql(
        "update jobs set version = version + 1, progress = jsonb_build_object('fraction', 0.1) where id = any(%s)",
        list(ids),
    )


async def test_who_asks_together_shares_one_read(house, reader, cards):
    wanted = [await running(house) for _ in range(5)]
    await reader.now(TENANT, wanted[0])
    reads = reader.reads

    found = await asyncio.gather(*(reader.now(TENANT, wanted[number % 5]) for number in range(200)))

    assert [card.placed.job.id for card in found] == [wanted[number % 5] for number in range(200)]
    assert reader.reads == reads + 1
    assert len(cards) == 5


async def test_what_has_not_changed_is_not_made_again(house, reader, cards):
    wanted = await running(house)
    first = await reader.now(TENANT, wanted)

    assert await reader.now(TENANT, wanted) is first
    move(house, wanted)
    second = await reader.now(TENANT, wanted)

    assert second.version == first.version + 1
    assert cards == [first, second]


async def test_no_answer_is_older_than_its_question(house, reader):
    wanted = [await running(house) for _ in range(3)]
    written = dict.fromkeys(wanted, 1)
    going = True

    async def write():
        async with await psycopg.AsyncConnection.connect(house.url, autocommit=True) as connection:
            for number in range(150):
                one = wanted[number % 3]
                cursor = await connection.execute(
                    "update jobs set version = version + 1 where id = %s returning version", [one]
                )
                written[one] = (await cursor.fetchone())[0]

    async def ask(one):
        asked = 0
        while going:
            least = written[one]
            assert (await reader.now(TENANT, one)).version >= least
            asked += 1
        return asked

    asking = [asyncio.create_task(ask(wanted[number % 3])) for number in range(20)]
    await write()
    going = False
    assert min(await asyncio.gather(*asking)) > 0


async def test_another_tenant_s_job_is_none_even_while_its_own_asks(house, reader):
    wanted = await running(house)

    mine, theirs, never = await asyncio.gather(
        reader.now(TENANT, wanted), reader.now(BOB.tenant.id, wanted), reader.now(TENANT, JobId("job_" + "a" * 24))
    )

    assert mine.placed.job.id == wanted
    assert theirs is None
    assert never is None
    assert await reader.now(BOB.tenant.id, wanted) is None


async def test_a_job_in_line_has_the_place_it_has_now(house, reader):
    first, second = [(await house.submit()).id for _ in range(2)]
    before = await reader.now(TENANT, second)
    await house.queue.cancel(TENANT, first)
    after = await reader.now(TENANT, second)

    assert (before.placed.queue_position, after.placed.queue_position) == (1, 0)
    assert before.version == after.version


async def test_what_a_job_made_comes_with_its_end(house, reader):
    job = await house.submit()
    assert (await reader.now(TENANT, job.id)).status is Status.QUEUED
    await house.finish(job, units=2.0)

    card = await reader.now(TENANT, job.id)

    assert card.status is Status.SUCCEEDED
    assert [asset.position for asset in card.standing.outputs] == [0, 1]


async def test_a_deleted_job_is_gone_at_once(house, reader):
    wanted = await running(house)
    assert await reader.now(TENANT, wanted)
    house.sql("delete from jobs where id = %s", wanted)

    assert await reader.now(TENANT, wanted) is None


async def test_only_so_much_is_kept(house, reader, cards):
    wanted = [await running(house) for _ in range(25)]
    await asyncio.gather(*(reader.now(TENANT, one) for one in wanted))
    await asyncio.gather(*(reader.now(TENANT, one) for one in wanted))

    assert len(reader._kept) == 10
    assert len(cards) <= 25 + 15


async def test_more_than_one_read_takes_are_answered_too(house, reader, monkeypatch):
    monkeypatch.setattr("estampe.jobs.reader.MOST_AT_ONCE", 4)
    wanted = [await running(house) for _ in range(10)]

    found = await asyncio.gather(*(reader.now(TENANT, one) for one in wanted))

    assert [card.placed.job.id for card in found] == wanted


async def test_who_stops_waiting_leaves_the_others_their_answer(house, reader):
    wanted = await running(house)

    async def ask():
        return await reader.now(TENANT, wanted)

    asking = [asyncio.create_task(ask()) for _ in range(10)]
    await asyncio.sleep(0)
    asking[0].cancel()

    found = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert {card.placed.job.id for card in found[1:]} == {wanted}


async def test_a_lost_connection_is_made_anew(house, reader):
    wanted = await running(house)
    await reader.now(TENANT, wanted)
    house.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'estampe reads'")

    assert (await reader.now(TENANT, wanted)).placed.job.id == wanted


async def test_while_the_database_is_away_everyone_is_told(house):
    away = Reader(Direct("postgresql://nobody@127.0.0.1:1/none"), house.queue, Card)

    met = await asyncio.gather(
        *(away.now(TenantId("tn_a"), JobId(f"job_{number}")) for number in range(5)), return_exceptions=True
    )

    assert {type(one) for one in met} == {DatabaseUnavailable}
    assert len(set(map(id, met))) == 5
    await away.close()
