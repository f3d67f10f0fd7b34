"""API keys as they are kept: made, listed, withdrawn, and found when one is shown."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from estampe.access import key_format as key
from estampe.access.revocations import ISSUED_LATER_SECONDS, session_ended
from estampe.db import Database, Scope
from estampe.domain import Principal, TenantId, new_id

LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without its secret. `role` and `permissions` are what its owner had when last seen."""

    id: str
    tenant_id: TenantId
    user_id: str
    role: str | None
    permissions: frozenset[str]
    name: str
    prefix: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a new key should be."""

    name: str
    scopes: frozenset[str]
    expires_at: datetime | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which keys to list; `before` is the last (created_at, id) of the page before."""

    user_id: str | None = None
    before: tuple[datetime, str] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] = 100


async def create(db: Database, owner: Principal, wish: Wish) -> tuple[str, Key]:
    """The key's text, never to be had again, and what is kept of it.

    Raises `TokenInvalid` for an owner who was withdrawn since they were let in: the key would outlive that.
    """
    drawn, tenant = key.draw(), owner.tenant
    async with db.tenant(tenant.id) as scope:
        await scope.run("put_tenant", id=tenant.id, **msgspec.structs.asdict(tenant))
        await scope.one("hold_off_withdrawals", issuer=owner.issuer)
        if await _is_withdrawn(scope, owner):
            raise session_ended()
        row = await scope.one(
            "put_key",
            id=new_id("key_"),
            tenant_id=tenant.id,
            user_id=owner.user_id,
            role=owner.role,
            permissions=sorted(owner.permissions),
            plan=owner.plan,
            rights_at=owner.issued_at,
            prefix=drawn.prefix,
            secret_sha256=key.sha256(drawn.text),
            name=wish.name,
            scopes=sorted(wish.scopes),
            expires_at=wish.expires_at,
        )
    return drawn.text, msgspec.convert(row, Key)


async def page(db: Database, tenant_id: TenantId, wanted: Page) -> Sequence[Key]:
    """Newest first, withdrawn ones included."""
    at, last = wanted.before or (None, None)
    async with db.tenant(tenant_id) as scope:
        rows = await scope.all(
            "list_keys", tenant_id=tenant_id, user_id=wanted.user_id, before_at=at, before_id=last, limit=wanted.limit
        )
    return [msgspec.convert(row, Key) for row in rows]


async def find(db: Database, tenant_id: TenantId, key_id: str) -> Key | None:
    async with db.tenant(tenant_id) as scope:
        row = await scope.one("find_key", tenant_id=tenant_id, key_id=key_id)
    return msgspec.convert(row, Key) if row else None


async def revoke(db: Database, tenant_id: TenantId, key_id: str) -> None:
    """At once, and on every process. Withdrawing what is withdrawn changes nothing."""
    async with db.tenant(tenant_id) as scope:
        await scope.run("revoke_key", tenant_id=tenant_id, key_id=key_id)


async def _is_withdrawn(scope: Scope, owner: Principal) -> bool:
    row = await scope.one(
        "is_withdrawn",
        issuer=owner.issuer,
        session_id=owner.session_id,
        user_id=owner.user_id,
        organization_id=owner.organization_id,
        issued_at=owner.issued_at - ISSUED_LATER_SECONDS,
    )
    return row is None or bool(row["yes"])
