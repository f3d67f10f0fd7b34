"""IDENTITY: a credential in, a principal out, without a network call in the usual case."""

import hashlib
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence

from estampe.domain import Principal
from estampe.errors import TokenInvalidIssuer
from estampe.identity import _session as session
from estampe.identity._header import bearer_token
from estampe.identity._jwt import read_unverified

__all__ = ["Provider", "VerifiedTokens", "authenticate", "bearer_token", "session"]

CACHED_TOKENS = 20_000
LONGEST_CACHED_SECONDS = 60.0


class Provider(ABC):
    """One source of identities."""

    name: str

    @abstractmethod
    async def authenticate(self, token: str) -> Principal | None:
        """The principal proven by `token`; None when it is not this provider's.

        Mine and bad raises an `Unauthenticated`: a forged token never turns into an anonymous visitor.
        """

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

    async def principal(self, token: str) -> Principal:
        """Raises what `authenticate` raises; a refusal is not kept."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        kept = self._kept.get(digest)
        if kept is not None and kept[1] > self._now():
            self._kept.move_to_end(digest)
            return kept[0]
        self._kept.pop(digest, None)
        principal = await authenticate(self._providers, token)
        self._kept[digest] = principal, min(principal.expires_at, self._now() + LONGEST_CACHED_SECONDS)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return principal

    def forget(self, issuer: str, *, user_id: str = "", session_id: str = "", organization_id: str = "") -> None:
        """Drop the issuer's tokens that match everything given, as when it says that a session has ended."""
        asked = {"user_id": user_id, "session_id": session_id, "organization_id": organization_id, "issuer": issuer}
        for digest, (principal, _) in list(self._kept.items()):
            if all(getattr(principal, name) == value for name, value in asked.items() if value):
                del self._kept[digest]
