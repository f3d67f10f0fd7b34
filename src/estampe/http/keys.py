"""API keys: list them, make one and show it once, withdraw one."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from estampe import policy
from estampe.access import api_keys as keys
from estampe.access.revocations import Revocation
from estampe.domain import Principal
from estampe.errors import (
    FieldError,
    Forbidden,
    InvalidRequest,
    InvalidRequestBody,
    NotFound,
    PermissionMissing,
    StepUpRequired,
    Text,
)
from estampe.http import views
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Reply, Route
from estampe.http.schemas import Body, Limit, Line, Query
from estampe.policy.permissions import EVERYONE, Permission, granted, is_person

UNSEEN = {"Cache-Control": "no-store"}


class NewKey(Body, frozen=True, kw_only=True):
    """An API key to make. `scopes` are permissions of one's own; without any, it may generate."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
    scopes: Annotated[list[Permission], Meta(min_length=1, max_length=32)] | UnsetType = UNSET
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class KeyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An API key, without its secret; `prefix` is how it begins, `last_used_at` is true to the minute."""

    key_id: str
    name: str
    prefix: str
    scopes: list[str]
    user_id: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class ShownKey(KeyFacts, frozen=True, kw_only=True):
    """A new API key: `key` is shown this once, and kept nowhere."""

    key: str


class KeyPage(msgspec.Struct, frozen=True):
    """Newest first; `next_cursor` is null on the last page."""

    keys: list[KeyFacts]
    next_cursor: str | None


class KeysQuery(Query, frozen=True, kw_only=True):
    """`mine` leaves out the organisation's other people."""

    mine: bool = False
    cursor: Line | None = None
    limit: Limit = 50


async def list_keys(call: Call[None, KeysQuery]) -> Reply:
    here: Installation = call.installation
    me, query = call.principal, call.query
    if not is_person(me):
        policy.require(me, Permission.KEYS_MANAGE)
    wanted = keys.Page(
        user_id=me.user_id if query.mine or not _manages(me) else None,
        before=views.read_cursor(query.cursor),
        limit=query.limit + 1,
    )
    found = await keys.page(here.database, me.tenant.id, wanted)
    shown = found[: query.limit]
    last = shown[-1] if len(found) > query.limit else None
    facts = [KeyFacts(**_facts(one)) for one in shown]
    return Reply(200, KeyPage(facts, views.cursor(last.created_at, last.id) if last else None))


async def create(call: Call[NewKey, None]) -> Reply:
    here: Installation = call.installation
    me, body = call.principal, call.body
    _require_person(me)
    policy.require_recent_sign_in(me, here.settings.key_step_up_seconds)
    may = granted(me, frozenset(here.settings.operators))
    scopes = frozenset(may & EVERYONE if body.scopes is UNSET else body.scopes)
    for missing in sorted(scopes - may):
        raise PermissionMissing(missing)
    if body.expires_at is not None and not datetime.now(UTC) < body.expires_at <= keys.LATEST:
        when = Text("A key ends later than now, and by 2100.", "Une clé expire après maintenant, avant 2100.")
        raise InvalidRequestBody(when, errors=(FieldError("/expires_at", when),))
    wish = keys.Wish(name=body.name, scopes=frozenset(map(str, scopes)), expires_at=body.expires_at)
    text, made = await keys.create(here.database, me, wish)
    return Reply(201, ShownKey(key=text, **_facts(made)), UNSEEN)


async def revoke(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    me = call.principal
    known = await keys.find(here.database, me.tenant.id, views.known_id(call.path["key_id"]))
    if known is None or not _may_withdraw(me, known):
        raise NotFound
    await keys.revoke(here.database, me.tenant.id, known.id)
    here.revocations.withdrew(Revocation(issuer=me.issuer, key_id=known.id))
    return Reply(204)


def _manages(me: Principal) -> bool:
    return Permission.KEYS_MANAGE in granted(me)


def _may_withdraw(me: Principal, known: keys.Key) -> bool:
    """A person their own; a key itself, as who found it lying about may want to."""
    own = known.user_id == me.user_id if is_person(me) else known.id == me.key_id
    return own or _manages(me)


def _require_person(me: Principal) -> None:
    """What a key, an app or who acts in someone's place leaves behind must not outlive it. Raises `Forbidden`."""
    if not is_person(me) or me.actor is not None:
        raise Forbidden(
            Text(
                "Only a person signed in, themselves, may make a key.",
                "Seule une personne connectée, elle-même, peut créer une clé.",
            )
        )


def _facts(known: keys.Key) -> dict[str, Any]:
    names = set(KeyFacts.__struct_fields__) - {"key_id", "scopes"}
    return {name: getattr(known, name) for name in names} | {"key_id": known.id, "scopes": sorted(known.scopes)}


ROUTES = [
    Route("GET", "/api/keys", list_keys, may=Access.SIGNED_IN, summary="API keys, newest first", tag="keys",
          query=KeysQuery, replies={200: KeyPage}, refuses=(InvalidRequest, PermissionMissing)),
    Route("POST", "/api/keys", create, may=Permission.KEYS_MANAGE, summary="Make an API key: it is shown once",
          tag="keys", body=NewKey, replies={201: ShownKey}, refuses=(Forbidden, StepUpRequired)),
    Route("DELETE", "/api/keys/{key_id}", revoke, may=Access.SIGNED_IN, tag="keys",
          summary="Withdraw an API key, everywhere and at once", replies={204: None}, refuses=(NotFound,)),
]  # fmt: skip
