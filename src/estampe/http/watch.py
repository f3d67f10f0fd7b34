"""Who passed the door and who was refused: counted, kept as events, and slowed down when a source fails too often."""

from collections.abc import Callable, Mapping
from typing import Any

from estampe import telemetry
from estampe.access.auth_events import ACCEPTED, Seen, hidden
from estampe.domain import Principal
from estampe.errors import (
    EstampeError,
    InvalidRequest,
    RateLimited,
    SessionPending,
    TokenExpired,
    TokenMissing,
    TokenNotActiveYet,
    Unauthenticated,
)
from estampe.http.bursts import Bursts
from estampe.http.source import source_of
from estampe.identity import bearer_token
from estampe.identity._jwt import read_unverified
from estampe.settings import Settings

UNKNOWN = "unknown"
# No token at all, or one that its issuer did sign: nobody is guessing, and the refusal says what to do next.
NOT_GUESSES = (TokenMissing, TokenExpired, TokenNotActiveYet, SessionPending)

Scope = Mapping[str, Any]


class Watch:
    """Sees every credential's fate.

    A source that fails more often than `refusals_per_minute` gets a 429 for what fails, and only for that: its
    tokens are verified first, in the verifier's order (form, header, issuer and key before any signature), so that
    people who share an address with an attacker still pass. What a forged token costs us then is one signature at
    most, a few times less than reading the request it came in; a made-up API key, one look-up of its digest.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        issuers: frozenset[str],
        secret: bytes,
        saw: Callable[[Seen], None],
        is_new: Callable[[Principal], bool],
    ) -> None:
        self._trusted_proxies = settings.trusted_proxies
        self._bursts = Bursts(settings.refusals_per_minute)
        self._issuers = issuers
        self._secret = secret
        self._saw, self._is_new = saw, is_new

    def passed(self, who: Principal, route: str, scope: Scope) -> None:
        issuer = self._known(who.issuer)
        telemetry.note("auth", ACCEPTED, issuer, route)
        if self._is_new(who):
            source = hidden(source_of(scope, self._trusted_proxies), self._secret)
            self._saw(Seen(ACCEPTED, issuer, route, source, who.user_id, who.tenant.id))

    def passed_again(self, who: Principal, route: str) -> None:
        """As `passed`, of who did a moment ago."""
        telemetry.note("auth", ACCEPTED, self._known(who.issuer), route)

    def refused(self, error: EstampeError, who: Principal | None, route: str, scope: Scope) -> None:
        """Raises `RateLimited` in place of `error` when its source has failed too often."""
        issuer = self._known(who.issuer if who else _unverified_issuer(scope))
        telemetry.note("auth", error.code, issuer, route)
        source = source_of(scope, self._trusted_proxies)
        user, tenant = (who.user_id, who.tenant.id) if who else (None, None)
        self._saw(Seen(error.code, issuer, route, hidden(source, self._secret), user, tenant))
        if who is None and isinstance(error, Unauthenticated | InvalidRequest) and not isinstance(error, NOT_GUESSES):
            wait = self._bursts.fail(source)
            if wait:
                telemetry.note("slowed")
                raise RateLimited(retry_after_seconds=wait) from error

    def _known(self, issuer: str | None) -> str:
        return issuer if issuer in self._issuers else UNKNOWN


def _unverified_issuer(scope: Scope) -> str | None:
    """May choose among the issuers that we know, and names nobody else."""
    try:
        token = bearer_token([value for name, value in scope["headers"] if name == b"authorization"])
        issuer = read_unverified(token).unverified_claims.get("iss") if token else None
    except EstampeError:
        return None
    return issuer if isinstance(issuer, str) else None
