"""Clerk: its session tokens, with the organisation and permissions they name."""

import base64
import re
import time
from typing import Self

from estampe.domain import Principal
from estampe.errors import InvalidSetting, Text, TokenTypeMismatch
from estampe.identity import Provider
from estampe.identity._addresses import is_https
from estampe.identity._claims import principal
from estampe.identity._jwks import FetchedKeys, GivenKey, Keys
from estampe.identity._jwt import Clock, Issuer, read_for, verify
from estampe.identity._public_keys import public_key
from estampe.settings import Settings

_PUBLISHABLE_KEY = re.compile(r"pk_(?:test|live)_([A-Za-z0-9+/_-]+={0,2})")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class Clerk(Provider):
    """One Clerk instance: its sessions and, where `accepted_tokens` says so, OAuth and machine tokens.

    JWT-template tokens are never taken: nothing ends them. `frontend_url` is where Clerk's component in a page asks.
    """

    name = "clerk"

    def __init__(self, issuer: Issuer, *, frontend_url: str | None = None, now: Clock = time.time) -> None:
        self._issuer = issuer
        self.frontend_url = frontend_url
        self._now = now
        self.issuers = (issuer.name,) if issuer.name else ()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """None when no Clerk setting is given. Raises `InvalidSetting`.

        With `clerk_jwt_key` no network is ever used. With that key alone the issuer is not known: the key is
        then the root of trust, and whatever https `iss` it signed is the tenant's issuer.
        """
        name = _issuer_name(settings)
        if name is None and settings.clerk_jwt_key is None:
            if settings.clerk_authorized_parties:
                raise _wrong("clerk_authorized_parties", "needs another Clerk setting", "exige une clé Clerk")
            return None
        if name is None and settings.oidc_issuer:
            # The key alone would vouch for whatever issuer a token names, one of those included.
            raise _wrong(
                "clerk_jwt_key",
                "needs clerk_publishable_key or clerk_issuer beside oidc_issuer",
                "exige clerk_publishable_key ou clerk_issuer à côté de oidc_issuer",
            )
        parties = frozenset(settings.clerk_authorized_parties)
        accepted = frozenset(settings.accepted_tokens)
        keys = _keys(settings, name)
        issuer = Issuer(name=name, keys=keys, authorized_parties=parties, accepted=accepted)
        return cls(issuer, frontend_url=_frontend_url(settings.clerk_publishable_key))

    async def authenticate(self, token: str) -> Principal | None:
        unverified = read_for(self._issuer, token)
        if unverified is None:
            return None
        claims, kind = await verify(unverified, self._issuer, self._now)
        proven = principal(claims, self.name, kind, self._now())
        if kind == "session" and proven.session_id is None:
            # Without a session nothing ends it: an old JWT template's token, not a person signed in.
            raise TokenTypeMismatch
        return proven

    async def close(self) -> None:
        await self._issuer.keys.close()


def _issuer_name(settings: Settings) -> str | None:
    if settings.clerk_issuer is not None:
        issuer = settings.clerk_issuer.rstrip("/")
        if not is_https(issuer):
            raise _wrong("clerk_issuer", "is not an https address", "n'est pas une adresse https")
        return issuer
    return _frontend_url(settings.clerk_publishable_key)


def _frontend_url(publishable_key: str | None) -> str | None:
    return None if publishable_key is None else f"https://{_frontend_host(publishable_key)}"


def _frontend_host(publishable_key: str) -> str:
    """Clerk writes its front end's host, ended by a dollar sign, into the key in base64."""
    parts = _PUBLISHABLE_KEY.fullmatch(publishable_key.strip())
    text = parts[1].rstrip("=") if parts else ""
    try:
        host = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_").decode("ascii")
    except ValueError:
        host = ""
    if not host.endswith("$") or not _HOST.fullmatch(host[:-1]):
        raise _wrong("clerk_publishable_key", "is not a Clerk publishable key", "n'est pas une clé publique Clerk")
    return host[:-1]


def _keys(settings: Settings, issuer: str | None) -> Keys:
    if settings.clerk_jwt_key is None:
        return FetchedKeys(f"{issuer}/.well-known/jwks.json")
    try:
        return GivenKey(public_key(settings.clerk_jwt_key))
    except ValueError:
        raise _wrong("clerk_jwt_key", "is not an RSA public key", "n'est pas une clé publique RSA") from None


def _wrong(setting: str, en: str, fr: str) -> InvalidSetting:
    return InvalidSetting(Text(f"{setting} {en}", f"{setting} {fr}"))
