"""What Clerk's session claims say, versions 1 and 2: who asks, for which organisation, with which permissions."""

import re
from collections.abc import Iterator
from typing import Any

from estampe.domain import Principal
from estampe.errors import SessionPending, Text, TokenInvalid, TokenTypeMismatch
from estampe.identity._jwt import SignedClaims, is_name

VERSION = 2
# An organisation's features; "u" alone is the user's own.
_ORGANIZATION_SCOPES = frozenset({"o", "ou", "uo"})
# Python refuses to read longer numbers, and no real mask comes near.
_MASK = re.compile(r"[0-9]{1,4000}")


def principal(claims: SignedClaims, provider: str) -> Principal:
    """Raises `TokenTypeMismatch`, `SessionPending`, `TokenInvalid` for claims that cannot be read safely."""
    if claims["sub"].startswith("mch_") or "cnf" in claims:
        # A machine's token, or one bound to a key that a bearer does not prove to hold.
        raise TokenTypeMismatch
    status = claims.get("sts", "active")
    if status == "pending":
        raise SessionPending
    if status != "active":
        raise TokenInvalid
    organization_id, role, permissions = _membership(claims)
    return Principal(
        issuer=claims["iss"],
        user_id=claims["sub"],
        organization_id=organization_id,
        role=role,
        permissions=permissions,
        session_id=_name_or_none(claims, "sid"),
        actor=_actor(claims.get("act")),
        expires_at=float(claims["exp"]),
        provider=provider,
    )


def _membership(claims: SignedClaims) -> tuple[str | None, str | None, frozenset[str]]:
    if claims.get("v") != VERSION:
        return _first_version(claims)
    organization = claims.get("o")
    if organization is None:
        return None, None, frozenset()
    if not isinstance(organization, dict) or not is_name(organization.get("id")):
        # Never read as "no organisation": that would make a member's token a person's.
        raise _unreadable()
    role = _name_or_none(organization, "rol")
    permissions = frozenset(_permissions(claims.get("fea"), organization.get("per"), organization.get("fpm")))
    return organization["id"], f"org:{role}" if role else None, permissions


def _first_version(claims: SignedClaims) -> tuple[str | None, str | None, frozenset[str]]:
    organization_id = _name_or_none(claims, "org_id")
    if organization_id is None:
        return None, None, frozenset()
    permissions = claims.get("org_permissions") or []
    if not isinstance(permissions, list) or not all(isinstance(name, str) for name in permissions):
        raise _unreadable()
    return organization_id, _name_or_none(claims, "org_role"), frozenset(permissions)


def _permissions(features: Any, permissions: Any, masks: Any) -> Iterator[str]:
    """The i-th mask speaks of the i-th of the organisation's own features; its j-th bit of the j-th permission."""
    if any(text is not None and not isinstance(text, str) for text in (features, permissions, masks)):
        raise _unreadable()
    if not permissions or not masks:
        return
    names = [name.strip() for name in permissions.split(",")]
    for feature, mask in zip(organization_features(features), masks.split(","), strict=False):
        bits = int(mask) if _MASK.fullmatch(mask := mask.strip()) else 0
        yield from (f"org:{feature}:{name}" for position, name in enumerate(names) if bits >> position & 1)


def organization_features(features: str | None) -> list[str]:
    """Raises `TokenInvalid` for an entry without a scope."""
    entries = [entry.strip().partition(":") for entry in features.split(",")] if features else []
    if not all(colon for _, colon, _ in entries):
        raise _unreadable()
    return [feature for scope, _, feature in entries if scope in _ORGANIZATION_SCOPES]


def _actor(act: Any) -> str | None:
    if act is None:
        return None
    if not isinstance(act, dict) or not is_name(act.get("sub")):
        raise _unreadable()
    return str(act["sub"])


def _name_or_none(claims: SignedClaims | dict[str, Any], claim: str) -> str | None:
    value = claims.get(claim)
    if value is not None and not is_name(value):
        raise _unreadable()
    return value


def _unreadable() -> TokenInvalid:
    return TokenInvalid(Text("The token's claims cannot be read.", "Le contenu du jeton est illisible."))
