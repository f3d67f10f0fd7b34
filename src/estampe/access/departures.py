"""Users and organisations that are gone for good: refused at once, erased after the hold-back."""

from datetime import datetime

import msgspec

from estampe.access.revocations import REMEMBERED_SECONDS
from estampe.db import Database, Scope
from estampe.domain import Tenant


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who left and is not erased yet."""

    issuer: str
    user_id: str | None
    organization_id: str | None
    left_at: datetime
    erase_at: datetime

    @property
    def tenant(self) -> Tenant:
        """Their own: a user's work in organisations is found by the user's id."""
        return Tenant(issuer=self.issuer, user_id=self.user_id, organization_id=self.organization_id)

    @property
    def name(self) -> str:
        return self.organization_id or self.user_id or ""


async def waiting(db: Database, *, due: bool = False) -> list[Departure]:
    """Soonest first; with `due`, those whose time has come."""
    async with db.system() as scope:
        return [msgspec.convert(row, Departure) for row in await scope.all("open_departures", due=due)]


async def spare(db: Database, name: str) -> bool:
    """They shall not be erased after all; False when nobody of that name waits."""
    async with db.system() as scope:
        return await scope.one("spare_departure", name=name) is not None


async def leave(scope: Scope, gone: Tenant, left_at: datetime, *, hold_back_days: int, local: bool = False) -> None:
    """In the caller's transaction: withdraw all that is theirs, note the day. Of `local` people, end the sessions."""
    names = msgspec.structs.asdict(gone)
    await scope.one("hold_off_new_keys", issuer=gone.issuer)
    await scope.run("put_timed_revocation", session_id=None, revoked_at=left_at, seconds=REMEMBERED_SECONDS, **names)
    await scope.run("revoke_keys_of", **names)
    await scope.run("put_departure", id=gone.id, left_at=left_at, hold_back_days=hold_back_days, **names)
    if local:
        await scope.run("forget_sessions_of_departed", **names)
