"""A batch: some claimed jobs that one child runs together, and that live and end each for itself."""

import asyncio
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

from estampe.domain import Failure, Job, JobId
from estampe.errors import EngineError
from estampe.worker import messages
from estampe.worker.attempt import Attempt
from estampe.worker.bench import Bench
from estampe.worker.failures import BROKEN, LOST, NO_ENGINE
from estampe.worker.process import Child, ChildDied

HAND_BACK_SECONDS = 2.0
STUCK_SECONDS = 60.0

log = logging.getLogger(__name__)


class Batch:
    """The run of some jobs of one model."""

    def __init__(self, bench: Bench, child: Child, jobs: Sequence[Job]) -> None:
        self._child = child
        self.model = jobs[0].model
        self._kind = jobs[0].kind
        self._attempts = {job.id: Attempt(bench, job, self) for job in jobs}
        self._heard = 0
        self._is_closing = False
        self._lives: list[asyncio.Task[None]] = []
        self._watch: asyncio.Task[None] | None = None

    @property
    def jobs(self) -> list[Job]:
        return [attempt.job for attempt in self._going]

    @property
    def _going(self) -> list[Attempt]:
        return [attempt for attempt in self._attempts.values() if not attempt.has_ended]

    async def run(self) -> None:
        """To the end of each job."""
        # What is abandoned may still be writing there.
        with tempfile.TemporaryDirectory(prefix="estampe-", ignore_cleanup_errors=True) as scratch:
            self._lives = [asyncio.create_task(attempt.live()) for attempt in self._attempts.values()]
            failure = await self._make(Path(scratch))
            for attempt in self._going:
                attempt.lose(failure)  # heard by those alone whose end was not told
            for error in await asyncio.gather(*self._lives, return_exceptions=True):
                if error is not None:
                    log.error("an attempt: %s", type(error).__name__)
            if self._watch is not None:
                self._watch.cancel()

    async def _make(self, scratch: Path) -> Failure:
        """What those come to whose end is not told by the child."""
        try:
            run = await self._order(scratch)
            if self._is_closing or not run.members:
                return LOST
            async for news in self._child.run(run):
                self._heard += 1
                self._attempts[JobId(news.job)].hear(news)
        except (ChildDied, EngineError):
            return LOST
        except Exception as error:  # noqa: BLE001 - whatever it is, the jobs must end and the next ones run
            log.error("a batch of %s: %s", self.model, type(error).__name__)  # noqa: TRY400
            await self._child.kill()
        return BROKEN

    async def _order(self, scratch: Path) -> messages.Run:
        engine = next((model.engine for model in self._child.models if model.name == self.model), "")
        members = []
        for attempt in self._going:
            if not engine:
                attempt.refuse(NO_ENGINE)
            elif member := await attempt.order(scratch / attempt.job.id):
                members.append(member)
        return messages.Run(engine=engine, model=self.model, kind=self._kind, members=members)

    async def stop(self, job: Job) -> None:
        await self._child.stop(job.id)

    async def leave(self, job: Job) -> None:
        """Nobody waits for the engine: with it, if no other job needs it; else without, as long as it is not stuck."""
        if all(attempt.is_stopping for attempt in self._going):
            await self._child.kill()
            return
        self._attempts[job.id].hear(messages.Stopped(job.id, 0.0))
        self._watch = self._watch or asyncio.create_task(self._kill_if_stuck())

    async def _kill_if_stuck(self) -> None:
        heard = -1
        while heard != self._heard:
            heard = self._heard
            await asyncio.sleep(STUCK_SECONDS)
        await self._child.kill()

    async def hand_back(self) -> None:
        """The jobs wait again, each with how far it came."""
        self._is_closing = True
        for attempt in self._going:
            attempt.goes_back = True
            await self._child.stop(attempt.job.id)
        if self._lives:
            await asyncio.wait(self._lives, timeout=HAND_BACK_SECONDS)
        await self._child.kill()
