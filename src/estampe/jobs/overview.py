"""How the whole installation stands, all tenants together: what an operator looks at."""

from datetime import datetime

import msgspec

from estampe.db import Database
from estampe.jobs.announced import ALIVE_SECONDS

MOST_TENANTS = 100


class WorkerAtWork(msgspec.Struct, frozen=True, kw_only=True):
    """A worker seen in the last hour. `running` counts its jobs by model; one that is `draining` takes no more."""

    worker_id: str
    host: str
    version: str | None
    models: list[str]
    slots: int
    running: dict[str, int]
    started_at: datetime
    seen_at: datetime
    alive: bool
    draining: bool


class LineOfModel(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a model and runs as it; `gpu_seconds` are expected, `workers` are those alive that offer it."""

    model: str
    queued: int
    gpu_seconds: float
    oldest_seconds: float
    running: int
    workers: int


class QueueOfTenant(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant has waiting and running: an organisation, or a user alone."""

    tenant_id: str
    issuer: str
    organization_id: str | None
    user_id: str | None
    queued: int
    running: int
    gpu_seconds: float


class HourOfWork(msgspec.Struct, frozen=True, kw_only=True):
    """What ended in an hour, of the jobs that are still kept."""

    hour: datetime
    succeeded: int
    failed: int
    canceled: int
    expired: int
    gpu_seconds: float


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """As it stood `at` that moment: the 100 tenants with the most waiting, the last 24 hours, the oldest first."""

    at: datetime
    workers: list[WorkerAtWork]
    models: list[LineOfModel]
    tenants: list[QueueOfTenant]
    throughput: list[HourOfWork]


async def overview(database: Database) -> Overview:
    async with database.system(snapshot=True) as scope:
        now = await scope.one("moment")
        workers = await scope.all("workers_at_work", alive_seconds=ALIVE_SECONDS)
        models = await scope.all("depth_by_model", alive_seconds=ALIVE_SECONDS)
        tenants = await scope.all("queues_of_tenants", limit=MOST_TENANTS)
        hours = await scope.all("hours_of_work")
    told = {"workers": workers, "models": models, "tenants": tenants, "throughput": hours}
    return msgspec.convert((now or {}) | told, Overview)
