"""Server-Sent Events: what happens to a job, or to all of one's jobs, as it happens. Polling stays the truth."""

from functools import partial

import msgspec

from estampe.domain import JobId
from estampe.errors import NotFound, RateLimited
from estampe.http import status, views
from estampe.http.installation import Installation
from estampe.http.listeners import FirstWord, Listener
from estampe.http.room import require_room
from estampe.http.route import Access, Call, Live, Route
from estampe.http.scenes import Told, event
from estampe.http.schemas import JobPage
from estampe.http.wire.line import Line
from estampe.jobs.queue import Filter

RETRY = b"retry: 2000\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
SHOWN_AT_FIRST = 20


async def follow(call: Call[None, None]) -> Live:
    """One job, from a snapshot to its end; a stream that resumes starts with a snapshot too, so nothing is missed."""
    here: Installation = call.installation
    scene = await status.find(here, call.principal, call.path["job_id"])
    return _live(here, call, scene.job.id)


async def follow_all(call: Call[None, None]) -> Live:
    """All of one's own jobs: the newest first as a snapshot, then each one's news."""
    return _live(call.installation, call, None)


def _live(here: Installation, call: Call[None, None], wanted: JobId | None) -> Live:
    me, language = call.principal, call.language
    require_room(here, me)
    first = partial(_first_of_all if wanted is None else _first_of_one, here)

    def attend(line: Line) -> Listener:
        return Listener(me, language, line, first=first, place=here.broadcast, job=wanted)

    return Live(attend, headers=HEADERS)


async def _first_of_one(here: Installation, listener: Listener) -> FirstWord:
    wanted = listener.job
    scene = None if wanted is None else await here.reader.now(listener.me.tenant.id, wanted)
    if scene is None:
        return RETRY, {}, True
    ended = scene.job.status.ended
    said = RETRY + scene.whole("snapshot", listener.language)
    said += scene.whole("done", listener.language) if ended else b""
    return said, {scene.job.id: scene.told._replace(preview=None)}, ended


async def _first_of_all(here: Installation, listener: Listener) -> FirstWord:
    me = listener.me
    page = await here.queue.page(me.tenant.id, Filter(user_id=me.user_id, limit=SHOWN_AT_FIRST))
    files = await views.outputs_of(here, page)
    shown = [views.snapshot(placed, files[placed.job.id], here.links, listener.language) for placed in page]
    said = RETRY + event("snapshot", msgspec.json.encode(JobPage(shown, None)))
    return said, {placed.job.id: Told.of(placed) for placed in page}, False


ROUTES = [
    Route("GET", "/api/jobs/{job_id}/events", follow, may=Access.SIGNED_IN, summary="Follow a job", tag="jobs",
          replies={200: None}, streams="text/event-stream", refuses=(NotFound, RateLimited)),
    Route("GET", "/api/events", follow_all, may=Access.SIGNED_IN, summary="Follow all of one's jobs", tag="jobs",
          replies={200: None}, streams="text/event-stream", refuses=(RateLimited,)),
]  # fmt: skip
