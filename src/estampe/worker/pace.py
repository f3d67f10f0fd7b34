"""When a run will be over, from how fast its members came to where they are."""

import math


class Pace:
    """Of a batch whose members go together or in turn."""

    def __init__(self, members: int) -> None:
        self._members = members
        self._began_at = 0.0
        self._began_with: dict[str, float] = {}
        self._fractions: dict[str, float] = {}

    def advance(self, member: str, fraction: float, now: float) -> None:
        if not self._fractions:
            self._began_at = now
        # It may begin at a checkpoint: what was done before says nothing of the pace.
        self._began_with.setdefault(member, fraction)
        self._fractions[member] = fraction

    def seconds_left(self, now: float) -> float:
        """Infinite while nothing is known."""
        done = sum(self._fractions.values())
        advanced = done - sum(self._began_with.values())
        if advanced <= 0:
            return math.inf
        return (now - self._began_at) * (self._members - done) / advanced
