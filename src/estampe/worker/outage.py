"""Doing what must be done across an outage of what we need for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from estampe.errors import DatabaseUnavailable, EstampeError, StoreUnavailable

AWAY: tuple[type[EstampeError], ...] = (DatabaseUnavailable, StoreUnavailable)
"""What comes back by itself."""
WAIT_SECONDS = (0.2, 0.5, 1.0, 2.0)

T = TypeVar("T")
log = logging.getLogger(__name__)


def always() -> bool:
    return True


async def persistently(act: Callable[[], Awaitable[T]], wanted: Callable[[], bool] = always) -> T:
    """However long the outage, as long as it is `wanted`; raises the outage's error once it is not."""
    failures = 0
    while True:
        try:
            return await act()
        except AWAY as error:
            if not wanted():
                raise
            if failures == len(WAIT_SECONDS):
                log.warning("still trying: %s", error)
            await asyncio.sleep(WAIT_SECONDS[min(failures, len(WAIT_SECONDS) - 1)])
            failures += 1
