"""Estampe's verifier on its own: any Python server may ask it who sent a token, without a database or a framework.

    verifier = Verifier(clerk_publishable_key="pk_live_…", clerk_authorized_parties="https://app.example.com")
    principal = verifier.signed_in(request.headers.get("Authorization"))      # or: await verifier.signed_in_async(…)

Every refusal is an `EstampeError` with a stable `code`, a `status` and a `title` in English and French.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from estampe import plugins
from estampe.domain import Principal
from estampe.errors import (
    EstampeError,
    IdentityProviderUnavailable,
    InvalidSetting,
    Text,
    TokenMissing,
    Unauthenticated,
)
from estampe.identity import Provider, VerifiedTokens, bearer_token
from estampe.settings import NO_FILE, Settings, read

__all__ = ["EstampeError", "Principal", "Unauthenticated", "Verifier"]

# The providers that need nothing but settings.
ALONE = ("clerk", "oidc")

T = TypeVar("T")


class Verifier:
    """Proves who sent a token, from any thread and any event loop.

    The settings are Estampe's (`clerk_…`, `oidc_…`, `accepted_tokens`); without any, the `ESTAMPE_*` variables
    are read. Raises `InvalidSetting` when they name no issuer.

    Keys are fetched on a loop of its own, so that a caller never waits for another's loop and a process that
    forks after `Verifier()` may use it in each child; a token verified a moment ago is answered at once.
    """

    def __init__(self, **settings: Any) -> None:
        self._settings = read(environment={}, file=NO_FILE, **settings) if settings else read()
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._unused: list[Provider] | None = _providers(self._settings)
        if not self._unused:
            raise InvalidSetting(Text("the verifier needs an issuer", "le vérificateur exige un émetteur"))

    def verify(self, token: str) -> Principal:
        """Raises an `Unauthenticated`, or `IdentityProviderUnavailable` when its keys were never read."""
        running = self._here()
        known = running.tokens.known(token)
        return running.run(running.principal(token)).result() if known is None else known

    async def verify_async(self, token: str) -> Principal:
        """Raises as `verify`; the caller's loop goes on meanwhile."""
        running = self._here()
        known = running.tokens.known(token)
        if known is not None:
            return known
        return await asyncio.wrap_future(running.run(running.principal(token)))

    def signed_in(self, authorization: str | bytes | None) -> Principal:
        """Who sent a request with this Authorization header.

        Raises as `verify`, `TokenMissing` without a bearer token and `InvalidRequest` for an unreadable header.
        """
        return self.verify(_token(authorization))

    async def signed_in_async(self, authorization: str | bytes | None) -> Principal:
        """Raises as `signed_in`."""
        return await self.verify_async(_token(authorization))

    def close(self) -> None:
        """Let go of the connections and of the loop."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None and running.process == os.getpid():
            running.stop()

    def _here(self) -> "_Running":
        running = self._running
        if running is not None and running.process == os.getpid():
            return running
        with self._lock:
            if self._running is None or self._running.process != os.getpid():
                unused, self._unused = self._unused, None
                self._running = _Running(unused or _providers(self._settings))
            return self._running


class _Running:
    """The loop of one process, on a thread that ends with it."""

    def __init__(self, providers: list[Provider]) -> None:
        self.process = os.getpid()
        self.tokens = VerifiedTokens(providers)
        self._providers = providers
        self._stopping = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="estampe verifier", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def principal(self, token: str) -> Principal:
        try:
            return await self.tokens.principal(token)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            raise IdentityProviderUnavailable(retry_after_seconds=1) from None

    def stop(self) -> None:
        self.run(self._let_go()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _let_go(self) -> None:
        """Whoever still waits for keys is told so, and waits no longer."""
        self._stopping = True
        for provider in self._providers:
            await provider.close()
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def _providers(settings: Settings) -> list[Provider]:
    found = (plugins.load("identity", name).from_settings(settings) for name in ALONE)
    return [provider for provider in found if provider is not None]


def _token(authorization: str | bytes | None) -> str:
    token = bearer_token([] if authorization is None else [authorization])
    if token is None:
        raise TokenMissing
    return token
