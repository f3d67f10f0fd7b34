"""Calls that wait for their job, and the same call made again: whose turn it is to be answered, and who left.

A client that lost its connection makes the call again without saying which one it lost. So each call is noted under
the sort of call it is (who asks, and for what), in the job's own transaction, as an idempotency key of ours. A call
that says it is not the first try takes an earlier one over; what a client left and nobody took over is given up.
"""

import secrets

import msgspec

from estampe.db import Database
from estampe.domain import JobId, Principal

RECENT_SECONDS = 900.0
"""OpenAI's clients wait ten minutes for an answer, and pause a few seconds before they ask again."""

# No header can name such a key: those are ASCII.
_OURS = "↻"


class WaitingCall(msgspec.Struct, frozen=True):
    """One call, by the key that it is noted under."""

    principal: Principal
    key: str


class Calls:
    """The calls that wait; every process of the API sees the same."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, principal: Principal, sort: str) -> WaitingCall:
        """A call not yet noted: that happens where its job is written, under its key."""
        return WaitingCall(principal, f"{_OURS}{sort}/{secrets.token_hex(8)}")

    async def take_over(self, call: WaitingCall) -> JobId | None:
        """The job of the earlier call of this sort, which from now on is `call`; None when there is none."""
        sort = call.key.rpartition("/")[0] + "/"
        return await self._job("take_over_call", call, sort=sort, within_seconds=RECENT_SECONDS)

    async def answered(self, call: WaitingCall) -> None:
        await self._job("mark_call", call, standing="answered")

    async def left(self, call: WaitingCall) -> bool:
        """Note that the client left; False when another call has taken over."""
        return await self._job("mark_call", call, standing="left") is not None

    async def give_up(self, call: WaitingCall) -> JobId | None:
        """The job that nobody waits for any more, if nobody took the call over: from now on nobody can."""
        return await self._job("give_up_call", call)

    async def _job(self, statement: str, call: WaitingCall, **values: object) -> JobId | None:
        tenant = call.principal.tenant.id
        async with self._db.tenant(tenant) as scope:
            row = await scope.one(statement, tenant_id=tenant, user_id=call.principal.user_id, key=call.key, **values)
        return JobId(row["job_id"]) if row else None
