"""Users and organisations that left for good: their jobs, files, keys and events, until nothing names them."""

import logging
from typing import Any

import msgspec

from estampe.access import departures
from estampe.access.departures import Departure
from estampe.assets import Shelf
from estampe.db import Database

# In this order: a file goes before the row that points at it, and the tenant, by which rows are found, last.
_STATEMENTS = (
    "forget_idempotency_of_departed",
    "forget_api_keys_of_departed",
    "forget_auth_events_of_departed",
    "forget_revocations_of_departed",
    "forget_names_in_ledger",
    "forget_limits_of_departed",
    "forget_webhook_secret_of_departed",
    "forget_turns_of_departed",
    "forget_tenant",
)

# Clerk's sender gives a delivery up after little more than a day.
DELIVERIES_DAYS = 7

log = logging.getLogger(__name__)


class Erasure:
    """Does what the departures ask for. It may be cut short anywhere: it starts again, and ends the same."""

    def __init__(self, database: Database, shelf: Shelf) -> None:
        self._db, self._shelf = database, shelf

    async def run(self) -> int:
        """Erase everyone whose time has come; how many."""
        departed = await departures.waiting(self._db, due=True)
        for departure in departed:
            await self._erase(departure)
            log.info("erased %s", departure.tenant.id)
        return len(departed)

    async def forget_old(self, auth_event_days: int) -> None:
        """What is kept for a while only: sign-ins and refusals, and deliveries of webhooks."""
        async with self._db.system() as scope:
            await scope.run("forget_auth_events", days=auth_event_days)
            await scope.run("forget_deliveries", days=DELIVERIES_DAYS)

    async def _erase(self, departure: Departure) -> None:
        whose = {"tenant_id": departure.tenant.id, **msgspec.structs.asdict(departure.tenant)}
        while await self._erase_some_jobs(whose):
            pass
        while await self._run("forget_uploads", whose):
            pass
        while await self._shelf.sweep():
            pass
        async with self._db.system() as scope:
            for statement in _STATEMENTS:
                await scope.run(statement, **whose)
            await scope.run("close_departure", id=departure.tenant.id)

    async def _erase_some_jobs(self, whose: dict[str, Any]) -> int:
        async with self._db.system() as scope:
            jobs = [row["id"] for row in await scope.all("lock_departed_jobs", **whose)]
            await scope.run("doom_files_of_jobs", job_ids=jobs)
            await scope.run("forget_jobs", job_ids=jobs)
        return len(jobs)

    async def _run(self, statement: str, values: dict[str, Any]) -> int:
        async with self._db.system() as scope:
            return await scope.run(statement, **values)
