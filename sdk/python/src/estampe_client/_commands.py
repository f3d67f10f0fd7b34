"""What a protocol asks of its driver: the whole of this package's I/O, as values.

A protocol is a generator: it yields commands, is sent what came of them, and returns its answer. Whoever
drives it decides how: on this thread (client.py) or on an event loop (async_client.py).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

E = TypeVar("E")
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """`path` is below the service's URL. `repeatable`: asking twice does no more than asking once."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    content: bytes | None = field(default=None, repr=False)
    repeatable: bool = True
    timeout_seconds: float | None = None

    def with_headers(self, headers: Mapping[str, str]) -> Request:
        return replace(self, headers={**self.headers, **headers})


@dataclass(frozen=True)
class Response:
    """An answer, whole. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def is_success(self) -> bool:
        return self.status // 100 == 2  # noqa: PLR2004 - the class of a status


@dataclass(frozen=True)
class Opened:
    """An answer whose bytes are still to come, through `source`; a refusal has come whole, and has none."""

    response: Response
    source: object | None = None


class Command:
    """One thing to do."""


@dataclass(frozen=True)
class Send(Command):
    """→ `Response`. Raises `ConnectionLost` or `AnswerTooLarge`."""

    request: Request


@dataclass(frozen=True)
class Open(Command):
    """→ `Opened`, to be read with `Read`; the driver closes it when the protocol ends, however it ends."""

    request: Request


@dataclass(frozen=True)
class Read(Command):
    """→ the next bytes, empty at the end. Raises `ConnectionLost`."""

    source: object


@dataclass(frozen=True)
class Close(Command):
    """→ None. There is nothing more to read from it."""

    source: object


@dataclass(frozen=True)
class Sleep(Command):
    """→ None."""

    seconds: float


@dataclass(frozen=True)
class Call(Command):
    """→ what the function returns, awaited if need be. `blocking`: it may keep its thread waiting."""

    function: Callable[[], object]
    blocking: bool = False
    timeout_seconds: float | None = None


@dataclass(frozen=True)
class Alone(Command):
    """→ what the steps return: no other steps of this client run alone meanwhile.

    Where others do, → `instead` at once, if there is one. Raises `TokenUnavailable` for too long a wait.
    """

    steps: Steps[Any]
    instead: object | None
    timeout_seconds: float


@dataclass(frozen=True)
class Emit(Generic[E]):
    """Gives a value to whoever iterates."""

    value: E


Step = Command | Emit[E]
Steps = Generator[Command, Any, T]
Flow = Generator[Step[E], Any, T]


@dataclass(frozen=True)
class Outcome:
    """What came of a command."""

    value: object = None
    error: Exception | None = None


def resume(flow: Generator[S, Any, Any], outcome: Outcome) -> S:
    """The next step. Raises `StopIteration` at the end, and what the flow raises."""
    return flow.send(outcome.value) if outcome.error is None else flow.throw(outcome.error)


def send(request: Request) -> Steps[Response]:
    response: Response = yield Send(request)
    return response


def opened(request: Request) -> Steps[Opened]:
    answer: Opened = yield Open(request)
    return answer


def read(source: object) -> Steps[bytes]:
    """Empty at the end. Raises `ConnectionLost`, where it is not the end that was promised too."""
    chunk: bytes = yield Read(source)
    return chunk


def telling(flow: Flow[E, T], tell: Callable[[E], Steps[None]]) -> Steps[T]:
    """What `flow` does; each value it would give is told instead. What telling raises ends it."""
    try:
        step = next(flow)
        while True:
            if isinstance(step, Emit):
                yield from tell(step.value)
                step = flow.send(None)
            else:
                step = resume(flow, (yield from _outcome(step)))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        flow.close()


def _outcome(step: Command) -> Steps[Outcome]:
    try:
        value: object = yield step
    except Exception as error:  # noqa: BLE001 - it is the flow's to judge
        return Outcome(error=error)
    return Outcome(value)
