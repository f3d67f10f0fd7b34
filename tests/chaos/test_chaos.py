"""Everything is killed with -9 at random while 25 tenants work: what was accepted ends once, is charged once, is kept.

The short form is part of `make test`; `make chaos` is the long one. `TESTS_CHAOS_SEED` repeats a run.
"""

import asyncio
import os
import random
from pathlib import Path

import psycopg
import pytest
from tests.chaos.fleet import Fleet
from tests.chaos.people import Member
from tests.postgres import eventually
from tests.thorough import THOROUGH

from estampe import bootstrap
from estampe.assets import Shelf
from estampe.db import Database
from estampe.jobs.ledger import Ledger
from estampe.settings import read

TENANTS = 25
JOBS = int(os.environ.get("TESTS_CHAOS_JOBS", "100" if THOROUGH else "40"))
WOUNDS = int(os.environ.get("TESTS_CHAOS_WOUNDS", "12" if THOROUGH else "5"))
SEED = int(os.environ.get("TESTS_CHAOS_SEED", random.SystemRandom().randrange(10**6)))
LATEST_SECONDS = 120 + JOBS


@pytest.fixture
def fleet(lived_in: Path):
    fleet = Fleet(lived_in, random.Random(SEED))
    try:
        fleet.start()
        yield fleet
    finally:
        fleet.stop()


async def work(fleet: Fleet, members: list[Member], dice: random.Random) -> None:
    """Everyone asks, follows, cancels, while everything is hurt; and everyone's jobs end."""

    async def one(number: int) -> None:
        await asyncio.sleep(dice.uniform(0, WOUNDS))
        member = members[number % TENANTS]
        job_id = await member.asks(f"job_{number}", cancels=number % 7 == 3)
        if number % 3 == 0:
            await member.follows(job_id)
        await member.ended(job_id)

    async with asyncio.timeout(LATEST_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(fleet.hurt(WOUNDS))
        for number in range(JOBS):
            group.create_task(one(number))


async def ends(members: list[Member]) -> dict[str, str]:
    """How each accepted job ended; whoever was not asked to cancel has what they asked for."""
    found = {}
    for member in members:
        for job_id in member.accepted.values():
            job = await member.job(job_id)
            found[job_id] = job["status"]
            wanted = {"succeeded", "canceled"} if job_id in member.canceled else {"succeeded"}
            assert job["status"] in wanted, job
            assert len(job["outputs"]) == (job["status"] == "succeeded"), job
    return found


def no_stream_lied(members: list[Member], found: dict[str, str]) -> None:
    for told in (told for member in members for told in member.told):
        versions = [version for version, _ in told.seen]
        assert versions == sorted(versions), told
        assert told.seen[-1][1] == found[told.job_id], told


async def nothing_is_orphaned(fleet: Fleet) -> None:
    """Every file is a result's or an upload's; what a crash left behind was written down, and is swept."""
    settings = read({"ESTAMPE_DATA_DIR": str(fleet.apis[0].data_dir)})
    database, store = Database(fleet.database_url), bootstrap.store(settings)
    await database.open()
    try:
        with psycopg.connect(fleet.database_url, autocommit=True) as connection:
            connection.execute("update unclaimed_files set since = '-infinity'")
        while await Shelf(database, store).sweep():
            pass
        with psycopg.connect(fleet.database_url) as connection:
            rows = connection.execute("select unnest(array[key, thumbnail_key]) from assets").fetchall()
        assert {path.name for path in fleet.apis[0].files()} == {key.rpartition("/")[2] for (key,) in rows}
        assert await Ledger(database).discrepancies() == []
    finally:
        await store.close()
        await database.close()


def charged(fleet: Fleet) -> dict[str, int]:
    with psycopg.connect(fleet.database_url) as connection:
        rows = connection.execute(
            "select job_id, count(*) from usage_ledger where outcome = 'succeeded' group by job_id"
        ).fetchall()
    return dict(rows)


def test_whatever_is_killed_every_accepted_job_ends_once_and_is_charged_once(fleet: Fleet):
    print(f"TESTS_CHAOS_SEED={SEED}")  # noqa: T201 - who sees a failure wants to see it again
    dice = random.Random(SEED)

    async def live() -> None:
        members = [Member(fleet, number, random.Random(dice.random())) for number in range(TENANTS)]
        try:
            await work(fleet, members, dice)
            await asyncio.to_thread(fleet.until_ready)
            found = await ends(members)
        finally:
            for member in members:
                await member.close()

        assert sum(len(member.accepted) for member in members) == len(found) == JOBS
        assert charged(fleet) == {job_id: 1 for job_id, status in found.items() if status == "succeeded"}
        no_stream_lied(members, found)

    asyncio.run(live())
    assert sum(fleet.killed.values()) == WOUNDS
    eventually(lambda: not rows_still_held(fleet), "an empty queue")
    fleet.stop_workers()  # they sweep as well, and would hold what they erase
    asyncio.run(nothing_is_orphaned(fleet))


def rows_still_held(fleet: Fleet) -> list[tuple[str]]:
    with psycopg.connect(fleet.database_url) as connection:
        return connection.execute("select id from jobs where status in ('queued', 'running', 'canceling')").fetchall()
