"""How a job stands: the one thing that people ask all the time."""

import time
from typing import Any

from estampe import policy
from estampe.domain import JobId, Principal
from estampe.errors import NotFound
from estampe.http import views
from estampe.http.installation import Installation
from estampe.http.room import has_part_left
from estampe.http.route import Access, Call, Handler, Reply, Route
from estampe.http.scenes import Scene
from estampe.http.schemas import Snapshot, StatusQuery


def status(kind: str | None) -> Handler:
    async def handler(call: Call[None, StatusQuery]) -> Reply:
        here: Installation = call.installation
        scene = await find(here, call.principal, call.path["job_id"], kind)
        if call.query.wait and not scene.job.status.ended and _is_news_wanted(call, scene):
            scene = await _changed(here, call.principal, scene, call.query.wait) or scene
        return Reply(200, scene.body(call.language), {"ETag": scene.etag})

    handler.__name__ = f"{kind or 'job'}_status"
    return handler


async def find(here: Installation, me: Principal, text: str, kind: str | None = None) -> Scene:
    """A job that `me` may see, as it stands now. Raises `NotFound` for all others, whatever the reason."""
    scene = await here.reader.now(me.tenant.id, JobId(views.known_id(text)))
    if scene is None or kind not in {None, scene.job.kind}:
        raise NotFound
    policy.require_owner(me, scene.job.user_id)
    return scene


def _is_news_wanted(call: Call[Any, Any], scene: Scene) -> bool:
    """A client that names the version it has is answered at once when there is a newer one."""
    known = call.header("if-none-match")
    return known is None or known == scene.etag


async def _changed(here: Installation, me: Principal, before: Scene, seconds: float) -> Scene | None:
    """The job once it is another, or as it stands after so many seconds; None when it is gone.

    Who watches as much as one may is answered at once.
    """
    if not has_part_left(here, me):
        return before
    job, deadline = before.job, time.monotonic() + seconds
    with here.hub.watch(job.tenant_id, by=me.user_id, job=job.id) as watcher:
        while True:
            scene = await here.reader.now(job.tenant_id, job.id)
            left = deadline - time.monotonic()
            if scene is None or scene.version != before.version or left <= 0 or here.hub.stopping:
                return scene
            await watcher.changed(left)


def _of(kind: str) -> Route:
    return Route("GET", f"/api/{kind}s/{{job_id}}/status", status(kind), may=Access.SIGNED_IN, tag="generate",
                 summary=f"How the {kind} job stands", query=StatusQuery, replies={200: Snapshot},
                 refuses=(NotFound,))  # fmt: skip


ROUTES = [
    _of("image"),
    _of("video"),
    Route("GET", "/api/jobs/{job_id}", status(None), may=Access.SIGNED_IN, summary="How a job stands", tag="jobs",
          query=StatusQuery, replies={200: Snapshot}, refuses=(NotFound,)),
]  # fmt: skip
