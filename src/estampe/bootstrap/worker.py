"""What works: one worker as the settings describe it."""

import procrastinate

from estampe.assets import Shelf
from estampe.bootstrap import store
from estampe.db import Database
from estampe.db.notices import Notices
from estampe.jobs.announced import Announced
from estampe.jobs.queue import Queue
from estampe.media import kinds
from estampe.scratch import Scratch
from estampe.settings import Settings
from estampe.worker.bench import Bench
from estampe.worker.checkpoints import Checkpoints
from estampe.worker.erasure import Erasure
from estampe.worker.heart import Heart
from estampe.worker.house import House
from estampe.worker.process import Child
from estampe.worker.shift import Leave, Worker
from estampe.worker.slot import Slot
from estampe.worker.stops import Stops

CONNECT_SECONDS = 5.0


def pool_size(concurrency: int) -> int:
    """The most that each of a worker's two pools opens: its own and its queue's."""
    # A slot writes what its runs tell, and an outage of one must not hold up the others.
    return 3 + concurrency


async def work(settings: Settings, url: str, leave: Leave) -> None:
    """Run one worker until it is told to leave."""
    connections = pool_size(settings.worker_concurrency)
    database, files, notices = Database(url, connections=connections), store(settings), Notices(url)
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=connections, timeout=CONNECT_SECONDS)
    bench = Bench(
        database=database,
        queue=Queue(database),
        announced=Announced(database),
        checkpoints=Checkpoints(database),
        stops=Stops(notices),
        shelf=Shelf(database, files),
        scratch=Scratch(),
        kinds=kinds(),
        max_attempts=settings.max_attempts,
        silence_seconds=settings.silence_seconds,
        prices=settings.prices,
        currency=settings.currency,
    )
    worker = Worker(
        bench,
        procrastinate.App(connector=connector),
        _slots(settings, bench),
        house=House(bench, Erasure(database, bench.shelf), auth_event_days=settings.auth_event_days),
        heart=Heart(url, stalled_seconds=settings.stalled_seconds),
        drain_seconds=settings.drain_seconds,
    )
    await database.open()
    bench.scratch.open()
    try:
        async with notices.listening():
            await worker.run(leave)
    finally:
        bench.scratch.close()
        await files.close()
        await database.close()


def _slots(settings: Settings, bench: Bench) -> list[Slot]:
    def child() -> Child:
        return Child(settings.engines, settings.worker_models, setup_seconds=settings.setup_seconds)

    return [Slot(bench, child()) for _ in range(settings.worker_concurrency)]
