"""What was used, by whom, and what is left: for people as JSON, for spreadsheets as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

import msgspec

from estampe import policy
from estampe.db import Row
from estampe.errors import InvalidRequest, PermissionMissing, Text
from estampe.http import allowance
from estampe.http.allowance import Allowance
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Reply, Route
from estampe.http.schemas import Line, Query
from estampe.http.wire.negotiate import weight_of
from estampe.jobs import ledger
from estampe.policy.permissions import Permission

LONGEST_DAYS = 366
LATEST = datetime(9999, 12, 31, tzinfo=UTC)
CSV = "text/csv"
GROUPS = {"day": "day", "user": "user_id", "model": "model", "kind": "kind"}
# A spreadsheet runs a cell that begins so.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


class UsageQuery(Query, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    """A day that `to` names is covered whole. `mine` leaves out the organisation's other people."""

    since: Line | None = None
    until: Line | None = None
    group_by: list[Literal["day", "user", "model", "kind"]] | None = None
    mine: bool = False


class UsageRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a group used; of `day`, `user_id`, `model` and `kind` those are there that were asked for.

    `attempts` are all that finished, `gpu_seconds` theirs; `units` and `cost` are of those that succeeded.
    """

    day: date | None = None
    user_id: str | None = None
    model: str | None = None
    kind: str | None = None
    attempts: int
    succeeded: int
    units: dict[str, float]
    gpu_seconds: float
    cost: float | None = None
    currency: str | None = None


class UsageReport(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    """From the first moment on and before the last; `allowance` is what is left now."""

    since: datetime
    until: datetime
    group_by: list[str]
    rows: list[UsageRow]
    allowance: Allowance


async def usage(call: Call[None, UsageQuery]) -> Reply:
    here: Installation = call.installation
    me, query = call.principal, call.query
    if not query.mine:
        policy.require(me, Permission.USAGE_READ, frozenset(here.settings.operators))
    by = query.group_by or ["day"]
    since, until = _period(query, datetime.now(UTC))
    asked = ledger.Report(since=since, until=until, by=by, user_id=me.user_id if query.mine else None)
    async with here.database.tenant(me.tenant.id) as scope:
        found = await ledger.report(scope, me.tenant.id, asked)
        left = await allowance.read(here.accounts, scope, me)
    if len(found) > ledger.LARGEST_REPORT:
        raise InvalidRequest(
            Text(
                "There are too many rows: ask for a shorter period or fewer groups.",
                "Il y a trop de lignes : demandez une période plus courte ou moins de groupes.",
            )
        )
    rows = _folded(found)
    header = call.header("accept") or "*/*"
    if weight_of(CSV, header) > weight_of("application/json", header):
        name = f"usage-{since:%Y-%m-%d}-{until - timedelta(microseconds=1):%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"}
        return Reply(200, _written(rows, by), headers, f"{CSV}; charset=utf-8")
    report = UsageReport(since=since, until=until, group_by=list(by), rows=rows, allowance=left)
    return Reply(200, report, {"Vary": "Accept"})


def _period(query: UsageQuery, now: datetime) -> tuple[datetime, datetime]:
    """From the first moment to the one after the last; this month so far, if nothing is said.

    Raises `InvalidRequest`.
    """
    since = _moment(query.since, "from") or now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    until = _moment(query.until, "to", after=True) or min(max(now, since), LATEST) + timedelta(seconds=1)
    if since >= until:
        raise InvalidRequest(Text("“from” must come before “to”.", "« from » doit précéder « to »."))
    if until - since > timedelta(days=LONGEST_DAYS):
        raise InvalidRequest(
            Text(f"A report covers {LONGEST_DAYS} days at most.", f"Un rapport couvre au plus {LONGEST_DAYS} jours.")
        )
    return since, until


def _moment(text: str | None, name: str, *, after: bool = False) -> datetime | None:
    """A day of UTC, or a moment; `after` is the end of a day that was named."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text) + timedelta(days=1 if after else 0)
            return datetime.combine(day, time(), UTC)
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            Text(
                f"“{name}” is a day (2026-01-31) or a moment (2026-01-31T12:00:00Z).",
                f"« {name} » est un jour (2026-01-31) ou un instant (2026-01-31T12:00:00Z).",
            )
        ) from None


def _folded(found: Iterable[Row]) -> list[UsageRow]:
    """One row a group, the units of its kinds beside each other: pictures and seconds do not add up."""
    rows: dict[tuple[Any, ...], UsageRow] = {}
    for row in found:
        key = (row["day"], row["user_id"], row["model"], row["kind"], row["currency"])
        into = rows.get(key)
        if into is None:
            named = {name: row[name] for name in ("day", "user_id", "model", "kind", "currency")}
            into = rows[key] = UsageRow(**named, attempts=0, succeeded=0, units={}, gpu_seconds=0.0)
        into.attempts += row["attempts"]
        into.succeeded += row["succeeded"]
        into.gpu_seconds = round(into.gpu_seconds + row["gpu_seconds"], 6)
        into.units[row["unit"]] = round(into.units.get(row["unit"], 0.0) + row["units"], 6)
        if row["cost"] is not None:
            into.cost = round((into.cost or 0.0) + row["cost"], 6)
    return list(rows.values())


def _written(rows: Sequence[UsageRow], by: Sequence[str]) -> bytes:
    units = sorted({unit for row in rows for unit in row.units})
    groups = [column for group, column in GROUPS.items() if group in by]
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([*groups, "attempts", "succeeded", *units, "gpu_seconds", "cost", "currency"])
    for row in rows:
        told = msgspec.structs.asdict(row)
        amounts = [row.units.get(unit, 0.0) for unit in units]
        cells = [*(told[column] for column in groups), row.attempts, row.succeeded, *amounts]
        writer.writerow(map(_safe, [*cells, row.gpu_seconds, row.cost, row.currency]))
    return file.getvalue().encode()


def _safe(cell: Any) -> Any:
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULAS):
        return "'" + cell
    return cell


ROUTES = [
    Route("GET", "/api/usage", usage, may=Access.SIGNED_IN, tag="usage",
          summary="What was used, by whom; `mine=true` needs no permission", query=UsageQuery,
          replies={200: UsageReport}, streams=CSV, refuses=(PermissionMissing, InvalidRequest),
          request_headers={"Accept": "text/csv for a spreadsheet."}),
]  # fmt: skip
