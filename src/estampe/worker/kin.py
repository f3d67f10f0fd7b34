"""A process with all that it forks: spoken to, heard, and ended together."""

import asyncio
import contextlib
import os
import signal
import socket

# For what a process said before its end, where what it forked has left its group and holds the line.
LAST_WORDS_SECONDS = 1.0


class Kin:
    """A process that leads a session of its own, with what is asked as its input and what it tells as its output.

    Its end is its own exit, whoever else has its descriptors; what it leaves behind in its group ends with it.
    """

    def __init__(self, process: asyncio.subprocess.Process, asks: asyncio.StreamWriter, tells: "_Tells") -> None:
        self._process, self._asks, self._tells = process, asks, tells
        self._is_killed = False
        self._heard_out = asyncio.Event()
        self._end = asyncio.create_task(self._see_out())

    @classmethod
    async def start(cls, *command: str) -> "Kin":
        ours, its_input = socket.socketpair()
        its_output = None
        _, asks = await asyncio.open_unix_connection(sock=ours)
        tells = _Tells()
        try:
            its_output = await tells.open()
            # asyncio knows of no pipe of the process: it would wait for whoever holds one.
            process = await asyncio.create_subprocess_exec(
                *command, stdin=its_input.fileno(), stdout=its_output, start_new_session=True
            )
        except BaseException:
            asks.transport.abort()
            tells.close()
            raise
        finally:
            its_input.close()
            if its_output is not None:
                os.close(its_output)
        return cls(process, asks, tells)

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None and not self._is_killed

    async def send(self, data: bytes) -> None:
        """Raises `OSError` when it is gone."""
        self._asks.write(data)
        await self._asks.drain()

    async def receive(self, size: int) -> bytes:
        """Raises `EOFError` when it is gone, and all that it told was received."""
        return await self._tells.reader.readexactly(size)

    def kill(self) -> None:
        """At once, with what it forked."""
        self._is_killed = True
        if self._process.returncode is None:
            self._kill_group()

    async def ended(self) -> None:
        """Wait until it is gone, and hear no more of it."""
        self._heard_out.set()
        await asyncio.shield(self._end)

    async def _see_out(self) -> None:
        await self._process.wait()
        self._kill_group()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await self._heard_out.wait()
        self._asks.transport.abort()
        self._tells.close()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS allows nobody to kill the dead
            os.killpg(self._process.pid, signal.SIGKILL)


class _Tells:
    """The end of a pipe that we read."""

    def __init__(self) -> None:
        self.reader = asyncio.StreamReader()
        self._transport: asyncio.ReadTransport | None = None

    async def open(self) -> int:
        """The other end."""
        ours, theirs = os.pipe()
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self.reader), os.fdopen(ours, "rb", 0)
        )
        return theirs

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
