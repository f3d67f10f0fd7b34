"""The running service as handlers see it: what bootstrap put together."""

from collections.abc import Mapping
from dataclasses import dataclass

from estampe.assets import Shelf
from estampe.assets.links import Links
from estampe.db import Database
from estampe.domain import Principal
from estampe.identity import VerifiedTokens
from estampe.identity.local import Local
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
    local: Local | None
    remote_issuers: tuple[str, ...] = ()

    async def identify(self, token: str) -> Principal:
        return await self.tokens.principal(token)
