"""Large bodies are held whole, so they are counted: so many at a time of one person, and so many in all."""

from collections import Counter

from estampe.domain import Principal
from estampe.errors import RateLimited, Text

LARGE_BYTES = 1024 * 1024
MOST_OF_ONE = 4
MOST_OF_ALL = 32
RETRY_AFTER_SECONDS = 2.0

_Whose = tuple[str, str] | None
_TOO_MANY = Text(
    "Too many large bodies are under way at once; send this one again in a moment.",
    "Trop de contenus volumineux arrivent à la fois ; renvoyez celui-ci dans un instant.",
)


class Burden:
    """The large bodies that this process holds, by whose they are; whoever sends one unknown is one person."""

    def __init__(self) -> None:
        self._held: Counter[_Whose] = Counter()

    def of(self, visitor: Principal | None) -> "Load":
        return Load(self._held, None if visitor is None else (visitor.issuer, visitor.user_id))


class Load:
    """One request's part of it: taken up once its body is known to be large, put down when the body is let go of."""

    __slots__ = ("_held", "_is_held", "_whose")

    def __init__(self, held: Counter[_Whose], whose: _Whose) -> None:
        self._held, self._whose = held, whose
        self._is_held = False

    def weigh(self, size_bytes: int) -> None:
        """Raises `RateLimited` for a large body beyond those that may be under way."""
        if size_bytes <= LARGE_BYTES or self._is_held:
            return
        if self._held[self._whose] >= MOST_OF_ONE or self._held.total() >= MOST_OF_ALL:
            raise RateLimited(_TOO_MANY, retry_after_seconds=RETRY_AFTER_SECONDS)
        self._held[self._whose] += 1
        self._is_held = True

    def put_down(self) -> None:
        if not self._is_held:
            return
        self._is_held = False
        self._held[self._whose] -= 1
        if not self._held[self._whose]:
            del self._held[self._whose]
