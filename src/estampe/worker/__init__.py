"""WORKER: claim → run → keep → finish. It talks to the engine and the database, never to people."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable

import procrastinate
import psycopg

from estampe.domain import JobId, new_id
from estampe.errors import DatabaseUnavailable, EstampeError, StoreUnavailable
from estampe.jobs.queue import QUEUE, TASK
from estampe.worker.attempt import Again, Bench, attempt
from estampe.worker.erasure import Erasure

# What is handed back or taken over is not announced by procrastinate.
POLL_SECONDS = 1.0
SEEN_SECONDS = 2.0
KEEP_HOUSE_SECONDS = 5.0
FORGET_SECONDS = 3600.0
GRACE_SECONDS = 5.0
RESTART_SECONDS = 0.5

log = logging.getLogger(__name__)


class Worker:
    """Runs jobs one at a time until its task is canceled; then ends the run, or hands it back."""

    def __init__(
        self,
        bench: Bench,
        dispatcher: procrastinate.App,
        erasure: Erasure,
        *,
        stalled_seconds: int,
        auth_event_days: int,
    ) -> None:
        self._bench, self._dispatcher, self._erasure = bench, dispatcher, erasure
        self._auth_event_days = auth_event_days
        self._stalled_seconds = stalled_seconds
        self._id = new_id("wk_")
        again = procrastinate.RetryStrategy(wait=0, retry_exceptions={Again})
        dispatcher.task(name=TASK, queue=QUEUE, retry=again)(self._run)

    async def _run(self, job_id: str) -> None:
        await attempt(self._bench, JobId(job_id))

    async def run(self) -> None:
        """Load the engines, announce their models, work. Raises `EngineError` when the engines do not load."""
        child = self._bench.child
        await child.start()
        try:
            async with self._dispatcher.open_async(), asyncio.TaskGroup() as group:
                group.create_task(_often(self._announce, SEEN_SECONDS))
                group.create_task(_often(self._keep_house, KEEP_HOUSE_SECONDS))
                group.create_task(_often(self._forget_old, FORGET_SECONDS))
                group.create_task(self._work())
        finally:
            await child.kill()
            with contextlib.suppress(EstampeError):
                await self._bench.announced.withdraw(self._id)

    async def _work(self) -> None:
        # procrastinate's worker ends when the database goes away; ours outlives it, models loaded.
        while True:
            with contextlib.suppress(procrastinate.exceptions.ConnectorException, psycopg.OperationalError):
                await self._dispatcher.run_worker_async(
                    queues=[QUEUE],
                    concurrency=1,
                    fetch_job_polling_interval=POLL_SECONDS,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    update_heartbeat_interval=SEEN_SECONDS,
                    stalled_worker_timeout=self._stalled_seconds,
                )
            log.warning("the queue went away; trying again")
            await asyncio.sleep(RESTART_SECONDS)

    async def _announce(self) -> None:
        host = f"{socket.gethostname()}:{os.getpid()}"
        await self._bench.announced.announce(self._id, host, self._bench.child.models)

    async def _keep_house(self) -> None:
        """Offer again what lost its worker, give up what is late, sweep what nothing points at, erase who has left."""
        manager = self._dispatcher.job_manager
        for job in await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=self._stalled_seconds):
            log.warning("job %s lost its worker; offering it again", job.task_kwargs.get("job_id"))
            await manager.retry_job(job)
        await self._bench.queue.expire()
        await self._bench.shelf.sweep()
        await self._erasure.run()

    async def _forget_old(self) -> None:
        await self._erasure.forget_old(self._auth_event_days)


async def _often(act: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        try:
            await act()
        except (DatabaseUnavailable, StoreUnavailable, procrastinate.exceptions.ConnectorException) as error:
            log.warning("put off: %s", error)
        await asyncio.sleep(seconds)
