"""Sources that fail to sign in again and again: counted by the minute, in memory that does not grow."""

import time
from collections import OrderedDict
from collections.abc import Callable

WINDOW_SECONDS = 60.0
KNOWN_SOURCES = 20_000


class Bursts:
    """Counts the failures of each source in a window that begins with its first one.

    Of one process: `n` processes let through `n` times as many. When more sources fail than are kept, the one
    that failed longest ago is forgotten.
    """

    def __init__(self, most: int, *, size: int = KNOWN_SOURCES, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._size, self._now = most, size, now
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failures)

    def fail(self, source: str | None) -> float:
        """Count one more; the seconds until the source may fail again, 0 while it is within its measure."""
        if source is None or not self._most:
            return 0.0
        now = self._now()
        began, failures = self._failures.get(source, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, failures = now, 0
        self._failures[source] = began, failures + 1
        self._failures.move_to_end(source)
        if len(self._failures) > self._size:
            self._failures.popitem(last=False)
        return began + WINDOW_SECONDS - now if failures >= self._most else 0.0
