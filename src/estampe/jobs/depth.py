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


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Of one moment, all tenants together. `jobs` by status; `models` are all that something waits for, runs as, or
    is announced: one that nobody asks for has a row of zeros."""

    jobs: Mapping[str, int]
    models: Mapping[str, Depth]
    live_workers: int


async def standing(database: Database) -> Standing:
    async with database.system(snapshot=True) as scope:
        jobs = await scope.all("count_jobs")
        depths = await scope.all("depth_by_model", alive_seconds=ALIVE_SECONDS)
        workers = await scope.one("count_workers", alive_seconds=ALIVE_SECONDS)
    return Standing(
        jobs={row["status"]: row["count"] for row in jobs},
        models={row.pop("model"): msgspec.convert(row, Depth) for row in depths},
        live_workers=workers["count"] if workers else 0,
    )
