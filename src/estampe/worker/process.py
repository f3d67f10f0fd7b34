"""The worker's hold on its child: start it, ask it, hear it, end it."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Collection, Sequence

from estampe.domain import JobId, Model
from estampe.errors import EngineError, Text
from estampe.worker import messages
from estampe.worker.messages import HEADER, Command, Drawn, End, Failed, News, Ready, Report, Run, Stop

SETUP_SECONDS = 300

log = logging.getLogger(__name__)


class ChildDied(Exception):
    """The process that owned the engine is gone, and what it ran with it; `spared` was ended for what others did."""

    def __init__(self, *, spared: bool = False) -> None:
        super().__init__()
        self.spared = spared


Ear = asyncio.Queue[News | Drawn | None]
"""What is told of one run; None when the process is gone."""


class Child:
    """At most one process at a time; a dead one is replaced when the next run comes.

    It loads those of the engines that make the wanted models; with none named, all make all they can. One run at a
    time has the engine: the next may be asked for once that one is `Drawn`, while its files are still being written.
    """

    def __init__(self, engines: Sequence[str], models: Sequence[str] = ()) -> None:
        self._engines, self._wanted = engines, models
        self._process: asyncio.subprocess.Process | None = None
        self._killed: asyncio.subprocess.Process | None = None
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
        if self._process is not None and self._process.returncode is None:
            return
        if self._listening is not None:
            self._listening.cancel()  # a process of the dead one's may hold its end of the pipe
        self._ears, self._blamed, self._is_unwanted = {}, frozenset(), False
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "estampe.worker.child",
            *self._engines,
            "--",
            *self._wanted,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches the worker, which decides what becomes of the run
        )
        try:
            async with asyncio.timeout(SETUP_SECONDS):
                report = await self._hear()
        except (ChildDied, TimeoutError) as error:
            report = Failed(f"the engine process ended while loading ({type(error).__name__})")
        if not isinstance(report, Ready):
            await self._end()  # it may take a moment to die, and must not be taken for a living one
            if self._is_unwanted:
                raise ChildDied
            message = report.message if isinstance(report, Failed) else "it spoke out of turn"
            self.broken = EngineError(Text(message, message))
            raise self.broken
        self.models = report.models
        self._listening = asyncio.create_task(self._listen())

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

    async def _listen(self) -> None:
        try:
            while True:
                report = await self._hear()
                if isinstance(report, Ready | Failed):
                    continue
                ear = self._drawing if isinstance(report, Drawn) else self._ears.get(report.job)
                if ear is not None:
                    ear.put_nowait(report)
        except ChildDied:
            return

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
        await self._end()

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        if process is not self._killed:  # a second time may reap it behind asyncio's back, which complains
            self._killed = process
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
        for ear in self._ears.values():
            ear.put_nowait(None)

    async def _ask(self, command: Command) -> None:
        stdin, _ = self._pipes()
        try:
            stdin.write(messages.frame(command))
            await stdin.drain()
        except (ConnectionError, OSError) as error:
            raise ChildDied from error

    async def _hear(self) -> Report:
        _, stdout = self._pipes()
        try:
            size = messages.report_size(await stdout.readexactly(HEADER.size))
            return messages.read_report(await stdout.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError, messages.Malformed) as error:
            await self._end()
            raise ChildDied from error

    def _pipes(self) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise ChildDied
        return process.stdin, process.stdout
