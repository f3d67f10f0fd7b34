"""Any OpenID issuer, by discovery: its ID tokens, and its access tokens (RFC 9068) made for this server."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import msgspec

from estampe.domain import CredentialKind, Principal, is_name
from estampe.errors import InvalidSetting, Text
from estampe.identity import Door, Provider
from estampe.identity._addresses import is_https, is_loopback
from estampe.identity._claims import actor, name_or_none, scopes, unreadable
from estampe.identity._doors import Doorway, clients
from estampe.identity._jwks import DiscoveredKeys
from estampe.identity._jwt import Clock, Issuer, SignedClaims, read_if_jwt, verify
from estampe.identity._kinds import openid
from estampe.identity._public_keys import ALGORITHMS
from estampe.settings import Settings

# What OpenID itself and its common servers ask for; every other scope is a right that was lent.
SIGN_IN_SCOPES = frozenset({"openid", "profile", "email", "address", "phone", "offline_access", "roles", "groups"})
ADMIN = "admin"
SECONDS_A_MINUTE = 60


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Where the tokens say for which organisation, and in which roles: a claim's name, or a path of dots to it."""

    organization: str = "org_id"
    roles: str = "roles"


class Oidc(Provider):
    """One or several issuers: the keys of each check its own tokens alone."""

    name = "oidc"

    def __init__(
        self,
        issuers: Mapping[str, Issuer],
        names: Names,
        *,
        doorways: Iterable[Doorway] = (),
        now: Clock = time.time,
    ) -> None:
        self._issuers = dict(issuers)
        self._names = names
        self._doorways = tuple(doorways)
        self._now = now
        self.issuers = tuple(self._issuers)
        self.signs_in_at = tuple(doorway.issuer for doorway in self._doorways)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """None when no issuer is given. Raises `InvalidSetting`.

        One issuer: a token must name one of the audiences. Several: one audience for all, or one for each.
        """
        if not settings.oidc_issuer:
            for setting in ("oidc_audience", "oidc_client_id"):
                if getattr(settings, setting):
                    raise _wrong(setting, "needs oidc_issuer", "exige oidc_issuer")
            return None
        audiences, known = _audiences(settings), clients(settings)
        accepted: frozenset[CredentialKind] = frozenset({"session", "oauth", *settings.accepted_tokens})
        sites = {name: DiscoveredKeys(name) for name in audiences}
        issuers = {
            name: Issuer(
                name=name,
                keys=site,
                algorithms=ALGORITHMS,
                audiences=frozenset(audiences[name]),
                kind_of=openid,
                accepted=accepted,
            )
            for name, site in sites.items()
        }
        doorways = [
            Doorway(
                issuer=name,
                site=sites[name],
                client_id=client,
                scopes=settings.oidc_scopes,
                audiences=audiences[name],
            )
            for name, client in known.items()
        ]
        names = Names(organization=settings.oidc_organization_claim, roles=settings.oidc_roles_claim)
        return cls(issuers, names, doorways=doorways)

    async def authenticate(self, token: str) -> Principal | None:
        unverified = read_if_jwt(token)
        named = unverified.unverified_claims.get("iss") if unverified else None
        issuer = self._issuers.get(named) if isinstance(named, str) else None
        if unverified is None or issuer is None:
            return None
        claims, kind = await verify(unverified, issuer, self._now)
        return principal(claims, kind, self._names, self._now())

    async def doors(self) -> Sequence[Door]:
        found = await asyncio.gather(*(doorway.door() for doorway in self._doorways))
        return [door for door in found if door is not None]

    async def close(self) -> None:
        for issuer in self._issuers.values():
            await issuer.keys.close()


def principal(claims: SignedClaims, kind: CredentialKind, names: Names, now: float) -> Principal:
    """Raises `TokenInvalid` for claims that cannot be read safely."""
    asked = scopes(claims)
    if kind == "oauth" and asked <= SIGN_IN_SCOPES:
        # Nothing was lent but the sign-in itself: the token stands for the person, whatever its form.
        kind = "session"
    organization_id = _organization(_at(claims, names.organization))
    return Principal(
        issuer=claims["iss"],
        user_id=claims["sub"],
        organization_id=organization_id,
        role=_role(_at(claims, names.roles)) if organization_id else None,
        session_id=name_or_none(claims, "sid"),
        actor=actor(claims.get("act")),
        issued_at=float(claims.get("iat", 0)),
        expires_at=float(claims["exp"]),
        provider=Oidc.name,
        kind=kind,
        scopes=asked,
        factor_ages=_factor_ages(claims.get("auth_time"), now),
    )


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """A claim's own name may hold dots, as addresses do; a path is tried next.

    Raises `TokenInvalid` when the path leads through what holds nothing: a member is never read as a person alone.
    """
    if path in claims:
        return claims[path]
    value: Any = claims
    for name in path.split("."):
        if value is None:
            return None
        if not isinstance(value, dict):
            raise unreadable()
        value = value.get(name)
    return value


def _organization(said: Any) -> str | None:
    """A text, or a list of one: of several nobody knows which is meant."""
    if said is None or said == []:
        return None
    name = said[0] if isinstance(said, list) and len(said) == 1 else said
    if not is_name(name):
        raise unreadable()
    return str(name)


def _role(said: Any) -> str | None:
    roles = [said] if isinstance(said, str) else said or []
    if not isinstance(roles, list) or not all(is_name(role) for role in roles):
        raise unreadable()
    plain = [role.removeprefix("org:") for role in roles]
    if not plain:
        return None
    return f"org:{ADMIN if ADMIN in plain else plain[0]}"


def _factor_ages(signed_in_at: Any, now: float) -> tuple[int, int] | None:
    if signed_in_at is None:
        return None
    if type(signed_in_at) not in (int, float) or not 0 <= signed_in_at <= now + SECONDS_A_MINUTE:
        raise unreadable()
    return max(0, int(now - signed_in_at)) // SECONDS_A_MINUTE, -1


def _audiences(settings: Settings) -> dict[str, tuple[str, ...]]:
    issuers, audiences = settings.oidc_issuer, settings.oidc_audience
    if not all(is_https(issuer) or is_loopback(issuer) for issuer in issuers) or len(set(issuers)) < len(issuers):
        raise _wrong("oidc_issuer", "is not an https address, each once", "n'est pas une adresse https, sans doublon")
    if not audiences:
        raise _wrong("oidc_audience", "is needed with oidc_issuer", "est obligatoire avec oidc_issuer")
    if len(issuers) == 1 or len(audiences) == 1:
        return dict.fromkeys(issuers, audiences)
    if len(issuers) != len(audiences):
        raise _wrong("oidc_audience", "is one for all issuers, or one for each", "en veut une pour tous, ou une chacun")
    return {issuer: (audience,) for issuer, audience in zip(issuers, audiences, strict=True)}


def _wrong(setting: str, en: str, fr: str) -> InvalidSetting:
    return InvalidSetting(Text(f"{setting} {en}", f"{setting} {fr}"))
