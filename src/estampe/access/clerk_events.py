"""What Clerk tells of its sessions, members, users and organisations, and what each means for us."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import msgspec
from psycopg.types.json import Jsonb

from estampe.access import departures
from estampe.access.revocations import ISSUED_LATER_SECONDS, REMEMBERED_SECONDS
from estampe.access.standard_webhooks import Delivery, secret_key
from estampe.db import Scope
from estampe.domain import YEAR_10000, Tenant, is_name
from estampe.errors import InvalidRequestBody, InvalidSetting, Text
from estampe.settings import Settings

# A token that says what is no longer so (an old role) is gone by itself soon after.
OUTDATED_SECONDS = 120.0


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who may tell us, and of which issuer's people."""

    issuer: str
    key: bytes
    instance_id: str | None = None

    @classmethod
    def from_settings(cls, settings: Settings, issuers: tuple[str, ...]) -> Self | None:
        """None when no webhook's secret is set. Raises `InvalidSetting`."""
        if settings.clerk_webhook_secret is None:
            return None
        if not issuers:
            raise InvalidSetting(
                Text(
                    "clerk_webhook_secret needs clerk_publishable_key or clerk_issuer: it says whose people are meant",
                    "clerk_webhook_secret exige clerk_publishable_key ou clerk_issuer, pour savoir de qui il s'agit",
                )
            )
        try:
            key = secret_key(settings.clerk_webhook_secret)
        except ValueError:
            said = "clerk_webhook_secret"
            raise InvalidSetting(
                Text(f"{said} is not a webhook's secret (whsec_…)", f"{said} n'est pas un secret de webhook (whsec_…)")
            ) from None
        return cls(issuer=issuers[0], key=key, instance_id=settings.clerk_instance_id)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something that holds from `said_at` on, for the session, user or organisation named.

    `cuts`: credentials issued before are refused. `ends`: for good, API keys too, and what waits is not made.
    `leaves`: the user or the organisation is gone, and is to be erased. None of them: it undoes what was said before.
    `role` and `permissions` are what a member has from now on, where it is said.
    """

    subject: tuple[str, ...]
    said_at: datetime
    session_id: str | None = None
    user_id: str | None = None
    organization_id: str | None = None
    cuts: bool = True
    ends: bool = False
    leaves: bool = False
    role: str | None = None
    permissions: tuple[str, ...] = ()

    @property
    def made_before(self) -> datetime:
        """What was made later was asked for with a credential issued after the change."""
        return self.said_at + timedelta(seconds=OUTDATED_SECONDS)


class _Event(msgspec.Struct):
    type: str
    data: dict[str, Any] = {}
    timestamp: int | None = None
    instance_id: str | None = None


def read(body: bytes, delivery: Delivery) -> tuple[str | None, Change | None]:
    """The instance that tells, and what it tells; None for what means nothing here. Raises `InvalidRequestBody`."""
    try:
        told = msgspec.json.decode(body, type=_Event)
    except (ValueError, RecursionError):
        raise InvalidRequestBody from None
    milliseconds = delivery.sent_at * 1000 if told.timestamp is None else told.timestamp
    if not 0 < milliseconds < YEAR_10000 * 1000:
        raise InvalidRequestBody
    meaning = _MEANINGS.get(told.type)
    if meaning is None:
        return told.instance_id, None
    return told.instance_id, meaning(told.data, datetime.fromtimestamp(milliseconds / 1000, UTC))


async def apply(scope: Scope, issuer: str, delivery: Delivery, change: Change, *, hold_back_days: int) -> bool:
    """In one transaction; False when it came before, or when something later was said already."""
    if await scope.one("take_delivery", id=delivery.id) is None:
        return False
    subject = hashlib.sha256("\0".join((issuer, *change.subject)).encode()).hexdigest()
    if await scope.one("say_of_subject", subject=subject, said_at=change.said_at) is None:
        return False
    if change.leaves:
        gone = Tenant(issuer=issuer, user_id=change.user_id, organization_id=change.organization_id)
        await departures.leave(scope, gone, change.said_at, hold_back_days=hold_back_days)
    elif change.cuts:
        await _cut(scope, issuer, change)
    return True


async def _cut(scope: Scope, issuer: str, change: Change) -> None:
    names = {"issuer": issuer, "user_id": change.user_id, "organization_id": change.organization_id}
    for_good = change.ends or change.session_id is not None
    # Revocations allow for clocks that differ; a token issued after a mere change says what is so, and passes.
    await scope.one("hold_off_new_keys", issuer=issuer)
    early = timedelta(seconds=0 if for_good else ISSUED_LATER_SECONDS)
    await scope.run(
        "put_timed_revocation",
        session_id=change.session_id,
        revoked_at=change.said_at - early,
        seconds=REMEMBERED_SECONDS if for_good else OUTDATED_SECONDS,
        **names,
    )
    if change.ends:
        await scope.run("revoke_keys_of", **names)
    if change.role is not None:
        await scope.run("note_rights_of_keys", seen=Jsonb([_rights(issuer, change)]))


def _rights(issuer: str, change: Change) -> dict[str, Any]:
    """What a member's API keys may be worth from now on."""
    tenant = Tenant(issuer=issuer, organization_id=change.organization_id)
    return {
        "tenant_id": tenant.id,
        "user_id": change.user_id,
        "role": change.role,
        "permissions": change.permissions,
        "plan_said": False,
        "at": change.said_at.timestamp(),
    }


def _session_over(data: dict[str, Any], said_at: datetime) -> Change:
    name = _name(data.get("id"))
    return Change(subject=("session", name), said_at=said_at, session_id=name)


def _member(data: dict[str, Any], said_at: datetime, **what: bool) -> Change:
    organization, user = data.get("organization"), data.get("public_user_data")
    if not isinstance(organization, dict) or not isinstance(user, dict):
        raise InvalidRequestBody
    member = {"organization_id": _name(organization.get("id")), "user_id": _name(user.get("user_id"))}
    return Change(subject=("member", *member.values()), said_at=said_at, **member, **what)  # type: ignore[arg-type]


def _member_joined(data: dict[str, Any], said_at: datetime) -> Change:
    """Heard so that the end of an earlier membership, told late, ends nothing now."""
    return _member(data, said_at, cuts=False)


def _member_changed(data: dict[str, Any], said_at: datetime) -> Change:
    changed = _member(data, said_at)
    role, permissions = data.get("role"), data.get("permissions")
    if not is_name(role) or not isinstance(permissions, list) or not all(map(is_name, permissions)):
        return changed
    return msgspec.structs.replace(changed, role=role, permissions=tuple(permissions))


def _member_left(data: dict[str, Any], said_at: datetime) -> Change:
    return _member(data, said_at, ends=True)


def _user_changed(data: dict[str, Any], said_at: datetime) -> Change:
    """A ban is for good. A lock passes, and anybody who fails to sign in often enough brings it on someone else."""
    name, banned, locked = _name(data.get("id")), data.get("banned") is True, data.get("locked") is True
    return Change(subject=("user", name), said_at=said_at, user_id=name, cuts=banned or locked, ends=banned)


def _user_gone(data: dict[str, Any], said_at: datetime) -> Change:
    name = _name(data.get("id"))
    return Change(subject=("user", name), said_at=said_at, user_id=name, ends=True, leaves=True)


def _organization_gone(data: dict[str, Any], said_at: datetime) -> Change:
    name = _name(data.get("id"))
    return Change(subject=("organization", name), said_at=said_at, organization_id=name, ends=True, leaves=True)


def _name(value: Any) -> str:
    if not is_name(value):
        raise InvalidRequestBody
    return str(value)


_MEANINGS: dict[str, Callable[[dict[str, Any], datetime], Change]] = {
    "session.ended": _session_over,
    "session.removed": _session_over,
    "session.revoked": _session_over,
    "organizationMembership.created": _member_joined,
    "organizationMembership.updated": _member_changed,
    "organizationMembership.deleted": _member_left,
    "user.updated": _user_changed,
    "user.deleted": _user_gone,
    "organization.deleted": _organization_gone,
}
