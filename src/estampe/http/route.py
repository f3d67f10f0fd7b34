"""What a route is: who may call it, what it takes, what it answers, and the call its handler gets."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import Any, Generic, Literal, Protocol, TypeVar

import msgspec

from estampe.domain import Principal
from estampe.errors import EstampeError, TokenMissing
from estampe.http.rates import Rates
from estampe.http.watch import Watch
from estampe.http.wire.line import Line
from estampe.policy import Needed
from estampe.settings import Settings

B = TypeVar("B")
Q = TypeVar("Q")

Language = Literal["en", "fr"]
RawHeaders = Sequence[tuple[bytes, bytes]]


class Access(StrEnum):
    """Who may call a route that asks for no permission; at a SIGNED_URL the handler checks the signature."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    SIGNED_URL = "signed_url"


class Surroundings(Protocol):
    """What this layer needs to know of the running service."""

    @property
    def settings(self) -> Settings: ...

    @property
    def watch(self) -> Watch: ...

    @property
    def rates(self) -> Rates: ...

    def recognize(self, authorization: bytes) -> Principal | None:
        """Whose header this is, where that is known without waiting; None says nothing about it."""

    async def identify(self, token: str) -> Principal:
        """The principal proven by `token`. Raises an `Unauthenticated`."""

    async def confirm(self, principal: Principal) -> None:
        """Nothing of theirs was withdrawn since. Raises an `Unauthenticated`."""


class Reply(msgspec.Struct):
    """An answer whose body is at hand: bytes are sent as they are, None is no body, anything else becomes JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = {}
    media_type: str = "application/json"


class Stream(msgspec.Struct):
    """An answer whose bytes come one chunk at a time; `chunks.aclose()` is called at the end, however it ends."""

    chunks: AsyncIterator[bytes]
    status: int = 200
    headers: dict[str, str] = {}
    media_type: str = "application/octet-stream"
    length: int | None = None


class Live(msgspec.Struct):
    """An answer that goes on until one side ends it, written to by whoever has news for it.

    `attend` is given the line once the answer has begun.
    """

    attend: Callable[[Line], "Attendance"]
    status: int = 200
    headers: dict[str, str] = {}
    media_type: str = "text/event-stream"


class Attendance(Protocol):
    """Someone at the other end of a line."""

    async def begin(self) -> None:
        """From here on it may be written to."""

    def leave(self) -> None:
        """The line is closed, whoever closed it, and whether `begin` came to its end or not."""


def _nothing() -> None:
    pass


class Call(msgspec.Struct, Generic[B, Q], kw_only=True):
    """One request that passed the door and has the shape its route asked for.

    `headers` are as ASGI gives them: lower-case names, bytes. `visitor` is None on a public route, and on
    a signed URL that came without a token. `head`: no body will be sent, whatever the answer's is.
    `unburden` is called by a handler that has let go of `body` and goes on for long: another large one may come.
    `async with call.present():` cuts short what is inside when the client leaves, and raises `ClientGone`.
    """

    installation: Any
    route: "Route"
    path: dict[str, str]
    query: Q
    body: B
    headers: RawHeaders
    language: Language
    request_id: str
    visitor: Principal | None = None
    head: bool = False
    present: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    unburden: Callable[[], None] = _nothing

    @property
    def principal(self) -> Principal:
        """Who asks. Raises `TokenMissing` when nobody signed in."""
        if self.visitor is None:
            raise TokenMissing
        return self.visitor

    def header(self, name: str) -> str | None:
        """The value of a header; several of one name are joined with commas, as HTTP says they may be."""
        wanted = name.lower().encode("latin-1")
        values = [value.decode("latin-1") for key, value in self.headers if key == wanted]
        return ", ".join(values) if values else None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a refusal repeats of the request it answers."""

    path: str
    request_id: str
    language: Language
    token_sent: bool = False


@dataclass(frozen=True, slots=True)
class Manner:
    """How refusals are said: as which status and code, in a body of which shape.

    `say` gets the URL where people reach the service; `within` is the body's member that holds the code,
    where it does not stand at the top.
    """

    media_type: str
    shape: type[msgspec.Struct]
    place: Callable[[type[EstampeError]], tuple[int, str]]
    say: Callable[[EstampeError, Asked, str], Reply]
    within: str | None = None


Answer = Reply | Stream | Live
Handler = Callable[[Call[Any, Any]], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the contract. `path` holds `{names}` of one segment each.

    `replies` are the statuses it answers when all is well, each with what it carries; `refuses` are the
    errors beyond those that follow from the rest of the line (401, 403, 413…). `streams` is the media type
    of an answer that is not JSON. `body` may be `bytes`: the handler then gets them unread.
    `body_optional`: nothing may be sent instead, and the handler then gets None.
    `spends`: it makes work or keeps bytes, so it is refused while nobody can count.
    `request_headers` are name → what it does, for the document only. `name` is the operation's id where
    several routes share a handler. `manner` is how it says its refusals, where that is not problem+json.
    """

    method: str
    path: str
    handler: Handler
    _: KW_ONLY
    may: Access | Needed
    summary: str
    replies: Mapping[int, Any]
    tag: str
    refuses: tuple[type[EstampeError], ...] = ()
    body: Any = None
    query: type[msgspec.Struct] | None = None
    body_types: tuple[str, ...] = ("application/json",)
    body_limit: int | None = None
    body_optional: bool = False
    streams: str | None = None
    spends: bool = False
    request_headers: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    manner: Manner | None = None
