"""When a run will be over, from how fast its members came to where they are."""

import math


class Pace:
    """Of a batch whose members go side by side, some longer than others, or in turn."""

    def __init__(self, members: int) -> None:
        self._members = members
        self._began: dict[str, tuple[float, float]] = {}
        self._fractions: dict[str, float] = {}

    def advance(self, member: str, fraction: float, now: float) -> None:
        # It may begin at a checkpoint: what was done before says nothing of the pace.
        self._began.setdefault(member, (now, fraction))
        self._fractions[member] = fraction

    def end(self, member: str) -> None:
        self._fractions[member] = 1.0

    def seconds_left(self, now: float) -> float:
        """Until the last member is done; infinite while one has told too little."""
        if len(self._fractions) < self._members:
            return math.inf
        return max((self._seconds_left(member, now) for member in self._fractions), default=math.inf)

    def _seconds_left(self, member: str, now: float) -> float:
        fraction = self._fractions[member]
        if fraction >= 1:
            return 0.0
        began_at, began_with = self._began[member]
        advanced = fraction - began_with
        return (now - began_at) * (1 - fraction) / advanced if advanced > 0 else math.inf
