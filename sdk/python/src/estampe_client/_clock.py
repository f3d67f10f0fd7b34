"""Elapsed time, from two clocks that lie in different ways, and the service's own time, which decides."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Moment:
    """When something happened, on both clocks."""

    monotonic: float
    wall: float


class Clock:
    """The monotonic clock stands still while a laptop sleeps; the other one may be set. The later one is believed:
    a token renewed too early costs a call, one renewed too late a refusal.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._monotonic, self._wall = monotonic, wall
        self._heard: tuple[float, Moment] | None = None

    def now(self) -> Moment:
        return Moment(self._monotonic(), self._wall())

    def awake(self) -> float:
        """Seconds of which only differences mean something; time asleep is not in them."""
        return self._monotonic()

    def since(self, moment: Moment) -> float:
        now = self.now()
        return max(now.monotonic - moment.monotonic, now.wall - moment.wall, 0.0)

    def hear(self, date: str | None) -> None:
        """The service says the time with each answer (`Date`)."""
        told = unix_time(date)
        if told is not None:
            self._heard = (told, self.now())

    def service_time(self) -> float | None:
        """Unix seconds by the service's clock; None before it has said anything."""
        if self._heard is None:
            return None
        told, at = self._heard
        return told + self.since(at)


def unix_time(date: str | None) -> float | None:
    """The moment of an HTTP date; None for what is not one."""
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, TypeError, OverflowError):
        return None


def jitter(longest_seconds: float) -> float:
    """Anything from nothing to all of it, so that those who were refused together do not come back together."""
    return random.uniform(0.0, longest_seconds)  # noqa: S311 - spreads load, hides nothing
