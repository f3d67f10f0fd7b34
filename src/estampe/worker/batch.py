"""A batch: some claimed jobs that one child runs together, and that live and end each for itself."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from estampe.domain import Failure, Job, JobId
from estampe.errors import EngineError
from estampe.worker import messages
from estampe.worker.attempt import Attempt
from estampe.worker.bench import Bench
from estampe.worker.failures import BROKEN, LOST, NO_ENGINE, SILENT
from estampe.worker.pace import Pace
from estampe.worker.process import Child, ChildDied

HAND_BACK_SECONDS = 2.0
STUCK_SECONDS = 60.0
GLANCE_SECONDS = 5.0
# A batch is claimed this long before the one before it should be drawn, and waits no longer than the second for it.
LEAD_SECONDS = 0.15
PATIENCE_SECONDS = 2.0

log = logging.getLogger(__name__)


class Batch:
    """The run of some jobs of one model, after `earlier` ones in the same child; `turned` is called when that moves."""

    def __init__(
        self,
        bench: Bench,
        child: Child,
        jobs: Sequence[Job],
        *,
        earlier: Sequence["Batch"] = (),
        turned: Callable[[], None] = lambda: None,
    ) -> None:
        self._child, self._earlier, self._turned = child, earlier, turned
        self._silence_seconds, self._scratch = bench.silence_seconds, bench.scratch
        self.model = jobs[0].model
        self._kind = jobs[0].kind
        self.is_suspect = any(job.losses for job in jobs)
        """It may have taken a child down: it shares none with another."""
        self.was_late = False
        """Its turn did not come in time: it was handed back."""
        self.drawn, self.ended = asyncio.Event(), asyncio.Event()
        self._attempts = {job.id: Attempt(bench, job, self) for job in jobs}
        self._pace = Pace(0)
        self._heard_at = 0.0
        self._is_closing = self._is_left = self._was_silent = False
        self._patience: asyncio.Timeout | None = None
        self._lives: list[asyncio.Task[None]] = []

    @property
    def jobs(self) -> list[Job]:
        return [attempt.job for attempt in self._going]

    @property
    def is_nearly_drawn(self) -> bool:
        """The engine will soon be free."""
        return self.drawn.is_set() or self._pace.seconds_left(self._heard_at) <= LEAD_SECONDS

    @property
    def _going(self) -> list[Attempt]:
        return [attempt for attempt in self._attempts.values() if not attempt.has_ended]

    async def run(self) -> None:
        """To the end of each job."""
        try:
            with self._scratch.folder() as scratch:
                self._lives = [asyncio.create_task(attempt.live()) for attempt in self._attempts.values()]
                failure = await self._make(scratch)
                self._be_drawn()
                for attempt in self._going:
                    attempt.lose(failure)  # heard by those alone whose end was not told
                for error in await asyncio.gather(*self._lives, return_exceptions=True):
                    if error is not None:
                        log.error("an attempt: %s", type(error).__name__)
        finally:
            self._be_drawn()
            self.ended.set()

    async def _make(self, scratch: Path) -> Failure:
        """What those come to whose end is not told by the child."""
        try:
            run = await self._order(scratch)
            if not await self._is_our_turn():
                self._go_back()
            members = [member for member in run.members if self._is_wanted(self._attempts[JobId(member.job)])]
            if members and not self._is_closing:
                await self._follow(msgspec.structs.replace(run, members=members))
        except ChildDied as died:
            if died.spared:
                self._go_back()
        except EngineError as error:
            # No fault of theirs: whoever can load the engines makes them.
            log.error("the engines cannot be loaded again: %s", error)  # noqa: TRY400
            self._go_back()
        except Exception as error:  # noqa: BLE001 - whatever it is, the jobs must end and the next ones run
            log.error("a batch of %s: %s", self.model, type(error).__name__)  # noqa: TRY400
            await self._end_child()
            return BROKEN
        return SILENT if self._was_silent else LOST

    async def _order(self, scratch: Path) -> messages.Run:
        engine = next((model.engine for model in self._child.models if model.name == self.model), "")
        members = []
        for attempt in self._going:
            if not engine:
                attempt.refuse(NO_ENGINE)
            elif member := await attempt.order(scratch / attempt.job.id):
                members.append(member)
        return messages.Run(engine=engine, model=self.model, kind=self._kind, members=members)

    async def _is_our_turn(self) -> bool:
        """Once the engine is free: unless that takes too long, or we are to go back."""
        try:
            async with asyncio.timeout(0 if self._is_closing else PATIENCE_SECONDS) as self._patience:
                for other in self._earlier:
                    await (other.ended if self.is_suspect else other.drawn).wait()
        except TimeoutError:
            self.was_late = True
            log.info("a batch of %s was claimed too soon: it goes back", self.model)
        self._patience = None
        return not self.was_late

    def _is_wanted(self, attempt: Attempt) -> bool:
        if attempt.is_stopping:
            attempt.hear(messages.Stopped(attempt.job.id, 0.0))
        return not (attempt.is_stopping or attempt.goes_back)

    async def _follow(self, run: messages.Run) -> None:
        clock = asyncio.get_running_loop().time
        await self._child.start()  # that may take longer than any silence
        self._heard_at = clock()
        self._pace = Pace(len(run.members))
        watch = asyncio.create_task(self._watch())
        try:
            async for news in self._child.run(run):
                self._heard_at = clock()
                if isinstance(news, messages.Drawn):
                    self._be_drawn()
                    continue
                self._attempts[JobId(news.job)].hear(news)
                self._estimate(news)
        finally:
            watch.cancel()

    def _estimate(self, news: messages.News) -> None:
        if isinstance(news, messages.Advanced):
            self._pace.advance(news.job, news.progress.fraction, self._heard_at)
        elif isinstance(news, messages.End):
            self._pace.end(news.job)
        if self.is_nearly_drawn:
            self._turned()

    def _be_drawn(self) -> None:
        self.drawn.set()
        self._turned()

    async def stop(self, job: Job) -> None:
        await self._child.stop(job.id)

    async def leave(self, job: Job) -> None:
        """Nobody waits for the engine: with it, if no other job needs it; else without, as long as it is not stuck."""
        if not self.drawn.is_set() and all(attempt.is_stopping for attempt in self._going):
            await self._end_child()
            return
        self._attempts[job.id].hear(messages.Stopped(job.id, 0.0))
        self._is_left = True

    async def _watch(self) -> None:
        """Who says nothing for too long blocks all the others."""
        clock = asyncio.get_running_loop().time
        while True:
            limit = min(STUCK_SECONDS, self._silence_seconds) if self._is_left else self._silence_seconds
            left = self._heard_at + limit - clock()
            if left <= 0:
                break
            await asyncio.sleep(min(left, GLANCE_SECONDS))
        log.error("a batch of %s said nothing for %.0f s: its process is ended", self.model, limit)
        self._was_silent = True
        await self._end_child()

    async def _end_child(self) -> None:
        await self._child.kill(self._attempts)

    async def hand_back(self) -> None:
        """The jobs wait again, each with how far it came."""
        self._is_closing = True
        self._go_back()
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time())
        for attempt in self._going:
            await self._child.stop(attempt.job.id)
        if self._lives:
            await asyncio.wait(self._lives, timeout=HAND_BACK_SECONDS)

    def _go_back(self) -> None:
        for attempt in self._going:
            attempt.goes_back = True
