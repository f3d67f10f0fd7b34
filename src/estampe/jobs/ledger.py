"""What was used, by whom: reports from the ledger, the proof that it is right, and the limits of a tenant."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from psycopg.types.json import Jsonb

from estampe.db import Database, Row, Scope
from estampe.domain import TenantId
from estampe.plans import Limits, read_limits

LARGEST_REPORT = 20_000


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What to add up: between two moments, the first included; of one user, or of all."""

    since: datetime
    until: datetime
    by: Sequence[str]
    user_id: str | None = None


async def report(scope: Scope, tenant: TenantId, asked: Report) -> list[Row]:
    """One row a group and unit; at most `LARGEST_REPORT` and one more, which says that there are too many."""
    rows = await scope.all(
        "report_usage",
        tenant_id=tenant,
        since=asked.since,
        until=asked.until,
        by=list(asked.by),
        user_id=asked.user_id,
        limit=LARGEST_REPORT + 1,
    )
    return list(rows)


class Ledger:
    """The ledger as an operator sees it, over all tenants."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def discrepancies(self) -> list[str]:
        """A sentence for each place where jobs, outputs, ledger and counters do not agree; empty when all is well."""
        async with self._db.system() as scope:
            return [row["said"] for row in await scope.all("ledger_discrepancies")]

    async def limits(self, tenant: TenantId) -> tuple[str | None, Limits]:
        """The plan and the numbers that an operator set for a tenant."""
        async with self._db.system() as scope:
            row = await scope.one("find_limits", tenant_id=tenant)
        return (row["plan"], read_limits(row["overrides"])) if row else (None, Limits())

    async def set_limits(self, tenant: TenantId, plan: str | None, limits: Limits) -> None:
        said = {name: value for name, value in msgspec.to_builtins(limits).items() if value not in (None, {})}
        async with self._db.system() as scope:
            await scope.run("set_limits", tenant_id=tenant, plan=plan, overrides=Jsonb(said))

    async def clear_limits(self, tenant: TenantId) -> None:
        async with self._db.system() as scope:
            await scope.run("clear_limits", tenant_id=tenant)
