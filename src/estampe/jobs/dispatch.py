"""Which ticket a worker takes next: ours in place of procrastinate's fetch, and nothing else of it."""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import procrastinate
from procrastinate import jobs, manager

from estampe.db import STATEMENTS
from estampe.jobs.queue import QUEUE

TAGS_A_SECOND = 100
# Of so many idle workers that hear of a ticket one asks within about a millisecond, and the others hardly at all.
APART_SECONDS = 0.001
LATEST_SECONDS = 0.25
COUNT_SECONDS = 5.0
# Whoever is only about to be free lets those come first who are.
BUSY_SECONDS = 0.02


class Dispatch(manager.JobManager):
    """Hands out the tickets of `QUEUE` in the order of their lines, to a worker that can make these models.

    It takes the place of the dispatcher's own job manager. A worker is offered a ticket for the model it `held` last
    as long as that one stands no more than `slack_tags` behind the first: hundredths of a GPU-second, so that it
    loads models seldom and no tenant feels it. `idle` says whether a place in it has nothing to do.
    """

    def __init__(
        self,
        dispatcher: procrastinate.App,
        *,
        models: Callable[[], Sequence[str]],
        held: Callable[[], str | None] = lambda: None,
        idle: Callable[[], bool] = lambda: True,
        slack_tags: int = 0,
    ) -> None:
        super().__init__(dispatcher.connector)
        self._models, self._held, self._is_idle, self._slack_tags = models, held, idle, slack_tags
        self._idle, self._counted_at = 0, float("-inf")
        dispatcher.job_manager = self

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> jobs.Job | None:
        if list(queues or ()) != [QUEUE]:
            return await super().fetch_job(queues, worker_id)
        models = list(self._models())
        if not models:
            return None
        rows = await self._all(
            "take_ticket",
            models=models,
            held=self._held(),
            slack_tags=self._slack_tags,
            worker_id=worker_id,
        )
        if rows:
            return jobs.Job.from_row(rows[0])
        if time.monotonic() - self._counted_at > COUNT_SECONDS:
            self._counted_at = time.monotonic()
            (counted,) = await self._all("count_idle_slots")
            self._idle = counted["idle"]
        return None

    async def listen_for_jobs(
        self, *, on_notification: manager.NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Each idle worker asks a little later than it hears, and once for all that it heard: all at once would cost
        the database more than the work.
        """
        asking: asyncio.Task[None] | None = None

        async def ask(channel: str, notification: jobs.Notification) -> None:
            await asyncio.sleep(random.random() * min(self._idle * APART_SECONDS, LATEST_SECONDS))  # noqa: S311
            if not self._is_idle():
                await asyncio.sleep(BUSY_SECONDS)
            await on_notification(channel=channel, notification=notification)

        async def hear(*, channel: str, notification: jobs.Notification) -> None:
            nonlocal asking
            if asking is None or asking.done():
                asking = asyncio.create_task(ask(channel, notification))

        try:
            await super().listen_for_jobs(on_notification=hear, queues=queues)
        finally:
            if asking is not None:
                asking.cancel()
                with suppress(asyncio.CancelledError):
                    await asking

    async def finish_job_by_id_async(
        self,
        job_id: int,
        status: jobs.Status,  # noqa: ARG002
        delete_job: bool,  # noqa: ARG002, FBT001
    ) -> None:
        """However the task ended, a ticket with which a job still waits is offered again: the row is the truth."""
        await self._all("drop_ticket", ticket=job_id)

    async def _all(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        return await self.connector.execute_query_all_async(STATEMENTS[statement].decode(), **values)
