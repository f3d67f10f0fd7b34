"""IDENTITY: a credential in, a principal out, without a network call in the usual case."""

import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import msgspec

from estampe import telemetry
from estampe.domain import Principal
from estampe.errors import TokenInvalidIssuer
from estampe.identity._header import bearer_token
from estampe.identity._jwt import read_unverified

if TYPE_CHECKING:  # who verifies tokens in a program of their own has no database
    from estampe.db import Database
    from estampe.db.notices import Notices

__all__ = ["Door", "Provider", "VerifiedTokens", "authenticate", "bearer_token"]

CACHED_TOKENS = 20_000
LONGEST_CACHED_SECONDS = 60.0


# A copy, for to make one anew walks through so much of the library that it costs twice as much between two checks.
_copy = sha256().copy


def _digest(token: str) -> bytes:
    return _sum(token.encode("utf-8", "surrogatepass"))


def _sum(token: bytes) -> bytes:
    made = _copy()
    made.update(token)
    return made.digest()


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What a page needs to sign people in at an OpenID issuer: the code flow with PKCE, as a public client.

    `token` is the one that this server takes as a bearer. `audience` is whom an access token must be asked for, as
    the parameter of that name; `resource` is the same as RFC 8707 has it, where it is an address.
    """

    issuer: str
    name: str
    client_id: str
    scopes: tuple[str, ...]
    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None
    token: Literal["id_token", "access_token"]
    audience: str | None
    resource: str | None


class Provider(ABC):
    """One source of identities; `issuers` are those that a client may ask for a token.

    `signs_in_at` are those of them that sign people in on a page: each has a door, when it is not away.
    """

    name: str
    issuers: tuple[str, ...] = ()
    signs_in_at: tuple[str, ...] = ()

    @abstractmethod
    async def authenticate(self, token: str) -> Principal | None:
        """The principal proven by `token`; None when it is not this provider's.

        Mine and bad raises an `Unauthenticated`: a forged token never turns into an anonymous visitor.
        """

    async def doors(self) -> Sequence[Door]:
        """Where a page may sign people in, as far as is known now: an issuer that is away is left out."""
        return ()

    def attach(self, database: "Database", notices: "Notices") -> None:
        """Called once, before the first token, where there is a database: most providers need none."""

    async def close(self) -> None:
        """Let go of connections."""


async def authenticate(providers: Sequence[Provider], token: str) -> Principal:
    """Ask each provider in turn. Raises `TokenInvalid` for what is no token, `TokenInvalidIssuer` for nobody's."""
    for provider in providers:
        principal = await provider.authenticate(token)
        if principal is not None:
            return principal
    read_unverified(token)
    raise TokenInvalidIssuer


class VerifiedTokens:
    """Principals of tokens verified a moment ago, so that a page of requests costs one signature.

    None is kept past its expiry, nor so long that a key withdrawn by its issuer goes on working.
    """

    def __init__(
        self, providers: Sequence[Provider], *, size: int = CACHED_TOKENS, now: Callable[[], float] = time.time
    ) -> None:
        self._providers = providers
        self._size = size
        self._now = now
        self._kept: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()
        self._hits = self._misses = 0

    async def principal(self, token: str) -> Principal:
        """Raises what `authenticate` raises; a refusal is not kept."""
        digest = _digest(token)
        kept = self._kept.get(digest)
        if kept is not None and kept[1] > self._now():
            self._kept.move_to_end(digest)
            self._hits += 1
            return kept[0]
        self._kept.pop(digest, None)
        self._misses += 1
        principal = await authenticate(self._providers, token)
        if principal.key_id is not None:  # its provider keeps it, and hears when it changes
            return principal
        self._kept[digest] = principal, min(principal.expires_at, self._now() + LONGEST_CACHED_SECONDS)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return principal

    def shown(self, authorization: bytes) -> Principal | None:
        """Whose token this header carries, if it is, letter for letter, one that was verified a moment ago."""
        if authorization[:7] != b"Bearer ":
            return None
        digest = _sum(authorization[7:])
        kept = self._kept.get(digest)
        if kept is None or kept[1] <= self._now():
            return None
        self._kept.move_to_end(digest)
        self._hits += 1
        return kept[0]

    def known(self, token: str) -> Principal | None:
        """Whose token was verified a moment ago, if anybody's; safe from any thread, for it changes nothing."""
        kept = self._kept.get(_digest(token))
        return kept[0] if kept is not None and kept[1] > self._now() else None

    def tell(self) -> None:
        """Note how often a token was known: summed up, for to note each would cost more than to find it."""
        telemetry.note("token_cache", "hit", value=self._hits)
        telemetry.note("token_cache", "miss", value=self._misses)
        self._hits = self._misses = 0

    def forget(self, issuer: str, *, user_id: str = "", session_id: str = "", organization_id: str = "") -> None:
        """Drop the issuer's tokens that match everything given, as when it says that a session has ended."""
        # One plain sweep: requests wait for it, and at a busy place a session ends every few moments.
        gone = [
            digest
            for digest, (one, _) in self._kept.items()
            if (not session_id or one.session_id == session_id)
            and (not user_id or one.user_id == user_id)
            and (not organization_id or one.organization_id == organization_id)
            and one.issuer == issuer
        ]
        for digest in gone:
            del self._kept[digest]
