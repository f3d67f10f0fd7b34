"""What thousands who follow are told: once read, each at its own pace, nobody another's, nothing older than before."""

import asyncio
import json
import time
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace

import msgspec
import pytest
from tests.unit.jobs.conftest import ANA, House

from estampe.access.revocations import Revocation, Revocations, revoke
from estampe.assets.links import Links
from estampe.db.direct import Direct
from estampe.db.notices import Notices
from estampe.http import broadcast as module
from estampe.http import streams
from estampe.http.broadcast import Broadcast
from estampe.http.listeners import Listener
from estampe.http.scenes import Scene
from estampe.http.wire.line import Line
from estampe.jobs.events import Hub
from estampe.jobs.reader import Reader

BOB = msgspec.structs.replace(ANA, user_id="bob", organization_id="org_b")
LINKS = Links("https://estampe.example", b"secret", 3600)
PATIENCE_SECONDS = 30


class Studio(House):
    """Everything that a stream needs, in this process."""

    def __init__(self, url):
        super().__init__(url)
        self.notices = Notices(url)
        self.hub = Hub(self.notices)
        self.reader = Reader(Direct(url), self.queue, lambda standing: Scene(standing, LINKS))
        self.revocations = Revocations(self.database, self.notices)
        self.broadcast = Broadcast(self.hub, self.reader, self.revocations)
        self.here = SimpleNamespace(database=self.database, queue=self.queue, reader=self.reader, links=LINKS)

    async def running(self, person=ANA):
        job = await self.submit(person)
        self.sql("update jobs set status = 'running', attempt = 1, version = version + 1 where id = %s", job.id)
        return job.id

    def move(self, *ids, status="running", preview=None):
        self.sql(
            "update jobs set version = version + 1, status = %s, preview = %s,"
            " progress = jsonb_build_object('fraction', 0.5, 'step', version) where id = any(%s)",
            status, preview, list(ids),
        )  # fmt: skip


@pytest.fixture
async def studio(every_database_url):
    made = Studio(every_database_url)
    await made.database.open()
    async with made.notices.listening(), made.broadcast.going():
        await until(lambda: made.notices.fresh)
        yield made
    await made.reader.close()
    await made.database.close()


class Watching:
    """A client at the end of a line: what it has read, and a way to stop it from reading."""

    def __init__(self):
        self.read, self.takes = [], asyncio.Event()
        self.takes.set()

    async def send(self, message):
        await self.takes.wait()
        self.read += [parsed(text) for text in message["body"].decode().split("\n\n") if "event:" in text]

    async def receive(self):
        await asyncio.Event().wait()

    @property
    def names(self):
        return [name for name, _, _ in self.read]

    @property
    def versions(self):
        return [version for _, version, _ in self.read if version]


def parsed(text):
    fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    return fields["event"], int(fields.get("id", 0)), json.loads(fields["data"])


@asynccontextmanager
async def watching(studio, wanted, *, me=ANA, count=1, slow=False):
    """So many who follow a job, or all of one's own."""
    first = partial(streams._first_of_all if wanted is None else streams._first_of_one, studio.here)
    clients = [Watching() for _ in range(count)]

    async def attend(client):
        line = Line(client.send)
        listener = Listener(me, "en", line, first=first, place=studio.broadcast, job=wanted)
        try:
            await listener.begin()
            if slow:
                client.takes.clear()
            await line.until_gone(client.receive)
        finally:
            listener.leave()
            line.close()

    tasks = [asyncio.create_task(attend(client)) for client in clients]
    await until(lambda: all(client.read for client in clients))
    try:
        yield clients
    finally:
        for client, task in zip(clients, tasks, strict=True):
            client.ended = task.done()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(question):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not question():  # noqa: ASYNC110 - what is asked about tells nobody
            await asyncio.sleep(0.01)


async def test_however_many_follow_a_change_is_read_once(studio):
    heard = []
    studio.hub.follow(heard.append, lambda: None)
    wanted = await studio.running()
    await until(lambda: any(news.status == "running" for news in heard))  # else it may be read again for that
    async with watching(studio, wanted, count=300) as clients:
        reads = studio.reader.reads
        for step in range(1, 6):
            studio.move(wanted)
            await until(lambda step=step: all(len(client.read) == 1 + step for client in clients))

    assert studio.reader.reads - reads == 5
    assert {tuple(client.names) for client in clients} == {("snapshot", *["progress"] * 5)}


async def test_it_is_encoded_once_for_all_who_read_a_language(studio):
    wanted = await studio.running()
    async with watching(studio, wanted, count=50) as clients:
        studio.move(wanted)
        await until(lambda: all(len(client.read) == 2 for client in clients))
        scene = await studio.reader.now(ANA.tenant.id, wanted)

    assert len(scene._messages) == 1


async def test_a_slow_reader_delays_nobody_and_skips_to_the_latest(studio):
    wanted = await studio.running()
    async with (
        watching(studio, wanted, slow=True) as (slow,),
        watching(studio, wanted, count=20) as others,
    ):
        for step in range(1, 31):
            studio.move(wanted, preview=b"x" * 2000)
            await until(lambda step=step: all(len(client.versions) >= 1 + step for client in others))
        (listener,) = [one for one in studio.broadcast._listeners if one._line.is_full]
        kept = dict(listener._untold)
        slow.takes.set()
        await until(lambda: slow.versions[-1] == others[0].versions[-1])

    assert len(kept) == 1
    assert len(slow.read) <= 6
    assert slow.versions == sorted(slow.versions)


async def test_a_reader_that_never_reads_again_is_let_go(studio, monkeypatch):
    monkeypatch.setattr(module, "SLOW_SECONDS", 0.2)
    monkeypatch.setattr("estampe.http.wire.line.LAST_WORD_SECONDS", 0.1)
    wanted = await studio.running()
    async with watching(studio, wanted, slow=True) as (slow,):
        studio.move(wanted)
        await until(lambda: len(studio.hub.audience) == 0)

    assert slow.ended


async def test_nobody_is_told_a_state_older_than_one_it_was_told(studio):
    wanted = await studio.running()
    async with watching(studio, wanted, count=5) as clients:
        old = await studio.reader.now(ANA.tenant.id, wanted)
        studio.move(wanted)
        await until(lambda: all(len(client.read) == 2 for client in clients))
        await studio.broadcast._deliver(ANA.tenant.id, wanted, old)
        studio.move(wanted)
        await until(lambda: all(len(client.read) == 3 for client in clients))

    for client in clients:
        assert client.versions == sorted(set(client.versions))


async def test_what_happens_while_a_stream_opens_is_not_missed(studio):
    wanted = await studio.running()
    last = 0
    for _ in range(10):
        async with watching(studio, wanted) as (client,):
            studio.move(wanted)
            ((newest,),) = studio.sql("select version from jobs where id = %s", wanted)
            await until(lambda client=client, newest=newest: client.versions[-1] == newest)
            assert client.versions[0] >= last
            last = newest


async def test_nobody_hears_of_another_tenant_s_job(studio):
    hers, his = await studio.running(), await studio.running(BOB)
    async with (
        watching(studio, None) as (ana,),
        watching(studio, None, me=BOB) as (bob,),
        watching(studio, hers) as (one,),
    ):
        studio.move(hers, his)
        await until(lambda: all("progress" in client.names for client in (ana, bob, one)))

    assert his not in json.dumps(ana.read) + json.dumps(one.read)
    assert hers not in json.dumps(bob.read)


async def test_who_follows_all_and_is_slow_starts_anew(studio, monkeypatch):
    monkeypatch.setattr("estampe.http.listeners.MOST_UNTOLD", 3)
    monkeypatch.setattr(module, "TICK_SECONDS", 0.05)
    ids = [await studio.running() for _ in range(6)]
    async with watching(studio, None, slow=True) as (client,):
        for _ in range(3):
            studio.move(*ids)
            await asyncio.sleep(0.1)
        await until(lambda: any(one.starts_anew for one in studio.broadcast._listeners))
        client.takes.set()
        await until(lambda: client.names.count("snapshot") == 2)
        studio.move(ids[0])
        await until(lambda: client.names[-1] == "progress")

    assert {job["job_id"] for job in client.read[-2][2]["jobs"]} == set(ids)


async def test_the_end_ends_the_stream_even_of_a_slow_reader(studio):
    wanted = await studio.running()
    async with watching(studio, wanted, slow=True) as (slow,), watching(studio, wanted) as (quick,):
        studio.move(wanted)
        await until(lambda: "progress" in quick.names)
        studio.move(wanted, status="failed")
        await until(lambda: "done" in quick.names)
        slow.takes.set()
        await until(lambda: "done" in slow.names)
        await until(lambda: len(studio.hub.audience) == 0)

    assert slow.names[-1] == quick.names[-1] == "done"


async def test_a_withdrawn_token_ends_its_streams_at_once(studio):
    wanted = await studio.running()
    person = msgspec.structs.replace(ANA, key_id=None, session_id="sess_1", issued_at=1.0)
    async with watching(studio, wanted, me=person) as (hers,), watching(studio, wanted) as (another,):
        await revoke(studio.database, Revocation(issuer=ANA.issuer, session_id="sess_1"))
        await until(lambda: hers.names[-1] == "reauthenticate")

    assert another.names == ["snapshot"]


async def test_a_token_that_expires_ends_its_streams_while_the_database_leaves_us_waiting(studio, monkeypatch):
    soon = msgspec.structs.replace(ANA, expires_at=time.time() + 2)
    async with watching(studio, await studio.running(), me=soon) as (hers,):
        monkeypatch.setattr(studio.revocations, "withdrawn", lambda _: asyncio.Event().wait())
        studio.revocations._missed()
        await until(lambda: hers.names[-1] == "reauthenticate")


async def test_a_deleted_job_s_streams_end(studio):
    wanted = await studio.running()
    async with watching(studio, wanted):
        studio.sql("delete from jobs where id = %s", wanted)
        studio.hub.wake_all()
        await until(lambda: len(studio.hub.audience) == 0)


async def test_one_broken_line_keeps_nobody_from_hearing(studio):
    wanted = await studio.running()
    async with watching(studio, wanted, count=3) as clients:

        async def broken(message):
            raise RuntimeError("no such flow")

        broken_one = next(iter(studio.broadcast._listeners))
        broken_one._line._send = broken
        studio.move(wanted)
        await until(lambda: sum("progress" in client.names for client in clients) == 2)
        await until(lambda: len(studio.hub.audience) == 2)


async def test_places_in_line_are_told_as_they_change(studio, monkeypatch):
    monkeypatch.setattr(module, "QUEUE_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(module, "TICK_SECONDS", 0.05)
    first, second = (await studio.submit()).id, (await studio.submit()).id
    async with watching(studio, second) as (client,):
        await studio.queue.cancel(ANA.tenant.id, first)
        await until(lambda: "progress" in client.names)

    assert [data["queue_position"] for _, _, data in client.read] == [1, 0]


async def test_one_s_streams_are_counted_once_each_however_often_they_begin(studio):
    wanted, hers = await studio.running(), (ANA.tenant.id, ANA.user_id)
    async with watching(studio, wanted, count=2), watching(studio, None), watching(studio, None, me=BOB):
        for listener in studio.broadcast._listeners:
            studio.broadcast.follow(listener)
        assert studio.hub.audience.of(*hers) == 3

    assert studio.hub.audience.of(*hers) == len(studio.hub.audience) == 0
