"""How an attempt ends: once, whatever became of the answer, and with no file that nobody knows of."""

import asyncio
from types import SimpleNamespace

import numpy as np
import psycopg
import pytest
from tests.postgres import eventually
from tests.unit.jobs.conftest import asset

from estampe.assets import Shelf
from estampe.domain import Status, Usage
from estampe.errors import StoreUnavailable
from estampe.media import POSTER_PIXELS, kinds, still
from estampe.scratch import Scratch
from estampe.stores.disk import Disk
from estampe.worker import attempt, messages
from estampe.worker.attempt import Attempt
from estampe.worker.bench import Bench
from estampe.worker.checkpoints import Checkpoints
from estampe.worker.stops import Stops

USED = Usage(units=1, gpu_seconds=2)
BLOCKED = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


def unclaimed(house):
    return {key for (key,) in house.sql("select key from unclaimed_files")}


@pytest.mark.parametrize("to", [Status.SUCCEEDED, Status.FAILED])
async def test_an_end_that_is_told_again_because_its_answer_was_lost_is_the_same_end(house, to):
    (job,) = await house.claim(await house.submit())
    files = [asset(job, 0)] if to is Status.SUCCEEDED else []
    house.expect(*files)

    told = [await house.queue.finish(job, to, usage=USED, outputs=files) for _ in range(2)]
    assert told == [True, True]
    assert house.sql("select count(*) from assets") == [(len(files),)]
    assert house.sql("select count(*) from usage_ledger where job_id = %s", job.id) == [(1,)]
    other = Status.FAILED if to is Status.SUCCEEDED else Status.SUCCEEDED
    assert not await house.queue.finish(job, other, usage=USED)


async def test_what_was_swept_meanwhile_is_no_result(house):
    (job,) = await house.claim(await house.submit())
    file = asset(job, 0)
    house.expect(file)
    house.sql("delete from unclaimed_files where key = %s", file.thumbnail_key)

    with pytest.raises(LookupError):
        await house.queue.finish(job, Status.SUCCEEDED, usage=USED, outputs=[file])
    assert await house.queue.status(job) is Status.RUNNING
    assert unclaimed(house) == {file.key}


async def test_a_job_that_is_deleted_while_it_ends_leaves_its_files_to_the_sweeper(house):
    (job,) = await house.claim(await house.submit())
    file = asset(job, 0)
    house.expect(file)

    with psycopg.connect(house.url) as holding:
        holding.execute("lock table assets in share row exclusive mode")
        ends = asyncio.create_task(house.queue.finish(job, Status.SUCCEEDED, usage=USED, outputs=[file]))
        await asyncio.to_thread(eventually, lambda: house.sql(BLOCKED) == [(1,)], "an end on its way")
        deletes = asyncio.create_task(house.queue.delete(job.tenant_id, job.id))
        await asyncio.to_thread(eventually, lambda: house.sql(BLOCKED) == [(2,)], "a deletion on its way")

    assert await ends
    assert await deletes
    assert unclaimed(house) == {file.key, file.thumbnail_key}


class Swept(Disk):
    """A store whose sweeper is looked at in the middle of its work."""

    def __init__(self, root, meanwhile):
        super().__init__(root)
        self._meanwhile = meanwhile

    async def erase(self, key):
        await super().erase(key)
        await self._meanwhile()


async def test_nothing_is_claimed_that_is_being_swept(house, tmp_path):
    (job,) = await house.claim(await house.submit())
    file = asset(job, 0)
    house.expect(file)
    house.sql("update unclaimed_files set since = '-infinity'")
    ends = []

    async def ends_meanwhile():
        end = house.queue.finish(job, Status.SUCCEEDED, usage=USED, outputs=[file])
        ends.extend(await asyncio.gather(end, return_exceptions=True))

    assert await Shelf(house.database, Swept(tmp_path, ends_meanwhile)).sweep() == 2
    assert [type(error) for error in ends] == [LookupError, LookupError]
    assert unclaimed(house) == set()


async def test_files_that_could_not_be_erased_are_swept_again(house, tmp_path):
    house.sql("insert into unclaimed_files values ('tn_lost/as_lost', '-infinity')")

    async def the_store_is_away():
        raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        await Shelf(house.database, Swept(tmp_path, the_store_is_away)).sweep()
    assert unclaimed(house) == {"tn_lost/as_lost"}
    assert await Shelf(house.database, Disk(tmp_path)).sweep() == 1
    assert unclaimed(house) == set()


class Engine:
    """What an attempt asks of its batch."""

    async def stop(self, job):
        """Nothing draws."""

    async def leave(self, job):
        """Nothing draws."""


def bench(house, folder):
    deaf = SimpleNamespace(subscribe=lambda *_: None)
    return Bench(
        database=house.database, queue=house.queue, announced=None, checkpoints=Checkpoints(house.database),
        stops=Stops(deaf), shelf=Shelf(house.database, Disk(folder / "files")), scratch=Scratch(), kinds=kinds(),
        max_attempts=3,
        silence_seconds=60,
    )  # fmt: skip


async def test_outputs_that_wait_for_the_end_of_a_long_job_are_not_swept(house, tmp_path, monkeypatch):
    monkeypatch.setattr(attempt, "RENEW_SECONDS", 0)
    parts, path = bench(house, tmp_path), tmp_path / "0.png"
    asked = await house.submit()
    house.sql("""update jobs set parameters = parameters || '{"num_outputs": 1}'""")
    (job,) = await house.claim(asked)
    frames = np.zeros((1, 8, 8, 3), np.uint8)
    facts = parts.kinds["image"].encode(frames, {"output_format": "png"}, None, path)
    poster = still(frames[0], POSTER_PIXELS)
    made = messages.Made(job=job.id, position=0, path=str(path), seed=1, facts=facts, poster=poster)
    life = Attempt(parts, job, Engine())
    living = asyncio.create_task(life.live())
    life.hear(made)
    await asyncio.to_thread(eventually, lambda: len(unclaimed(house)) == 2, "an output that is kept")

    house.sql("update unclaimed_files set since = now() - interval '2 hours'")
    old = "select count(*) from unclaimed_files where since < now() - interval '1 hour'"
    await asyncio.to_thread(eventually, lambda: house.sql(old) == [(0,)], "another while")
    life.hear(messages.Done(job.id, 1.0))
    await living
    assert await house.queue.status(job) is Status.SUCCEEDED
