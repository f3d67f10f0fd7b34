"""What may be written a moment later, all at once, so that no request waits for it."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

from estampe.errors import DatabaseUnavailable

K = TypeVar("K")
V = TypeVar("V")

GATHER_SECONDS = 0.5
AT_MOST = 10_000

log = logging.getLogger(__name__)


class Later(Generic[K, V]):
    """Gathers the latest value of each name and writes them together; rests while there is nothing to write.

    `lost` is told the names whose value could not be written: whoever holds them for known must forget that.
    """

    def __init__(self, write: Callable[[dict[K, V]], Awaitable[None]], lost: Callable[[Iterable[K]], None]) -> None:
        self._write, self._lost = write, lost
        self._due: dict[K, V] = {}
        self._task: asyncio.Task[None] | None = None

    def put(self, name: K, value: V) -> None:
        if name not in self._due and len(self._due) >= AT_MOST:
            self._lost((name,))
            return
        self._due[name] = value
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._soon(), name="estampe writes later")

    async def close(self) -> None:
        """Write what is due, if the database lets us."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            await self._now()

    async def _soon(self) -> None:
        while self._due:
            await asyncio.sleep(GATHER_SECONDS)
            await self._now()

    async def _now(self) -> None:
        due, self._due = self._due, {}
        try:
            if due:
                await self._write(due)
        except DatabaseUnavailable:
            log.warning("the database is away: what it did not hear of %d keys and owners waits to be seen again",
                        len(due))  # fmt: skip
            self._lost(due)
