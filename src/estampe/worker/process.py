"""The worker's hold on its child: start it, ask it, hear it, end it."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Sequence

from estampe.domain import JobId, Model
from estampe.errors import EngineError, Text
from estampe.worker import messages
from estampe.worker.messages import HEADER, LARGEST, Command, End, Failed, News, Ready, Report, Run, Stop

SETUP_SECONDS = 300

log = logging.getLogger(__name__)


class ChildDied(Exception):
    """The process that owned the engine is gone, and what it ran with it."""


class Child:
    """At most one process at a time; a dead one is replaced when the next run comes.

    It loads those of the engines that make the wanted models; with none named, all make all they can.
    """

    def __init__(self, engines: Sequence[str], models: Sequence[str] = ()) -> None:
        self._engines, self._wanted = engines, models
        self._process: asyncio.subprocess.Process | None = None
        self.models: list[Model] = []

    async def start(self) -> None:
        """Raises `EngineError` when the engines cannot be loaded."""
        if self._process is not None and self._process.returncode is None:
            return
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
            await self.kill()
            report = Failed(f"the engine process ended while loading ({type(error).__name__})")
        if not isinstance(report, Ready):
            message = report.message if isinstance(report, Failed) else "it spoke out of turn"
            raise EngineError(Text(message, message))
        self.models = report.models

    async def run(self, run: Run) -> AsyncIterator[News]:
        """What is told of each job of the batch, until each has ended. Raises `ChildDied`."""
        await self.start()
        await self._ask(run)
        going = {member.job for member in run.members}
        while going:
            report = await self._hear()
            if isinstance(report, Ready | Failed):
                continue
            yield report
            if isinstance(report, End):
                going.discard(report.job)

    async def stop(self, job: JobId) -> None:
        """Ask one job to end; the others of its batch go on."""
        with contextlib.suppress(ChildDied):
            await self._ask(Stop(job))

    async def kill(self) -> None:
        """End the process at once."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

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
            (size,) = HEADER.unpack(await stdout.readexactly(HEADER.size))
            if size > LARGEST:
                raise ChildDied
            return messages.read_report(await stdout.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError, messages.Malformed) as error:
            await self.kill()
            raise ChildDied from error

    def _pipes(self) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise ChildDied
        return process.stdin, process.stdout
