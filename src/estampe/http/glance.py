"""What the database knows of the whole installation, read once in a while, however many look."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from estampe.errors import DatabaseUnavailable
from estampe.http.installation import Installation

# With a million jobs queued, counting them takes a while: it never takes more than this share of a connection.
LARGEST_SHARE = 0.05

T = TypeVar("T")


class Glance(Generic[T]):
    """Keeps what `read` gives. `known` is what there is before the first reading, if anything is."""

    def __init__(
        self,
        read: Callable[[Installation], Awaitable[T]],
        *,
        fresh_seconds: float,
        known: T | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._fresh_seconds, self._monotonic = read, fresh_seconds, monotonic
        self._known = known
        self._next_at = float("-inf")
        self._reading = asyncio.Lock()

    async def now(self, here: Installation) -> T:
        """The last known while the database is away. Raises `DatabaseUnavailable` when nothing is known."""
        if self._known is not None and (self._reading.locked() or self._monotonic() < self._next_at):
            return self._known
        async with self._reading:
            if self._known is None or self._monotonic() >= self._next_at:
                await self._look(here)
        if self._known is None:
            raise DatabaseUnavailable(retry_after_seconds=1)
        return self._known

    async def _look(self, here: Installation) -> None:
        began = self._monotonic()
        try:
            self._known = await self._read(here)
        except DatabaseUnavailable:
            if self._known is None:
                raise
        finally:
            took = self._monotonic() - began
            self._next_at = began + max(self._fresh_seconds, took / LARGEST_SHARE)
