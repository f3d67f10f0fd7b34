"""One JWT against one issuer: form, kind, algorithm, key, signature, claims, in that order."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, NewType

import msgspec

from estampe.domain import YEAR_10000, CredentialKind, is_name
from estampe.errors import (
    Text,
    TokenExpired,
    TokenInvalid,
    TokenInvalidAuthorizedParty,
    TokenInvalidIssuer,
    TokenInvalidSignature,
    TokenNotActiveYet,
    TokenTypeMismatch,
)
from estampe.identity import _kinds
from estampe.identity._addresses import is_https
from estampe.identity._jwks import Keys
from estampe.identity._jws import MALFORMED, UnverifiedJws, check_header, check_signature, split
from estampe.identity._strict import json_object

Clock = Callable[[], float]
SignedClaims = NewType("SignedClaims", dict[str, Any])
"""Claims whose signature, issuer, dates and parties hold: only `verify` makes them."""

LEEWAY_SECONDS = 5.0
_NUMBERS = (int, float)


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs, with which keys, for whom.

    `name` is None where the key alone is the root of trust: any https `iss` that it signed will do. No
    authorized parties: `azp` is not compared. With audiences, a token must name one. `kind_of` tells the
    kind of a token from its header and claims, and only the `accepted` ones are read further.
    """

    name: str | None
    keys: Keys
    algorithms: frozenset[str] = frozenset({"RS256"})
    audiences: frozenset[str] = frozenset()
    authorized_parties: frozenset[str] = frozenset()
    kind_of: Callable[[dict[str, Any], dict[str, Any]], CredentialKind] = _kinds.clerk
    accepted: frozenset[CredentialKind] = frozenset({"session"})
    leeway_seconds: float = LEEWAY_SECONDS

    def is_named_by(self, unverified_issuer: object) -> bool:
        if self.name is None:
            return isinstance(unverified_issuer, str) and is_https(unverified_issuer)
        return unverified_issuer == self.name


class UnverifiedToken(NamedTuple):
    """May choose an issuer, and nothing else."""

    unverified_claims: dict[str, Any]
    unverified: UnverifiedJws


@lru_cache(maxsize=1)
def read_unverified(token: str) -> UnverifiedToken:
    """Raises `TokenInvalid`.

    The last reading is kept: the providers of a chain each ask for it, one after the other.
    """
    unverified = split(token)
    try:
        return UnverifiedToken(json_object(unverified.unverified_payload), unverified)
    except ValueError:
        raise TokenInvalid(MALFORMED) from None


def read_if_jwt(token: str) -> UnverifiedToken | None:
    try:
        return read_unverified(token)
    except TokenInvalid:
        return None


def read_for(issuer: Issuer, token: str) -> UnverifiedToken | None:
    """None when `token` is no JWT, or names another issuer."""
    unverified = read_if_jwt(token)
    if unverified is None or not issuer.is_named_by(unverified.unverified_claims.get("iss")):
        return None
    return unverified


async def verify(token: UnverifiedToken, issuer: Issuer, now: Clock) -> tuple[SignedClaims, CredentialKind]:
    """Raises `Unauthenticated`, or `IdentityProviderUnavailable` when the issuer's keys were never read."""
    unverified_claims, unverified = token
    kind = issuer.kind_of(unverified.header.unverified, unverified_claims)
    if kind not in issuer.accepted:
        raise TokenTypeMismatch
    check_header(unverified, issuer.algorithms)
    key = await issuer.keys.find(unverified.header.unverified.get("kid"))
    if key is None:
        raise TokenInvalidSignature(Text("The issuer has no such key.", "L'émetteur n'a pas cette clé."))
    check_signature(unverified, key)
    _check_names(unverified_claims, issuer)
    if issuer.audiences:
        _check_audience(unverified_claims, issuer.audiences)
    _check_parties(unverified_claims, issuer, kind)
    _check_dates(unverified_claims, now(), issuer.leeway_seconds)
    return SignedClaims(unverified_claims), kind


def _check_names(claims: dict[str, Any], issuer: Issuer) -> None:
    if not is_name(claims.get("sub")):
        raise TokenInvalid(Text("The token names nobody.", "Le jeton ne désigne personne."))
    if not issuer.is_named_by(claims.get("iss")):
        raise TokenInvalidIssuer
    if "cnf" in claims:
        # Bound to a key that a bearer does not prove to hold.
        raise TokenTypeMismatch


def _check_audience(claims: dict[str, Any], audiences: frozenset[str]) -> None:
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(one, str) for one in named) or audiences.isdisjoint(named):
        raise TokenInvalid(Text("The token is meant for another server.", "Le jeton vise un autre serveur."))


def _check_parties(claims: dict[str, Any], issuer: Issuer, kind: CredentialKind) -> None:
    if kind == "oauth" and not is_name(claims.get("client_id")):
        raise TokenInvalid(Text("The token names no client.", "Le jeton ne désigne aucun client."))
    party = claims.get("azp", "")
    # The sites allowed to call us are those that people sign in to; an app or a machine is none of them.
    wanted = issuer.authorized_parties if kind == "session" else None
    if not isinstance(party, str) or (wanted and party not in wanted):
        raise TokenInvalidAuthorizedParty


def _check_dates(claims: dict[str, Any], now: float, leeway_seconds: float) -> None:
    expires, starts, issued = claims.get("exp"), claims.get("nbf", 0), claims.get("iat", 0)
    if not (_is_date(expires) and _is_date(starts) and _is_date(issued)):
        raise TokenInvalid(Text("The token's dates are not valid.", "Les dates du jeton ne sont pas valides."))
    if claims["exp"] <= now - leeway_seconds:
        raise TokenExpired
    latest = now + leeway_seconds
    if starts > latest or issued > latest:
        raise TokenNotActiveYet


def _is_date(value: object) -> bool:
    # Not a bool; and the range leaves out NaN, the infinities and what no calendar can show.
    return type(value) in _NUMBERS and 0 <= value < YEAR_10000  # type: ignore[operator]
