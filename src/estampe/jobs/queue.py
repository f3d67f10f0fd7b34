"""Enqueue, claim, tell, finish: the only writer of the jobs table."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from estampe.db import Database, Row, Scope
from estampe.domain import Asset, Failure, Job, JobId, Principal, Priority, Progress, Status, TenantId, Usage, new_id
from estampe.jobs import before, from_row
from estampe.jobs.accounts import Accounts, Charge
from estampe.jobs.idempotency import Asking, find, take
from estampe.jobs.webhooks import new_message_id

TASK = "generate"
QUEUE = "generate"
MENDED_AT_ONCE = 1000
_ALONE: Mapping[str, int] = {}


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the queue: who, what, and the key that makes asking twice safe.

    `at` is another moment than now, whose quotas it counts against; jobs with the same `batch_key` may run in one
    batch, and None runs alone.
    """

    principal: Principal
    kind: str
    model: str
    parameters: dict[str, Any]
    charge: Charge
    metadata: dict[str, str] = {}
    deadline_s: float | None = None
    webhook_url: str | None = None
    priority: Priority = "normal"
    batch_key: str | None = None
    retry_of: JobId | None = None
    idempotency_key: str | None = None
    asked: bytes = b""
    at: datetime | None = None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs of a tenant to list; `before` is the last (created_at, id) of the page before.

    `upwards` lists the oldest first, of a user and a kind alone.
    """

    user_id: str | None = None
    kind: str | None = None
    status: str | None = None
    model: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    words: list[str] | None = None
    before: tuple[datetime, str] | None = None
    limit: int = 50
    upwards: bool = False


class Placed(msgspec.Struct, frozen=True):
    """A job and how many wait before it; None once it has left the queue."""

    job: Job
    queue_position: int | None


class Queue:
    """Jobs in the database, handed to workers by procrastinate: see `Dispatch`."""

    def __init__(self, database: Database, accounts: Accounts | None = None) -> None:
        self._db = database
        self._accounts = accounts or Accounts()
        self._mended_up_to = 0

    # What people ask for

    async def submit(self, order: Order) -> tuple[Job, bool]:
        """The job, durable, and whether it is new: the same key and body give the first job again.

        Raises `IdempotencyMismatch`, `QuotaExhausted` and `QueueFull`.
        """
        new = JobId(new_id("job_"))
        tenant = order.principal.tenant
        async with self._db.tenant(tenant.id) as scope:
            await scope.run("put_tenant", id=tenant.id, **msgspec.structs.asdict(tenant))
            if order.idempotency_key is not None:
                asking = Asking.of(order.principal, order.kind, order.idempotency_key, order.asked)
                if (earlier := await take(scope, asking, new)) is not None:
                    return earlier, False
            return await self._write(scope, order, new), True

    async def asked_before(self, principal: Principal, kind: str, key: str, asked: bytes) -> Job | None:
        """The job that the key stands for already: whether it could still be made is not asked.

        Raises `IdempotencyMismatch`.
        """
        async with self._db.tenant(principal.tenant.id) as scope:
            return await find(scope, Asking.of(principal, kind, key, asked))

    async def _write(self, scope: Scope, order: Order, new: JobId) -> Job:
        tenant_id = order.principal.tenant.id
        held = await self._accounts.reserve(scope, order.principal, order.charge, at=order.at)
        row = await scope.one(
            "put_job",
            id=new,
            tenant_id=tenant_id,
            user_id=order.principal.user_id,
            key_id=order.principal.key_id,
            organization_id=order.principal.organization_id,
            kind=order.kind,
            model=order.model,
            parameters=Jsonb(order.parameters),
            metadata=Jsonb(order.metadata),
            retry_of=order.retry_of,
            deadline_s=order.deadline_s,
            priority=order.priority,
            batch_key=order.batch_key,
            **msgspec.structs.asdict(held),
        )
        if order.webhook_url is not None:
            told = {"id": new_message_id(), "url": order.webhook_url}
            await scope.run("put_outgoing_webhook", job_id=new, tenant_id=tenant_id, **told)
        return from_row(_present(row))

    async def find(self, tenant_id: TenantId, wanted: JobId) -> Placed | None:
        async with self._db.tenant(tenant_id) as scope:
            row = await scope.one("find_job", job_id=wanted, tenant_id=tenant_id)
        return _placed(row) if row else None

    async def page(self, tenant_id: TenantId, chosen: Filter) -> list[Placed]:
        at, name = chosen.before or (None, None)
        way = {"after_at": at, "after_id": name} if chosen.upwards else {"before_at": at, "before_id": name}
        async with self._db.tenant(tenant_id) as scope:
            rows = await scope.all(
                "list_jobs_upwards" if chosen.upwards else "list_jobs",
                tenant_id=tenant_id,
                **way,
                **{name: getattr(chosen, name) for name in _FILTERS},
            )
        return [_placed(row) for row in rows]

    async def preview(self, tenant_id: TenantId, wanted: JobId) -> bytes | None:
        async with self._db.tenant(tenant_id) as scope:
            row = await scope.one("find_preview", job_id=wanted, tenant_id=tenant_id)
        return bytes(row["preview"]) if row and row["preview"] else None

    async def cancel(self, tenant_id: TenantId, wanted: JobId) -> bool:
        """Whether this call changed anything: canceling what has ended, or is being canceled, does not."""
        async with self._db.tenant(tenant_id) as scope:
            return await scope.one("cancel_job", job_id=wanted, tenant_id=tenant_id) is not None

    async def cancel_waiting(
        self, scope: Scope, *, issuer: str, user_id: str | None, organization_id: str | None, made_before: datetime
    ) -> int:
        """In the caller's transaction: cancel what waits of who is named, in every tenant of theirs."""
        whose = {"issuer": issuer, "user_id": user_id, "organization_id": organization_id}
        return await scope.run("cancel_waiting_jobs", made_before=made_before, **whose)

    async def delete(self, tenant_id: TenantId, wanted: JobId) -> bool:
        """Forget the job and leave its files to the sweeper; a worker that still runs it finds nothing to write."""
        async with self._db.tenant(tenant_id) as scope:
            await scope.run("hold_job", job_id=wanted, tenant_id=tenant_id)
            await scope.run("doom_files_of_job", job_id=wanted, tenant_id=tenant_id)
            await scope.run("forget_keys_of_job", job_id=wanted, tenant_id=tenant_id)
            return await scope.one("delete_job", job_id=wanted, tenant_id=tenant_id) is not None

    # What workers do

    async def claim(self, ticket: int, *, worker: str, at_most: Mapping[str, int] = _ALONE) -> list[Job]:
        """What runs with a ticket that was taken, each as its next attempt: the tenant's first job, then others
        with its batch key, up to `at_most` of its model in all. Empty when nothing waits with that ticket any more.

        `worker` has announced itself: what is claimed by one that is not there is taken over.
        """
        values = {"ticket": ticket, "worker": worker, "at_most": Jsonb(at_most), "from": before(Status.RUNNING)}
        async with self._db.system() as scope:
            return [from_row(row) for row in await scope.all("claim_jobs", **values)]

    async def tell(
        self,
        job: Job,
        *,
        progress: Progress | None = None,
        notes: Mapping[str, Sequence[str]] | None = None,
        preview: bytes | None = None,
    ) -> Status | None:
        """Write what the attempt tells. The job's status, or None when the attempt is no longer the job's."""
        async with self._db.system() as scope:
            row = await scope.one(
                "note_progress",
                job_id=job.id,
                attempt=job.attempt,
                progress=_json(progress),
                notes=None if notes is None else Jsonb(notes),
                preview=preview,
            )
        return Status(row["status"]) if row else None

    async def finish(
        self,
        job: Job,
        to: Status,
        *,
        error: Failure | None = None,
        usage: Usage | None = None,
        notes: Mapping[str, Sequence[str]] | None = None,
        outputs: Sequence[Asset] = (),
    ) -> bool:
        """End the attempt and keep its outputs in one transaction; False when it is no longer the job's.

        Asked again, because the answer was lost, it says the same. Raises `LookupError` for outputs that were swept.
        """
        done = Progress(fraction=1.0, stage="done") if to is Status.SUCCEEDED else None
        async with self._db.system() as scope:
            # What waits again still bears the attempt's number, and is nobody's to end.
            origins = [status for status in before(to) if status != Status.QUEUED]
            values = {"job_id": job.id, "attempt": job.attempt, "to": to.value, "from": origins}
            told = {"progress": _json(done), "notes": None if notes is None else Jsonb(notes)}
            if await scope.one("finish_job", error=_json(error), usage=_json(usage), **told, **values) is None:
                found = await scope.one("status_of_attempt", job_id=job.id, attempt=job.attempt)
                return found is not None and found["status"] == to
            for asset in outputs:
                await scope.run("put_asset", **msgspec.structs.asdict(asset))
            keys = [key for asset in outputs for key in asset.keys]
            if await scope.run("claim_files", keys=keys) < len(keys):
                raise LookupError("files of the attempt were swept")
        return True

    async def release(self, job: Job, *, lost: bool) -> bool:
        """Hand the attempt back, to be claimed again; `lost` counts it against the job."""
        values = {"job_id": job.id, "attempt": job.attempt, "lost": lost, "from": before(Status.QUEUED)}
        async with self._db.system() as scope:
            row = await scope.one("release_job", **values)
        return row is not None and row["ticket"] is not None

    async def take_over(self, worker: str, stalled_seconds: float) -> list[JobId]:
        """Offer again what a worker has that was not seen for so long, and what waits without being offered.

        What was being canceled ends instead. The jobs that changed: none while `worker`, who asks, has not been
        there for as long itself without a gap.
        """
        moves = {"to_queued": before(Status.QUEUED), "to_canceled": before(Status.CANCELED)}
        async with self._db.system() as scope:
            judge = _present(await scope.one("may_take_over", worker=worker, stalled_seconds=stalled_seconds))
            if not judge["may"]:
                return []
            found = [*await scope.all("take_over_jobs", stalled_seconds=stalled_seconds, **moves)]
            found += await scope.all("offer_taken_tickets", stalled_seconds=stalled_seconds)
            mended = _present(await scope.one("offer_again", beyond=self._mended_up_to, at_most=MENDED_AT_ONCE))
        self._mended_up_to = mended["reached"] or 0
        return [JobId(row["id"]) for row in found] + [JobId(name) for name in mended["job_ids"] or ()]

    async def held_by(self, worker: str) -> list[Job]:
        """What `worker` runs, as far as the database knows."""
        async with self._db.system() as scope:
            return [from_row(row) for row in await scope.all("jobs_of_worker", worker=worker)]

    async def status(self, job: Job) -> Status | None:
        """Where the attempt's job stands; None when the attempt is no longer the job's."""
        async with self._db.system() as scope:
            row = await scope.one("status_of_attempt", job_id=job.id, attempt=job.attempt)
        return Status(row["status"]) if row else None

    async def expire(self) -> int:
        """Give up queued jobs whose deadline has passed, and forget keys past their day."""
        async with self._db.system() as scope:
            await scope.run("forget_old_keys")
            return await scope.run("expire_jobs", **{"from": before(Status.EXPIRED)})


_FILTERS = tuple(name for name in Filter.__struct_fields__ if name not in {"before", "upwards"})


def _placed(row: Row) -> Placed:
    job = from_row(row)
    if job.status is Status.QUEUED:
        job = msgspec.structs.replace(job, progress=Progress(fraction=0.0, stage="queued", eta_s=row["eta_s"]))
    return Placed(job, row["queue_position"])


def _present(row: Row | None) -> Row:
    if row is None:
        raise LookupError("the statement returned no row")
    return row


def _json(value: msgspec.Struct | None) -> Jsonb | None:
    return None if value is None else Jsonb(msgspec.to_builtins(value))
