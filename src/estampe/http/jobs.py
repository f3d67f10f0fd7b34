"""List, cancel, delete, and the result: what people do with the jobs they have."""

import asyncio
from contextlib import suppress

import msgspec

from estampe.domain import Principal, Status
from estampe.errors import (
    DatabaseUnavailable,
    EstampeError,
    InvalidRequest,
    JobCanceled,
    JobExpired,
    JobFailed,
    JobNotFinished,
    NotFound,
    StoreUnavailable,
    Text,
)
from estampe.http import views
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Handler, Reply, Route
from estampe.http.schemas import JobPage, JobsQuery, People, Person, Result, Snapshot
from estampe.jobs.queue import Filter, Placed
from estampe.policy.permissions import Permission, granted

MOST_PEOPLE = 200
UNSUCCESSFUL: dict[Status, type[EstampeError]] = {
    Status.FAILED: JobFailed,
    Status.CANCELED: JobCanceled,
    Status.EXPIRED: JobExpired,
}


def require_success(placed: Placed) -> None:
    """Raises what keeps a job from having a result: that it failed, was canceled, expired, or is not finished."""
    standing, error = placed.job.status, placed.job.error
    if standing in UNSUCCESSFUL:
        raise UNSUCCESSFUL[standing](Text(error.message, error.message_fr) if error else None)
    if standing is not Status.SUCCEEDED:
        raise JobNotFinished(retry_after_seconds=views.poll_after_ms(placed) / 1000)


def result(kind: str) -> Handler:
    async def handler(call: Call[None, None]) -> Reply:
        here: Installation = call.installation
        placed = await views.find(here, call.principal, call.path["job_id"], kind)
        require_success(placed)
        files = await views.outputs_of(here, [placed])
        return Reply(200, views.result(placed, files[placed.job.id], here.links))

    handler.__name__ = f"{kind}_result"
    return handler


async def list_jobs(call: Call[None, JobsQuery]) -> Reply:
    here: Installation = call.installation
    me, query = call.principal, call.query
    alone = query.mine or not _sees_all(me)
    if alone and query.user_id not in {None, me.user_id}:
        return Reply(200, JobPage([], None))
    chosen = Filter(
        user_id=me.user_id if alone else query.user_id,
        kind=query.kind,
        status=query.status,
        model=query.model,
        created_after=query.created_after,
        created_before=query.created_before,
        words=_like(query.q) or None,
        before=views.read_cursor(query.cursor),
        limit=query.limit + 1,
    )
    found = await here.queue.page(me.tenant.id, chosen)
    page = found[: query.limit]
    files = await views.outputs_of(here, page)
    last = page[-1].job if len(found) > query.limit else None
    shown = [views.snapshot(placed, files[placed.job.id], here.links, call.language) for placed in page]
    return Reply(200, JobPage(shown, views.cursor(last.created_at, last.id) if last else None))


def _sees_all(me: Principal) -> bool:
    return Permission.JOBS_MANAGE in granted(me)


async def list_people(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    me = call.principal
    whose = None if _sees_all(me) else me.user_id
    async with here.database.tenant(me.tenant.id) as scope:
        rows = await scope.all("list_people", tenant_id=me.tenant.id, user_id=whose, limit=MOST_PEOPLE)
    return Reply(200, People([msgspec.convert(row, Person) for row in rows]))


def _like(q: str | None) -> list[str]:
    escaped = (word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") for word in (q or "").split())
    return [f"%{word}%" for word in escaped]


async def cancel(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    placed = await views.find(here, call.principal, call.path["job_id"])
    if await here.queue.cancel(placed.job.tenant_id, placed.job.id):
        placed = await views.find(here, call.principal, call.path["job_id"])
    return Reply(202, await views.seen(here, placed, call.language))


async def delete(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    placed = await views.find(here, call.principal, call.path["job_id"])
    if not await here.queue.delete(placed.job.tenant_id, placed.job.id):
        raise NotFound
    # The job is gone, whatever is away now: its files are marked, and a worker's sweep finds them.
    with suppress(StoreUnavailable, DatabaseUnavailable):
        await asyncio.shield(here.shelf.sweep())
    return Reply(204)


def _of_kind(kind: str) -> list[Route]:
    here = f"/api/{kind}s"
    return [
        Route("GET", f"{here}/{{job_id}}/result", result(kind), may=Access.SIGNED_IN, tag="generate",
              summary=f"What the {kind} job made", replies={200: Result},
              refuses=(NotFound, JobNotFinished, JobFailed, JobCanceled, JobExpired)),
    ]  # fmt: skip


ROUTES = [
    *_of_kind("image"),
    *_of_kind("video"),
    Route("GET", "/api/jobs", list_jobs, may=Access.SIGNED_IN, summary="Jobs, newest first", tag="jobs",
          query=JobsQuery, replies={200: JobPage}, refuses=(InvalidRequest,)),
    Route("GET", "/api/people", list_people, may=Access.SIGNED_IN, summary="Who made jobs", tag="jobs",
          replies={200: People}),
    Route("POST", "/api/jobs/{job_id}/cancel", cancel, may=Access.SIGNED_IN, summary="Cancel a job", tag="jobs",
          replies={202: Snapshot}, refuses=(NotFound,)),
    Route("DELETE", "/api/jobs/{job_id}", delete, may=Access.SIGNED_IN, tag="jobs",
          summary="Delete a job and its files, for good", replies={204: None}, refuses=(NotFound,)),
]  # fmt: skip
