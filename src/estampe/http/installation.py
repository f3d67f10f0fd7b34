"""The running service as handlers see it: what bootstrap put together."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from estampe.access.auth_events import AuthEvents
from estampe.access.clerk_events import Sender as ClerkSender
from estampe.access.revocations import Revocations
from estampe.access.rights import Rights
from estampe.assets import Shelf
from estampe.assets.links import Links
from estampe.db import Database
from estampe.db.notices import Notices
from estampe.domain import Principal
from estampe.http.broadcast import Broadcast
from estampe.http.rates import Rates
from estampe.http.scenes import Scene
from estampe.http.watch import Watch
from estampe.identity import Provider, VerifiedTokens
from estampe.identity.clerk import Clerk
from estampe.identity.local import Local
from estampe.jobs.accounts import Accounts
from estampe.jobs.announced import Announced
from estampe.jobs.events import Hub
from estampe.jobs.queue import Queue
from estampe.jobs.reader import Reader
from estampe.jobs.sender import Sender
from estampe.jobs.webhooks import Webhooks
from estampe.media import Kind
from estampe.scratch import Scratch
from estampe.settings import Settings


@dataclass(frozen=True)
class Installation:
    """Everything a handler may use."""

    settings: Settings
    database: Database
    queue: Queue
    reader: Reader[Scene]
    broadcast: Broadcast
    announced: Announced
    hub: Hub
    shelf: Shelf
    scratch: Scratch
    links: Links
    kinds: Mapping[str, Kind]
    tokens: VerifiedTokens
    revocations: Revocations
    rights: Rights
    accounts: Accounts
    rates: Rates
    watch: Watch
    webhooks: Webhooks
    sender: Sender
    auth_events: AuthEvents
    providers: tuple[Provider, ...]
    clerk_webhooks: ClerkSender | None = None

    @property
    def local(self) -> Local | None:
        return next((provider for provider in self.providers if isinstance(provider, Local)), None)

    @property
    def clerk(self) -> Clerk | None:
        return next((provider for provider in self.providers if isinstance(provider, Clerk)), None)

    @property
    def remote_issuers(self) -> tuple[str, ...]:
        return tuple(issuer for provider in self.providers for issuer in provider.issuers)

    def recognize(self, authorization: bytes) -> Principal | None:
        # What was verified a moment ago was noticed by `rights` then.
        principal = self.tokens.shown(authorization)
        return principal if principal is not None and self.revocations.is_clear(principal) else None

    async def identify(self, token: str) -> Principal:
        principal = await self.tokens.principal(token)
        await self.revocations.check(principal)
        self.rights.notice(principal)
        return principal

    async def confirm(self, principal: Principal) -> None:
        await self.revocations.check(principal)


@asynccontextmanager
async def opened(here: Installation, notices: Notices) -> AsyncIterator[None]:
    """The service in motion for as long as the block lasts."""
    async with AsyncExitStack() as stack:
        here.scratch.open()
        stack.callback(here.scratch.close)
        await here.database.open()
        stack.push_async_callback(here.database.close)
        stack.push_async_callback(here.reader.close)
        await stack.enter_async_context(notices.listening())
        await stack.enter_async_context(here.broadcast.going())
        await stack.enter_async_context(here.sender.sending())
        await stack.enter_async_context(here.auth_events.keeping())
        stack.push_async_callback(here.shelf.store.close)
        stack.push_async_callback(here.rates.close)
        stack.push_async_callback(here.rights.close)
        for provider in here.providers:
            stack.push_async_callback(provider.close)
        yield
