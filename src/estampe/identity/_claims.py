"""What Clerk's claims say: who asks, for which organisation, with which permissions, scopes and plan."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from estampe.domain import CredentialKind, Principal, is_name
from estampe.errors import SessionPending, Text, TokenInvalid
from estampe.identity._jwt import SignedClaims

VERSION = 2
A_PAIR = 2
# Decoding a role's permissions costs half as much as the check of a signature.
KEPT_ROLES = 1024
# An organisation's features; "u" alone is the user's own.
_OURS = frozenset({"o", "ou", "uo"})
_ONES_OWN = frozenset({"u", "ou", "uo"})
# Python refuses to read longer numbers, and no real mask comes near.
_MASK = re.compile(r"[0-9]{1,4000}")


def principal(
    claims: SignedClaims, provider: str, kind: CredentialKind = "session", now: float | None = None
) -> Principal:
    """Raises `SessionPending`, `TokenInvalid` for claims that cannot be read safely."""
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
        session_id=name_or_none(claims, "sid"),
        actor=actor(claims.get("act")),
        issued_at=float(claims.get("iat", 0)),
        expires_at=float(claims["exp"]),
        provider=provider,
        kind=kind,
        scopes=frozenset() if kind == "session" else scopes(claims),
        plan=_plan(claims.get("pla"), _OURS if organization_id else _ONES_OWN),
        factor_ages=_factor_ages(claims, now),
    )


def _membership(claims: SignedClaims) -> tuple[str | None, str | None, frozenset[str]]:
    if claims.get("v") != VERSION:
        return _first_version(claims)
    organization = claims.get("o")
    if organization is None:
        return None, None, frozenset()
    if not isinstance(organization, dict) or not is_name(organization.get("id")):
        # Never read as "no organisation": that would make a member's token a person's.
        raise unreadable()
    try:
        role, permissions = _rights(
            claims.get("fea"), organization.get("rol"), organization.get("per"), organization.get("fpm")
        )
    except TypeError:  # a list or an object where a text should be
        raise unreadable() from None
    return organization["id"], role, permissions


def _first_version(claims: SignedClaims) -> tuple[str | None, str | None, frozenset[str]]:
    organization_id = name_or_none(claims, "org_id")
    if organization_id is None:
        return None, None, frozenset()
    permissions = claims.get("org_permissions") or []
    if not isinstance(permissions, list):
        raise unreadable()
    return organization_id, name_or_none(claims, "org_role"), _names(permissions)


# All members in one role say the same, and only what an issuer signed comes here.
@lru_cache(maxsize=KEPT_ROLES)
def _rights(features: Any, role: Any, permissions: Any, masks: Any) -> tuple[str | None, frozenset[str]]:
    if any(text is not None and not isinstance(text, str) for text in (features, permissions, masks)):
        raise unreadable()
    if role is not None and not is_name(role):
        raise unreadable()
    prefixed = None if role is None else f"org:{role}"
    if not permissions or not masks:
        return prefixed, frozenset()
    return prefixed, _names(_decoded(organization_features(features), permissions, masks))


def _decoded(features: list[str], permissions: str, masks: str) -> Iterator[str]:
    """The i-th mask speaks of the i-th of the organisation's own features; its j-th bit of the j-th permission."""
    names = [name.strip() for name in permissions.split(",")]
    for feature, mask in zip(features, masks.split(","), strict=False):
        bits = int(mask) if _MASK.fullmatch(mask := mask.strip()) else 0
        yield from (f"org:{feature}:{name}" for position, name in enumerate(names) if bits >> position & 1)


def organization_features(features: str | None) -> list[str]:
    """Raises `TokenInvalid` for an entry without a scope."""
    return [feature for scope, feature in _scoped(features) if scope in _OURS]


def _scoped(text: str | None) -> list[tuple[str, str]]:
    """`o:images,u:profile`: each with whose it is."""
    entries = [entry.strip().partition(":") for entry in text.split(",")] if text else []
    if not all(colon for _, colon, _ in entries):
        raise unreadable()
    return [(scope, name) for scope, _, name in entries]


def _plan(plans: Any, owners: frozenset[str]) -> str | None:
    if plans is None:
        return None
    if not isinstance(plans, str):
        raise unreadable()
    return _owned_plan(plans, owners)


@lru_cache(maxsize=KEPT_ROLES)
def _owned_plan(plans: str, owners: frozenset[str]) -> str | None:
    theirs = (plan for owner, plan in _scoped(plans) if owner in owners and plan)
    return name_or_none({"pla": next(theirs, None)}, "pla")


def _factor_ages(claims: SignedClaims, now: float | None) -> tuple[int, int] | None:
    """The ages grow with the token's own: a long-lived one must not stay fresh."""
    ages = claims.get("fva")
    if ages is None:
        return None
    first, second = ages if isinstance(ages, list) and len(ages) == A_PAIR else (None, None)
    if type(first) is not int or type(second) is not int:
        raise unreadable()
    since = 0 if now is None or "iat" not in claims else max(0, int(now - claims["iat"]) // 60)
    return first + since if first >= 0 else -1, second + since if second >= 0 else -1


def scopes(claims: SignedClaims) -> frozenset[str]:
    """OAuth's `scope`, the `scp` of some issuers, the `scopes` of Clerk's machines: a list, or words in one text."""
    said = next((claims[name] for name in ("scope", "scp", "scopes") if claims.get(name) is not None), "")
    words = said.split(" ") if isinstance(said, str) else said
    if not isinstance(words, list):
        raise unreadable()
    return _names(word for word in words if word != "")


def _names(said: Iterable[Any]) -> frozenset[str]:
    """They are kept and shown: no text that a database or a line of a log cannot hold."""
    names = list(said)
    if not all(map(is_name, names)):
        raise unreadable()
    return frozenset(names)


def actor(act: Any) -> str | None:
    if act is None:
        return None
    if not isinstance(act, dict) or not is_name(act.get("sub")):
        raise unreadable()
    return str(act["sub"])


def name_or_none(claims: SignedClaims | dict[str, Any], claim: str) -> str | None:
    value = claims.get(claim)
    if value is not None and not is_name(value):
        raise unreadable()
    return value


def unreadable() -> TokenInvalid:
    return TokenInvalid(Text("The token's claims cannot be read.", "Le contenu du jeton est illisible."))
