"""POLICY: may this principal do this? Facts in, decision out, no I/O."""

from estampe.domain import Principal
from estampe.errors import IdentityMismatch, NotFound, PermissionMissing, StepUpRequired
from estampe.policy.permissions import Permission, granted

Needed = Permission | tuple[Permission, ...]
"""A permission, or several of which any one is enough."""


def require(principal: Principal, needed: Needed, operators: frozenset[str] = frozenset()) -> None:
    """Raises `PermissionMissing`."""
    enough = needed if isinstance(needed, tuple) else (needed,)
    if granted(principal, operators).isdisjoint(enough):
        raise PermissionMissing(*enough)


def require_recent_sign_in(principal: Principal, max_age_seconds: int | None) -> None:
    """Raises `StepUpRequired` when the first factor was proven longer ago, or never.

    Nothing is asked without a limit, nor where the issuer does not say when a factor was proven. Ages come in
    whole minutes: up to one minute more passes.
    """
    if max_age_seconds is None or principal.factor_ages is None:
        return
    minutes = principal.factor_ages[0]
    if not 0 <= minutes * 60 <= max_age_seconds:
        raise StepUpRequired(max_age_seconds)


def require_same_identity(principal: Principal, user_id: str | None, organization_id: str | None) -> None:
    """A body may repeat who is asking, never choose it. Raises `IdentityMismatch`."""
    if user_id is not None and user_id != principal.user_id:
        raise IdentityMismatch
    if organization_id is not None and organization_id != principal.organization_id:
        raise IdentityMismatch


def may_see(principal: Principal, user_id: str) -> bool:
    """Own things, or all of the organisation's for who manages them."""
    return user_id == principal.user_id or Permission.JOBS_MANAGE in granted(principal)


def require_owner(principal: Principal, user_id: str) -> None:
    """Raises `NotFound` for what `principal` may not see: it tells nothing."""
    if not may_see(principal, user_id):
        raise NotFound
