"""How much waits and who could make it, by model: what operators and autoscalers look at."""

from collections.abc import Mapping

import msgspec

from estampe.db import Database
from estampe.jobs.announced import ALIVE_SECONDS


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """Of one model, all tenants together. `oldest_seconds`: how long the first in line has waited."""

    queued: int = 0
    gpu_seconds: float = 0.0
    oldest_seconds: float = 0.0
    running: int = 0
    workers: int = 0


async def by_status(database: Database) -> dict[str, float]:
    """How many jobs stand where, all tenants together."""
    async with database.system() as scope:
        return {row["status"]: row["count"] for row in await scope.all("count_jobs")}


async def by_model(database: Database) -> Mapping[str, Depth]:
    """Every model that something waits for, runs as, or is announced; a model nobody asks for has a row of zeros."""
    async with database.system() as scope:
        rows = await scope.all("depth_by_model", alive_seconds=ALIVE_SECONDS)
    return {row.pop("model"): msgspec.convert(row, Depth) for row in rows}


async def live_workers(database: Database) -> int:
    async with database.system() as scope:
        row = await scope.one("count_workers", alive_seconds=ALIVE_SECONDS)
    return row["count"] if row else 0
