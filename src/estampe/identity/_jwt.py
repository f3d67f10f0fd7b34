"""One JWT against one issuer: form, kind, algorithm, key, signature, claims, in that order."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, NewType

import msgspec

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
from estampe.identity._jwks import Keys
from estampe.identity._jws import MALFORMED, UnverifiedJws, check_header, check_signature, split
from estampe.identity._strict import json_object

Clock = Callable[[], float]
SignedClaims = NewType("SignedClaims", dict[str, Any])
"""Claims whose signature, issuer, dates and parties hold: only `verify` makes them."""

LEEWAY_SECONDS = 5.0
LONGEST_NAME = 255
YEAR_10000 = 253_402_300_800
_ACCESS_TOKENS = frozenset({"at+jwt", "application/at+jwt"})
# Clerk's header `cat`: a session token, or "no category"; the others are M2M and JWT-template tokens.
_SESSION_CATEGORIES = ("cl_B7d4PD111AAA", "cl_I7d4PD111III")
_HTTPS = re.compile(r"https://[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs, with which keys, for whom.

    `name` is None where the key alone is the root of trust: any https `iss` that it signed will do. No
    authorized parties: `azp` is not compared. With audiences, a token must name one.
    """

    name: str | None
    keys: Keys
    algorithms: frozenset[str] = frozenset({"RS256"})
    audiences: frozenset[str] = frozenset()
    authorized_parties: frozenset[str] = frozenset()
    leeway_seconds: float = LEEWAY_SECONDS

    def is_named_by(self, unverified_issuer: object) -> bool:
        if self.name is None:
            return isinstance(unverified_issuer, str) and is_https(unverified_issuer)
        return unverified_issuer == self.name


class UnverifiedToken(NamedTuple):
    """May choose an issuer, and nothing else."""

    unverified_claims: dict[str, Any]
    unverified: UnverifiedJws


def read_unverified(token: str) -> UnverifiedToken:
    """Raises `TokenInvalid`."""
    unverified = split(token)
    try:
        return UnverifiedToken(json_object(unverified.unverified_payload), unverified)
    except ValueError:
        raise TokenInvalid(MALFORMED) from None


def read_for(issuer: Issuer, token: str) -> UnverifiedToken | None:
    """None when `token` is no JWT, or names another issuer."""
    try:
        unverified = read_unverified(token)
    except TokenInvalid:
        return None
    return unverified if issuer.is_named_by(unverified.unverified_claims.get("iss")) else None


async def verify(token: UnverifiedToken, issuer: Issuer, now: Clock) -> SignedClaims:
    """Raises `Unauthenticated`, or `IdentityProviderUnavailable` when the issuer's keys were never read."""
    unverified_header = token.unverified.unverified_header
    _check_kind(unverified_header)
    check_header(token.unverified, issuer.algorithms)
    key = await issuer.keys.find(unverified_header.get("kid"))
    if key is None:
        raise TokenInvalidSignature(Text("The issuer has no such key.", "L'émetteur n'a pas cette clé."))
    check_signature(token.unverified, key)
    return _checked(token.unverified_claims, issuer, now())


def is_name(value: object) -> bool:
    """Fit to identify someone, in a log line and in a text column."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def is_https(value: str) -> bool:
    return is_name(value) and _HTTPS.fullmatch(value) is not None


def _check_kind(unverified_header: dict[str, Any]) -> None:
    kind = unverified_header.get("typ", "JWT")
    if isinstance(kind, str) and kind.lower() in _ACCESS_TOKENS:
        raise TokenTypeMismatch
    if kind != "JWT":
        raise TokenInvalid(MALFORMED)
    if "cat" in unverified_header and unverified_header["cat"] not in _SESSION_CATEGORIES:
        raise TokenTypeMismatch


def _checked(claims: dict[str, Any], issuer: Issuer, now: float) -> SignedClaims:
    if not is_name(claims.get("sub")):
        raise TokenInvalid(Text("The token names nobody.", "Le jeton ne désigne personne."))
    if not issuer.is_named_by(claims.get("iss")):
        raise TokenInvalidIssuer
    _check_parties(claims, issuer)
    _check_dates(claims, now, issuer.leeway_seconds)
    return SignedClaims(claims)


def _check_parties(claims: dict[str, Any], issuer: Issuer) -> None:
    if issuer.audiences:
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if not all(isinstance(one, str) for one in named) or issuer.audiences.isdisjoint(named):
            raise TokenInvalid(Text("The token is meant for another server.", "Le jeton vise un autre serveur."))
    party = claims.get("azp", "")
    if not isinstance(party, str) or (issuer.authorized_parties and party not in issuer.authorized_parties):
        raise TokenInvalidAuthorizedParty


def _check_dates(claims: dict[str, Any], now: float, leeway_seconds: float) -> None:
    for name in ("exp", "nbf", "iat"):
        if (name in claims or name == "exp") and not _is_date(claims.get(name)):
            raise TokenInvalid(Text("The token's dates are not valid.", "Les dates du jeton ne sont pas valides."))
    if claims["exp"] <= now - leeway_seconds:
        raise TokenExpired
    if max(claims.get("nbf", 0), claims.get("iat", 0)) > now + leeway_seconds:
        raise TokenNotActiveYet


def _is_date(value: object) -> bool:
    # The range also leaves out NaN, the infinities and what no calendar can show.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < YEAR_10000
