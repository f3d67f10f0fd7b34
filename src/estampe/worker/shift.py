"""A worker's shift, from its first claim to its last word: claim → run → keep → finish."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import Awaitable, Callable, Sequence

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException

from estampe.domain import Job
from estampe.errors import EstampeError
from estampe.jobs.dispatch import TAGS_A_SECOND, Dispatch
from estampe.jobs.queue import QUEUE, TASK
from estampe.worker.bench import Bench
from estampe.worker.heart import BEAT_SECONDS, Heart
from estampe.worker.house import House
from estampe.worker.outage import AWAY, persistently
from estampe.worker.slot import Slot, end, load

# What is handed back or taken over is announced too: this is for what was announced while nobody listened.
POLL_SECONDS = 1.0
TAKE_OVER_SECONDS = 2.0
KEEP_HOUSE_SECONDS = 5.0
FORGET_SECONDS = 3600.0
RESTART_SECONDS = 0.5
HAND_BACK_SECONDS = 4.0
# How far behind a job for the model at hand may stand and still come first: no tenant feels it.
SLACK_SECONDS = 10

log = logging.getLogger(__name__)


class Leave:
    """How a worker is asked to go: told once, it takes nothing more and ends its runs; twice, it hands them back."""

    def __init__(self) -> None:
        self.soon, self.now = asyncio.Event(), asyncio.Event()

    def tell(self) -> None:
        (self.now if self.soon.is_set() else self.soon).set()


class Worker:
    """Runs a batch in each of its slots until it is told to leave; then ends them, or hands them back."""

    def __init__(
        self,
        bench: Bench,
        dispatcher: procrastinate.App,
        slots: Sequence[Slot],
        *,
        house: House,
        heart: Heart,
        drain_seconds: float,
    ) -> None:
        self._bench, self._dispatcher, self._slots = bench, dispatcher, slots
        self._house, self._heart = house, heart
        self._drain_seconds = drain_seconds
        self._is_leaving = False
        self._broken = asyncio.Event()
        self._runs: set[asyncio.Task[None]] = set()
        slack_tags = SLACK_SECONDS * TAGS_A_SECOND
        Dispatch(dispatcher, models=self._wanted, held=self._held, idle=self._is_idle, slack_tags=slack_tags)
        dispatcher.task(name=TASK, queue=QUEUE, pass_context=True)(self._take)

    @property
    def _running(self) -> list[Job]:
        return [job for slot in self._slots for job in slot.jobs]

    def _free(self) -> list[Slot]:
        """Those with nothing to do come first."""
        free = [slot for slot in self._slots if slot.is_free] if not self._is_leaving else []
        return sorted(free, key=lambda slot: not slot.is_idle)

    def _wanted(self) -> list[str]:
        return [model.name for model in self._slots[0].child.models] if self._free() else []

    def _is_idle(self) -> bool:
        return any(slot.is_idle for slot in self._slots)

    def _held(self) -> str | None:
        return next((slot.held for slot in self._free() if slot.held), None)

    async def run(self, leave: Leave) -> None:
        """Load the engines, announce their models, work. Raises `EngineError` when they do not load, or not again."""
        try:
            if await _first(asyncio.create_task(load(self._slots)), leave.soon):
                return
            self._heart.start(self._slots[0].child.models, len(self._slots))
            gc.freeze()  # what is loaded by now stays: collections that walk it would hold up a start
            async with self._dispatcher.open_async(), asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(_often(self._take_over, TAKE_OVER_SECONDS)),
                    group.create_task(_often(self._keep_house, KEEP_HOUSE_SECONDS)),
                    group.create_task(_often(self._house.forget_old, FORGET_SECONDS)),
                    group.create_task(self._work()),
                    group.create_task(self._leave_when_broken(leave)),
                ]
                await leave.soon.wait()
                await self._drain(leave)
                for task in tasks:
                    task.cancel()
            self._raise_what_broke()
        finally:
            await end(self._slots)
            await asyncio.to_thread(self._heart.stop)
            with contextlib.suppress(EstampeError):
                await self._bench.announced.withdraw(self._heart.worker)

    async def _leave_when_broken(self, leave: Leave) -> None:
        """A slot that can make nothing would take from those that can: who starts us again sees whether it mends."""
        await self._broken.wait()
        leave.soon.set()

    def _raise_what_broke(self) -> None:
        for slot in self._slots:
            if slot.child.broken:
                raise slot.child.broken

    async def _work(self) -> None:
        # procrastinate's worker ends when the database goes away; ours outlives it, with its models and its runs.
        await self._heart.first_beat()
        while True:
            with contextlib.suppress(ConnectorException, psycopg.OperationalError):
                await self._dispatcher.run_worker_async(
                    queues=[QUEUE],
                    concurrency=len(self._slots),
                    fetch_job_polling_interval=POLL_SECONDS,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=0,
                    update_heartbeat_interval=BEAT_SECONDS,
                )
            if (task := asyncio.current_task()) is not None and task.cancelling():
                return  # asked to end while the database was away
            log.warning("the queue went away; trying again")
            await asyncio.sleep(RESTART_SECONDS)

    async def _take_over(self) -> None:
        await self._house.take_over(self._heart.worker, self._heart.stalled_seconds)

    async def _keep_house(self) -> None:
        await self._house.keep(self._heart.worker, lambda: self._running)

    async def _take(self, context: procrastinate.JobContext) -> None:
        """Run what the ticket stands for, until its slot can take more: the run goes on without this task."""
        slot, ticket = next(iter(self._free()), None), context.job.id
        if slot is None or ticket is None:
            return
        slot.is_claiming = True
        run = asyncio.create_task(self._run(slot, ticket))
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        await slot.freed()

    async def _run(self, slot: Slot, ticket: int) -> None:
        try:
            jobs = await self._claim(slot, ticket)
            if jobs:
                await slot.run(jobs)
        except AWAY:
            log.warning("left before a ticket could be claimed")
        except Exception as error:  # noqa: BLE001 - the next one must run; what is left of this one is a stray
            log.error("a run: %s", type(error).__name__)  # noqa: TRY400
        finally:
            if slot.child.broken:
                self._broken.set()
            slot.look()

    async def _claim(self, slot: Slot, ticket: int) -> list[Job]:
        claim, at_most = self._bench.queue.claim, self._at_most(slot)
        try:
            return await persistently(
                lambda: claim(ticket, worker=self._heart.worker, at_most=at_most), lambda: not self._is_leaving
            )
        finally:
            slot.is_claiming = False

    def _at_most(self, slot: Slot) -> dict[str, int]:
        """Where a loss ends a job, nobody's loss may be another's."""
        if self._bench.max_attempts == 1:
            return {}
        return {model.name: model.max_batch for model in slot.child.models}

    async def _drain(self, leave: Leave) -> None:
        self._is_leaving = True
        self._heart.say_leaving()
        await _first(asyncio.create_task(self._idle()), leave.now, seconds=self._drain_seconds)
        await asyncio.gather(*(slot.hand_back() for slot in self._slots))
        await _first(asyncio.create_task(self._idle()), seconds=HAND_BACK_SECONDS)
        for run in self._runs:
            run.cancel()

    async def _idle(self) -> None:
        while self._runs:
            await asyncio.wait(self._runs)


async def _first(task: asyncio.Task[None], told: asyncio.Event | None = None, *, seconds: float | None = None) -> bool:
    """Whether the task is given up: because the event came first, or time ran out. Raises what the task raises."""
    event = asyncio.create_task((told or asyncio.Event()).wait())
    await asyncio.wait({task, event}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    event.cancel()
    if task.done():
        await task
        return False
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return True


async def _often(act: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        try:
            await act()
        except AWAY as error:
            log.warning("put off: %s", error)
        except Exception as error:  # noqa: BLE001 - what fails here must not end the runs
            log.error("put off: %s", type(error).__name__)  # noqa: TRY400
        await asyncio.sleep(seconds)
