"""The line to one client, for who writes to thousands and must wait for none of them."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from typing import Any

Message = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]

LAST_WORD_SECONDS = 5.0


class Line:
    """Takes one message at a time, at once as long as the client keeps up.

    `has_room` is called when a client that fell behind has caught up. Made in the task that answers the client:
    that task waits until the client leaves, or the line is ended.
    """

    __slots__ = ("_ended", "_is_waiting", "_rest", "_send", "_task", "has_room", "wrote_at")

    def __init__(self, send: Send, has_room: Callable[[], None] | None = None) -> None:
        self._send, self.has_room = send, has_room
        self._task = asyncio.current_task()
        self._rest: asyncio.Task[None] | None = None
        self._ended = self._is_waiting = False
        self.wrote_at = asyncio.get_running_loop().time()

    @property
    def is_full(self) -> bool:
        return self._rest is not None

    @property
    def has_ended(self) -> bool:
        return self._ended

    def write(self, message: Message) -> None:
        """Only while it is not full. What a client that left would have been told is lost, without an error."""
        loop = asyncio.get_running_loop()
        self.wrote_at = loop.time()
        step = self._send(message).__await__()
        try:
            # Nearly always this is all: a task for each message would cost more than the message.
            waits_for = next(step)
        except (StopIteration, OSError):
            return
        self._rest = loop.create_task(_taken(_Rest(step, waits_for)))
        self._rest.add_done_callback(self._taken)

    def end(self) -> None:
        """Nothing more will be written: what was is still taken, within a few seconds."""
        if not self._ended:
            self._ended = True
            if self._is_waiting and self._task is not None:
                self._task.cancel()  # the one way to wake it: what it waits for is the server's

    async def until_gone(self, receive: Receive) -> None:
        """Until the client leaves, or `end` is called and the last word is taken."""
        self._is_waiting = True
        try:
            while not self._ended and (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not self._ended or self._task is None or self._task.uncancel() > 0:
                raise
        except OSError:
            return
        finally:
            self._is_waiting = False
            self.has_room = None
        if self._rest is not None and self._ended:
            await asyncio.wait({self._rest}, timeout=LAST_WORD_SECONDS)

    def close(self) -> None:
        self._ended = True
        self._task = None
        if self._rest is not None:
            self._rest.cancel()

    def _taken(self, _: asyncio.Task[None]) -> None:
        self._rest = None
        if self.has_room is not None and not self._ended:
            self.has_room()


class _Rest:
    """What is left of an awaitable whose first step was taken: `waits_for` is what it then waited for."""

    def __init__(self, step: Generator[Any, Any, None], waits_for: Any) -> None:
        self._step, self._waits_for = step, waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        yield self._waits_for
        yield from self._step


async def _taken(rest: _Rest) -> None:
    with suppress(OSError):
        await rest
