"""The keys of one issuer: given once, or fetched, cooled down and never lost to an outage."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

import httpx

from estampe.errors import IdentityProviderUnavailable
from estampe.identity._addresses import is_https_resource, is_loopback
from estampe.identity._public_keys import PublicKey, key_set
from estampe.identity._strict import json_object

MAX_BYTES = 256 * 1024
TIMEOUT_SECONDS = 5.0
AHEAD_SECONDS = 240.0
STALE_SECONDS = 3600.0
COOL_DOWN_SECONDS = 30.0
RETRY_SECONDS = 5.0

_log = logging.getLogger("estampe.identity")


class Keys(Protocol):
    """The keys of exactly one issuer: never look a `kid` up across issuers."""

    async def find(self, kid: str | None) -> PublicKey | None:
        """None when this issuer has no such key. Raises `IdentityProviderUnavailable`."""

    async def close(self) -> None:
        """Let go of connections."""


class GivenKey:
    """The one key in the settings or the data folder: `kid` does not choose among one."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key

    async def find(self, kid: str | None) -> PublicKey | None:  # noqa: ARG002 - there is nothing to choose
        return self._key

    async def close(self) -> None:
        pass


class FetchedKeys:
    """A JWKS document behind a URL, read by one task at a time."""

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._monotonic = monotonic
        # Made here, not on the first request: reading the certificate store takes tens of milliseconds.
        # Read every few minutes, from issuers that restart: a kept connection would only be one more way to fail.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(timeout=timeout_seconds, follow_redirects=False, limits=limits)
        self._keys: Mapping[str | None, PublicKey] = {}
        self._read_at = self._tried_at = float("-inf")
        self._refresh: asyncio.Task[None] | None = None

    async def find(self, kid: str | None) -> PublicKey | None:
        age = self._monotonic() - self._read_at
        if kid not in self._keys or age >= STALE_SECONDS:
            await self._refreshed()
        elif age >= AHEAD_SECONDS:
            self._start()
        if not self._keys:
            waited = self._monotonic() - self._tried_at
            raise IdentityProviderUnavailable(retry_after_seconds=max(1.0, RETRY_SECONDS - waited))
        return self._keys.get(kid)

    async def close(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.gather(self._refresh, return_exceptions=True)
        await self._client.aclose()

    async def _refreshed(self) -> None:
        refresh = self._start()
        if refresh is not None:
            # Shielded: one caller that hangs up must not end the fetch the others wait for.
            await asyncio.shield(refresh)

    def _start(self) -> asyncio.Task[None] | None:
        if self._refresh is None:
            cool_down = COOL_DOWN_SECONDS if self._keys else RETRY_SECONDS
            if self._monotonic() - self._tried_at >= cool_down:
                self._tried_at = self._monotonic()
                self._refresh = asyncio.create_task(self._read())
        return self._refresh

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                self._keys = key_set(await self._document())
            self._read_at = self._monotonic()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            _log.warning("the keys at %s could not be read: %s", self._url, error or type(error).__name__)
        finally:
            self._refresh = None

    async def _document(self) -> bytes:
        """The JWKS document."""
        return await self._fetch(self._url)

    async def _fetch(self, url: str) -> bytes:
        body = bytearray()
        async with self._client.stream("GET", url, headers={"accept": "application/json"}) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"status {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError("too large")
        return bytes(body)


class DiscoveredKeys(FetchedKeys):
    """The keys of an OpenID issuer, wherever its discovery document says at each refresh that they are."""

    def __init__(
        self,
        issuer: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        url = issuer.rstrip("/") + "/.well-known/openid-configuration"
        super().__init__(url, timeout_seconds=timeout_seconds, monotonic=monotonic)
        self._issuer = issuer
        self._about: Mapping[str, Any] = {}

    async def about(self, patience_seconds: float) -> Mapping[str, Any]:
        """What the issuer last said of itself: nothing, where it has said nothing and goes on so for as long."""
        if not self._about:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_seconds):
                    await self._refreshed()
        elif self._monotonic() - self._read_at >= AHEAD_SECONDS:
            self._start()
        return self._about

    async def _document(self) -> bytes:
        about = described(await self._fetch(self._url), self._issuer)
        self._about = about
        return await self._fetch(jwks_uri(about, self._issuer))


def described(document: bytes, issuer: str) -> Mapping[str, Any]:
    """The discovery document of `issuer`. Raises `ValueError` when it is another's, or none."""
    about = json_object(document)
    if about.get("issuer") != issuer:
        raise ValueError(f"the document is not the one of {issuer}: both must be spelled alike, to the last slash")
    return about


def jwks_uri(about: Mapping[str, Any], issuer: str) -> str:
    """Where the discovery document of `issuer` says that its keys are. Raises `ValueError`."""
    uri = address(about, "jwks_uri", issuer)
    if uri is None:
        raise ValueError("the document names no address of keys that may be read")
    return uri


def address(about: Mapping[str, Any], name: str, issuer: str) -> str | None:
    """One that `issuer` names, if it may be gone to: plain http is for an issuer that is itself on this machine."""
    said = about.get(name)
    may = isinstance(said, str) and (is_https_resource(said) or (is_loopback(said) and is_loopback(issuer)))
    return said if may else None
