"""Server-Sent Events: what happens to a job, or to all of one's jobs, as it happens. Polling stays the truth."""

import base64
import time
from collections.abc import AsyncIterator

import msgspec

from estampe.domain import Job, JobId, Principal, Progress, Status, TenantId
from estampe.errors import NotFound, RateLimited
from estampe.http import views
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Language, Route, Stream
from estampe.http.schemas import JobPage
from estampe.jobs.events import News
from estampe.jobs.queue import Filter, Placed

HEARTBEAT_SECONDS = 15.0
QUEUE_LOOK_SECONDS = 5.0
RETRY_MS = 2000
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
SHOWN_AT_FIRST = 20


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What a `progress` event says."""

    job_id: str
    status: str
    queue_position: int | None
    progress: Progress | None


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a `preview` event says; `data` is base64."""

    job_id: str
    media_type: str
    data: str


class Teller:
    """Tells one stream what is new of its jobs since it last looked."""

    def __init__(self, here: Installation, language: Language) -> None:
        self._here, self.language = here, language
        self._told: dict[JobId, Placed] = {}
        self._previews: dict[JobId, bytes] = {}

    def know(self, placed: Placed) -> None:
        self._told[placed.job.id] = placed

    @property
    def waits(self) -> bool:
        """Whether a job has a place in line, which changes without news of that job."""
        return any(placed.job.status is Status.QUEUED for placed in self._told.values())

    async def news(self, placed: Placed) -> AsyncIterator[bytes]:
        job, before = placed.job, self._told.get(placed.job.id)
        if before is not None and before.job.version > job.version:
            return
        self.know(placed)
        if before is None or before.job.status is not job.status:
            whole = await views.seen(self._here, placed, self.language)
            yield event("done" if job.status.ended else "status", whole, job.version)
        elif before.job.progress != job.progress or before.queue_position != placed.queue_position:
            moved = Moved(
                job_id=job.id,
                status=job.status,
                queue_position=placed.queue_position,
                progress=job.progress,
            )
            yield event("progress", moved, job.version)
        if job.status is Status.RUNNING:
            async for chunk in self._preview(job):
                yield chunk

    async def _preview(self, job: Job) -> AsyncIterator[bytes]:
        preview = await self._here.queue.preview(job.tenant_id, job.id)
        if preview is not None and preview != self._previews.get(job.id):
            self._previews[job.id] = preview
            data = base64.b64encode(preview).decode()
            yield event("preview", Look(job_id=job.id, media_type="image/webp", data=data), job.version)


def event(name: str, data: object, version: int | None = None) -> bytes:
    number = b"" if version is None else f"id: {version}\n".encode()
    return number + f"event: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


async def follow(call: Call[None, None]) -> Stream:
    """One job, from a snapshot to its end; a stream that resumes starts with a snapshot too, so nothing is missed."""
    here: Installation = call.installation
    placed = await views.find(here, call.principal, call.path["job_id"])
    require_room(here)
    return Stream(_follow(here, call.principal, placed, call.language), headers=HEADERS, media_type="text/event-stream")


async def _follow(here: Installation, me: Principal, placed: Placed, language: Language) -> AsyncIterator[bytes]:
    tenant, wanted = placed.job.tenant_id, placed.job.id
    teller = Teller(here, language)
    with here.hub.watch(tenant, job=wanted) as watcher:
        now = await here.queue.find(tenant, wanted)
        if now is None:
            return
        teller.know(now)
        yield f"retry: {RETRY_MS}\n".encode() + event(
            "snapshot", await views.seen(here, now, language), now.job.version
        )
        if now.job.status.ended:
            yield event("done", await views.seen(here, now, language), now.job.version)
            return
        while (ending := await _ending(here, me)) is None:
            patience = QUEUE_LOOK_SECONDS if now.job.status is Status.QUEUED else HEARTBEAT_SECONDS
            heard = await watcher.changed(_seconds(me, patience))
            latest = await here.queue.find(tenant, wanted)
            if latest is None:
                return
            now = latest
            async for chunk in teller.news(now):
                yield chunk
            if now.job.status.ended:
                return
            if heard is None:
                yield b": still here\n\n"
        yield ending


async def follow_all(call: Call[None, None]) -> Stream:
    """All of one's own jobs: the newest first as a snapshot, then each one's news."""
    here: Installation = call.installation
    require_room(here)
    return Stream(_follow_all(here, call.principal, call.language), headers=HEADERS, media_type="text/event-stream")


async def _follow_all(here: Installation, me: Principal, language: Language) -> AsyncIterator[bytes]:
    teller = Teller(here, language)
    with here.hub.watch(me.tenant.id, user=me.user_id) as watcher:
        async for chunk in _first(here, me, teller):
            yield chunk
        looked = time.monotonic()
        while (ending := await _ending(here, me)) is None:
            patience = QUEUE_LOOK_SECONDS if teller.waits else HEARTBEAT_SECONDS
            heard = await watcher.changed(_seconds(me, patience))
            async for chunk in _heard(here, me, heard, teller):
                yield chunk
            if teller.waits and time.monotonic() - looked >= QUEUE_LOOK_SECONDS:
                looked = time.monotonic()
                async for chunk in _line(here, me, teller):
                    yield chunk
        yield ending


async def _first(here: Installation, me: Principal, teller: Teller) -> AsyncIterator[bytes]:
    page = await here.queue.page(me.tenant.id, Filter(user_id=me.user_id, limit=SHOWN_AT_FIRST))
    files = await views.outputs_of(here, page)
    for placed in page:
        teller.know(placed)
    shown = [views.snapshot(placed, files[placed.job.id], here.links, teller.language) for placed in page]
    yield f"retry: {RETRY_MS}\n".encode() + event("snapshot", JobPage(shown, None))


async def _heard(here: Installation, me: Principal, heard: list[News] | None, teller: Teller) -> AsyncIterator[bytes]:
    if heard is None:
        yield b": still here\n\n"
    elif not heard:
        async for chunk in _first(here, me, teller):
            yield chunk
    for news in heard or ():
        async for chunk in _told(here, me.tenant.id, news.job, teller):
            yield chunk


async def _line(here: Installation, me: Principal, teller: Teller) -> AsyncIterator[bytes]:
    """The places in line that have changed."""
    waiting = Filter(user_id=me.user_id, status=Status.QUEUED, limit=SHOWN_AT_FIRST)
    for placed in await here.queue.page(me.tenant.id, waiting):
        async for chunk in teller.news(placed):
            yield chunk


async def _told(here: Installation, tenant: TenantId, wanted: JobId, teller: Teller) -> AsyncIterator[bytes]:
    placed = await here.queue.find(tenant, wanted)
    if placed is not None:
        async for chunk in teller.news(placed):
            yield chunk


def _seconds(me: Principal, patience: float) -> float:
    return max(0.0, min(patience, me.expires_at - time.time()))


async def _ending(here: Installation, me: Principal) -> bytes | None:
    """The last event of a stream that has to end: its token expired or is withdrawn, or the process stops."""
    if here.hub.stopping:
        return event("bye", {})
    if me.expires_at <= time.time() or await here.revocations.withdrawn(me):
        return event("reauthenticate", {})
    return None


def require_room(here: Installation) -> None:
    """Raises `RateLimited` where one more watcher is one too many."""
    if len(here.hub) >= here.settings.max_watchers or here.hub.stopping:
        raise RateLimited(retry_after_seconds=5)


ROUTES = [
    Route("GET", "/api/jobs/{job_id}/events", follow, may=Access.SIGNED_IN, summary="Follow a job", tag="jobs",
          replies={200: None}, streams="text/event-stream", refuses=(NotFound, RateLimited)),
    Route("GET", "/api/events", follow_all, may=Access.SIGNED_IN, summary="Follow all of one's jobs", tag="jobs",
          replies={200: None}, streams="text/event-stream", refuses=(RateLimited,)),
]  # fmt: skip
