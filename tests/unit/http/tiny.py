"""A table small enough to hold in the head, and two ways to drive it: a client, and bare ASGI messages."""

import asyncio
from typing import Annotated, Any, Literal

import httpx
import msgspec
from msgspec import UNSET, Meta, UnsetType

from estampe.domain import Principal
from estampe.errors import NotFound, RateLimited, Text, TokenExpired, TokenInvalid
from estampe.http.rates import InProcess, Rates
from estampe.http.table import Access, Call, Reply, Route, Table
from estampe.http.watch import Watch
from estampe.policy.permissions import Permission
from estampe.settings import Settings

ANA = Principal(issuer="https://atelier.example", user_id="ana", expires_at=4e9, provider="clerk")
BOB = msgspec.structs.replace(ANA, user_id="bob", organization_id="org_b", role="org:member")
PEOPLE = {"ana": ANA, "bob": BOB}
SETTINGS = Settings(
    public_url="https://estampe.example", max_body_bytes=2000, operators=("ana",), refusals_per_minute=0
)


class Wish(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is wanted."""

    prompt: Annotated[str, Meta(min_length=1, max_length=40, description="What to see.")]
    width: Annotated[int, Meta(ge=64, le=2048, multiple_of=8)] | UnsetType = UNSET
    seed: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None = None
    strength: Annotated[float, Meta(ge=0, le=1)] = 0.5
    metadata: Annotated[dict[str, str], Meta(max_length=4)] = {}
    sizes: list[int] = []
    anything: Any = None


class Made(msgspec.Struct):
    """What was made."""

    prompt: str
    by: str | None = None


class Search(msgspec.Struct, kw_only=True):
    """What to look for."""

    wait: Annotated[int, Meta(ge=0, le=60, description="Seconds to wait.")] = 0
    kind: list[Literal["image", "video"]] | None = None
    mine: bool = False
    q: str | None = None


async def make(call: Call[Wish, None]) -> Reply:
    return Reply(202, Made(call.body.prompt, call.principal.user_id), {"Location": "/made/1"})


async def find(call: Call[None, Search]) -> Reply:
    found = call.query
    return Reply(
        body={"id": call.path["name"], "wait": found.wait, "kind": found.kind, "mine": found.mine, "q": found.q}
    )


async def open_wish(call: Call[Wish, None]) -> Reply:
    return Reply(body=msgspec.to_builtins(call.body))


async def keep(call: Call[bytes, None]) -> Reply:
    return Reply(body={"bytes": len(call.body), "type": call.header("Content-Type")})


async def who(call: Call[None, None]) -> Reply:
    return Reply(body={"user": call.visitor.user_id if call.visitor else None, "said": call.language})


async def needs_someone(call: Call[None, None]) -> Reply:
    return Reply(body=call.principal.user_id)


async def break_down(call: Call[None, None]) -> Reply:
    raise RuntimeError("a red fox, by bob, esk_secret")


async def refuse(call: Call[None, None]) -> Reply:
    raise RateLimited(retry_after_seconds=1.2)


async def secretive(call: Call[None, None]) -> Reply:
    if call.path["name"] == "of-another":
        raise NotFound(Text("It belongs to bob.", "Il est à bob."))
    raise NotFound


async def nothing(call: Call[None, None]) -> Reply:
    return Reply(204)


async def cached(call: Call[None, None]) -> Reply:
    return Reply(body=b"\x89PNG", headers={"Cache-Control": "immutable", "ETag": '"1"'}, media_type="image/png")


async def split_headers(call: Call[None, None]) -> Reply:
    return Reply(headers={"Location": "/a\r\nSet-Cookie: x=1"})


async def unencodable(call: Call[None, None]) -> Reply:
    return Reply(body=object())


def line(method, path, handler, may=Access.PUBLIC, **more):
    return Route(method, path, handler, **{"may": may, "summary": "…", "replies": {200: None}, "tag": "tiny"} | more)


ROUTES = (
    line("POST", "/wishes", make, Permission.IMAGES_GENERATE, body=Wish, replies={202: Made}, refuses=(RateLimited,)),
    line("POST", "/open/wishes", open_wish, body=Wish),
    line("POST", "/files", keep, body=bytes, body_types=("image/*", "multipart/form-data"), body_limit=5000),
    line("GET", "/things/{name}", find, query=Search),
    line("DELETE", "/things/{name}", nothing, Access.SIGNED_IN, replies={204: None}),
    line("GET", "/things/latest", who),
    line("GET", "/secrets/{name}", secretive),
    line("GET", "/me", who, Access.SIGNED_IN, name="me"),
    line("GET", "/link", who, Access.SIGNED_URL, name="link"),
    line("GET", "/operate", who, Permission.OPERATOR, name="operate"),
    line("GET", "/someone", needs_someone),
    line("GET", "/broken", break_down),
    line("GET", "/refused", refuse),
    line("GET", "/picture", cached, replies={200: None}, streams="image/*"),
    line("GET", "/split", split_headers),
    line("GET", "/unencodable", unencodable),
)


class Tiny:
    """The least a table can stand on."""

    settings = SETTINGS
    shut_out = frozenset()
    rates = Rates({}, InProcess())
    watch = Watch(SETTINGS, issuers=frozenset(), secret=b"", saw=lambda seen: None, is_new=lambda who: True)

    def recognize(self, authorization):
        return None

    async def identify(self, token):
        if token == "old":
            raise TokenExpired
        if token not in PEOPLE:
            raise TokenInvalid
        return PEOPLE[token]

    async def confirm(self, principal):
        if principal in self.shut_out:
            raise TokenInvalid


TABLE = Table(ROUTES)


def client(table=TABLE, **options):
    transport = httpx.ASGITransport(table.asgi(Tiny(), **options))
    return httpx.AsyncClient(transport=transport, base_url="https://estampe.example")


def bearer(name):
    return {"Authorization": f"Bearer {name}"}


def scope(method="GET", path="/", headers=(), query=b""):
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": [
            (name.lower().encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers
        ],
    }


class Line:
    """One connection, message by message; when `incoming` is used up, the client waits, or leaves on `leave`."""

    def __init__(self, *incoming):
        self.incoming = list(incoming)
        self.sent = []
        self.left = asyncio.Event()

    async def receive(self):
        if self.incoming:
            return self.incoming.pop(0)
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent[1:])


def piece(body=b"", *, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def one(handler, **more):
    """The app of a single public route at `/`."""
    return Table([line(more.pop("method", "GET"), "/", handler, **more)]).asgi(Tiny())
