"""What every worker does beside its jobs: take over what others lost, give up what is late, sweep, erase, forget."""

import logging
from collections.abc import Callable, Sequence

from estampe.domain import Job, JobId, Status
from estampe.worker.bench import Bench
from estampe.worker.erasure import Erasure

log = logging.getLogger(__name__)

Attempts = frozenset[tuple[JobId, int]]


class House:
    """The housekeeping of one worker."""

    def __init__(self, bench: Bench, erasure: Erasure, *, auth_event_days: int) -> None:
        self._bench, self._erasure = bench, erasure
        self._auth_event_days = auth_event_days
        self._strays: Attempts = frozenset()

    async def take_over(self, worker: str, stalled_seconds: float) -> None:
        for job in await self._bench.queue.take_over(worker, stalled_seconds):
            log.warning("job %s lost its worker or its ticket; it is offered again", job)

    async def keep(self, worker: str, running: Callable[[], Sequence[Job]]) -> None:
        """`running` says what the worker runs."""
        await self._release_strays(worker, running)
        await self._bench.queue.expire()
        await self._bench.shelf.sweep()
        await self._erasure.run()

    async def forget_old(self) -> None:
        await self._erasure.forget_old(self._auth_event_days)
        await self._bench.announced.forget()

    async def _release_strays(self, worker: str, running: Callable[[], Sequence[Job]]) -> None:
        """Jobs that are ours by the database, and that we know nothing of: the answer to a claim was lost.

        Seen twice in a row, for a claim may be on its way.
        """
        claimed = await self._bench.queue.held_by(worker)
        known = {(job.id, job.attempt) for job in running()}
        strays = {(job.id, job.attempt): job for job in claimed if (job.id, job.attempt) not in known}
        for attempt in self._strays & strays.keys():
            job = strays[attempt]
            log.warning("job %s was claimed and never begun; it is offered again", job.id)
            if not await self._bench.queue.release(job, lost=True):
                await self._bench.queue.finish(job, Status.CANCELED)
        self._strays = frozenset(strays)
