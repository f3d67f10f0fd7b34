"""Every permission, `resource:action`, and who has it when the organisation says nothing of its own."""

from enum import StrEnum

from estampe.domain import Principal

ADMIN = "org:admin"


class Permission(StrEnum):
    """What a route may ask for."""

    IMAGES_GENERATE = "images:generate"
    JOBS_MANAGE = "jobs:manage"
    KEYS_MANAGE = "keys:manage"
    OPERATOR = "operator"
    USAGE_READ = "usage:read"
    VIDEOS_GENERATE = "videos:generate"


EVERYONE = frozenset({Permission.IMAGES_GENERATE, Permission.VIDEOS_GENERATE})
ADMINS = EVERYONE | {Permission.JOBS_MANAGE, Permission.KEYS_MANAGE, Permission.USAGE_READ}
_CUSTOM = {f"org:{permission}": permission for permission in ADMINS}


def is_person(principal: Principal) -> bool:
    """Someone signed in. A token whose scopes name permissions of ours was lent to an app, whatever its form."""
    return principal.kind == "session" and not _lent(principal)


def granted(principal: Principal, operators: frozenset[str] = frozenset()) -> frozenset[Permission]:
    """What `principal` may do.

    An organisation that uses custom permissions of ours (`org:images:generate`) replaces the defaults
    with them; a user alone manages what is theirs. What is not a person signed in (an API key, an app that a
    person lent rights to, a machine) has no more of it than its scopes name; a machine has no role, so that its
    scopes alone speak for it. `operators` are ids of users, or `issuer#id`.
    """
    custom = frozenset(_CUSTOM[name] for name in principal.permissions if name in _CUSTOM)
    if principal.organization_id is None or principal.kind == "m2m":
        held = ADMINS
    elif custom:
        held = custom
    else:
        held = ADMINS if principal.role == ADMIN else EVERYONE
    if _is_named(principal, operators):
        held |= {Permission.OPERATOR}
    return held if is_person(principal) else held & _lent(principal)


def _is_named(principal: Principal, operators: frozenset[str]) -> bool:
    """An id that reads as another issuer's `issuer#id` names nobody by itself."""
    user = principal.user_id
    return f"{principal.issuer}#{user}" in operators or (user in operators and "#" not in user)


def _lent(principal: Principal) -> frozenset[Permission]:
    return frozenset(permission for permission in Permission if permission in principal.scopes)
