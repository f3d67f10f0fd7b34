"""The running service as handlers see it: what bootstrap put together."""

from collections.abc import Mapping
from dataclasses import dataclass

from estampe.access.auth_events import AuthEvents
from estampe.access.clerk_events import Sender
from estampe.access.revocations import Revocations
from estampe.access.rights import Rights
from estampe.assets import Shelf
from estampe.assets.links import Links
from estampe.db import Database
from estampe.domain import Principal
from estampe.http.rates import Rates
from estampe.http.watch import Watch
from estampe.identity import VerifiedTokens
from estampe.identity.local import Local
from estampe.jobs.accounts import Accounts
from estampe.jobs.announced import Announced
from estampe.jobs.events import Hub
from estampe.jobs.queue import Queue
from estampe.media import Kind
from estampe.settings import Settings


@dataclass(frozen=True)
class Installation:
    """Everything a handler may use."""

    settings: Settings
    database: Database
    queue: Queue
    announced: Announced
    hub: Hub
    shelf: Shelf
    links: Links
    kinds: Mapping[str, Kind]
    tokens: VerifiedTokens
    revocations: Revocations
    rights: Rights
    accounts: Accounts
    rates: Rates
    local: Local | None
    watch: Watch
    auth_events: AuthEvents
    clerk_webhooks: Sender | None = None
    remote_issuers: tuple[str, ...] = ()

    async def identify(self, token: str) -> Principal:
        principal = await self.tokens.principal(token)
        await self.revocations.check(principal)
        self.rights.notice(principal)
        return principal

    async def confirm(self, principal: Principal) -> None:
        await self.revocations.check(principal)
