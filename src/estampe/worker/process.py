"""The worker's hold on its child: start it, ask it, hear it, end it."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Collection, Sequence

from estampe.domain import JobId, Model
from estampe.errors import EngineError, Text
from estampe.worker import failures, messages
from estampe.worker.kin import Kin
from estampe.worker.messages import HEADER, Command, Drawn, End, Failed, News, Ready, Report, Run, Stop

SETUP_SECONDS = 300.0
END_SECONDS = 10

log = logging.getLogger(__name__)


class ChildDied(Exception):
    """The process that owned the engine is gone, and what it ran with it; `spared` was ended for what others did."""

    def __init__(self, *, spared: bool = False) -> None:
        super().__init__()
        self.spared = spared


Ear = asyncio.Queue[News | Drawn | None]
"""What is told of one run; None when the process is gone."""
Loaded = asyncio.Future[Ready | Text]
"""The engines, or why they could not be loaded."""


class Child:
    """At most one process at a time; a dead one is replaced when the next run comes.

    It loads those of the engines that make the wanted models; with none named, all make all they can. One run at a
    time has the engine: the next may be asked for once that one is `Drawn`, while its files are still being written.
    """

    def __init__(
        self, engines: Sequence[str], models: Sequence[str] = (), *, setup_seconds: float = SETUP_SECONDS
    ) -> None:
        self._engines, self._wanted, self._setup_seconds = engines, models, setup_seconds
        self._kin: Kin | None = None
        self._listening: asyncio.Task[None] | None = None
        self._ears: dict[str, Ear] = {}
        self._drawing: Ear | None = None
        self._blamed: frozenset[str] = frozenset()
        self._is_unwanted = False
        self.models: list[Model] = []
        self.broken: EngineError | None = None
        """Why the engines could not be loaded: nothing is made here any more."""

    async def start(self) -> None:
        """Raises `EngineError` when the engines cannot be loaded, `ChildDied` when they were ended meanwhile."""
        if self._kin is not None and self._kin.is_alive:
            return
        if not await self._end():
            raise self._give_up(failures.CANNOT_BE_ENDED)
        self._ears, self._blamed, self._is_unwanted = {}, frozenset(), False
        command = (sys.executable, "-m", "estampe.worker.child", *self._engines, "--", *self._wanted)
        self._kin = await Kin.start(*command)
        loaded: Loaded = asyncio.get_running_loop().create_future()
        self._listening = asyncio.create_task(self._listen(self._kin, loaded))
        try:
            async with asyncio.timeout(self._setup_seconds):
                outcome = await loaded
        except TimeoutError:
            outcome = failures.loads_too_long(self._setup_seconds)
        if isinstance(outcome, Ready):
            self.models = outcome.models
            return
        await self._end()  # it may take a moment to die, and must not be taken for a living one
        if self._is_unwanted:
            raise ChildDied
        raise self._give_up(outcome)

    def _give_up(self, why: Text) -> EngineError:
        self.broken = EngineError(why)
        return self.broken

    async def run(self, run: Run) -> AsyncIterator[News | Drawn]:
        """What is told of the run, until each job has ended and the engine is free. Raises `ChildDied`."""
        await self.start()
        ear: Ear = asyncio.Queue()
        going = {member.job for member in run.members}
        self._ears |= dict.fromkeys(going, ear)
        self._drawing = ear
        try:
            await self._ask(run)
            is_drawn = False
            while going or not is_drawn:
                report = await ear.get()
                if report is None:
                    raise ChildDied(spared=self._spares(run))
                is_drawn = is_drawn or isinstance(report, Drawn)
                if isinstance(report, End):
                    going.discard(report.job)
                yield report
        finally:
            for job in [job for job, other in self._ears.items() if other is ear]:
                del self._ears[job]

    async def _listen(self, kin: Kin, loaded: Loaded) -> None:
        try:
            while True:
                size = messages.report_size(await kin.receive(HEADER.size))
                self._pass_on(messages.read_report(await kin.receive(size)), loaded)
        except (EOFError, messages.Malformed):
            kin.kill()
        await kin.ended()
        if not loaded.done():
            loaded.set_result(failures.ENDED_LOADING)
        self._say_gone()

    def _pass_on(self, report: Report, loaded: Loaded) -> None:
        if isinstance(report, Ready | Failed):
            if not loaded.done():
                loaded.set_result(report if isinstance(report, Ready) else Text(report.message, report.message))
            return
        ear = self._drawing if isinstance(report, Drawn) else self._ears.get(report.job)
        if ear is not None:
            ear.put_nowait(report)

    def _say_gone(self) -> None:
        for ear in self._ears.values():
            ear.put_nowait(None)

    def _spares(self, run: Run) -> bool:
        return bool(self._blamed) and self._blamed.isdisjoint(member.job for member in run.members)

    async def stop(self, job: JobId) -> None:
        """Ask one job to end; the others of its batch go on."""
        with contextlib.suppress(ChildDied):
            await self._ask(Stop(job))

    async def kill(self, blamed: Collection[str] = ()) -> None:
        """End the process at once. With jobs to blame for it, the others that it runs are spared."""
        self._blamed |= frozenset(blamed)
        self._is_unwanted = True
        if not await self._end():
            self._say_gone()

    async def _end(self) -> bool:
        """Whether it is gone: a driver may keep what was killed."""
        if self._kin is None or self._listening is None:
            return True
        self._kin.kill()
        await asyncio.wait({self._listening}, timeout=END_SECONDS)
        if not self._listening.done():
            log.error("the engine's process was killed, and is still there")
        return self._listening.done()

    async def _ask(self, command: Command) -> None:
        if self._kin is None:
            raise ChildDied
        try:
            await self._kin.send(messages.frame(command))
        except OSError as error:
            raise ChildDied from error
