"""The status read that clients repeat, in few steps: all else goes the whole way, and is answered alike."""

import re
import time
from collections.abc import Awaitable
from contextlib import suppress
from functools import lru_cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from estampe import telemetry
from estampe.domain import JobId, Principal, TenantId
from estampe.errors import DatabaseUnavailable
from estampe.http.installation import Installation
from estampe.http.rates import Field
from estampe.http.scenes import Scene
from estampe.http.views import JOB_ID
from estampe.http.wire import negotiate
from estampe.http.wire.endpoint import COUNTED, request_id
from estampe.policy.permissions import Permission, granted

_PATH = re.compile(f"/api/(?:(image|video)s/({JOB_ID})/status|jobs/({JOB_ID}))")
_UNSNIFFED = (b"x-content-type-options", b"nosniff")
_UNKEPT = (b"cache-control", b"no-store")
_JSON = (b"content-type", b"application/json")


class Express:
    """Answers who was let in a moment ago, asks for one job without further wishes, and may see it.

    Whoever is refused anything is refused on the ordinary way, so that one place refuses.
    """

    def __init__(self, app: ASGIApp, here: Installation) -> None:
        self._app, self._here = app, here

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        asked = _PATH.fullmatch(scope["path"]) if _is_plain(scope) else None
        # What only hands a request on is no coroutine: of thousands of open streams each would hold a frame.
        return self._app(scope, receive, send) if asked is None else self._answer(scope, receive, send, asked)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, asked: re.Match[str]) -> None:
        began, here = time.perf_counter(), self._here
        sent = dict(scope["headers"])
        token = sent.get(b"authorization")
        # Of two headers of one name, one would go unseen.
        is_seen = token is not None and len(sent) == len(scope["headers"])
        visitor = here.recognize(token) if token is not None and is_seen else None
        verdict = scope[COUNTED] = None if visitor is None else here.rates.count_at_once(visitor)
        if visitor is None or verdict is None or verdict.refusal is not None:
            await self._app(scope, receive, send)
            return
        tenant, everyone_s = _sight(visitor)
        try:
            scene = await here.reader.now(tenant, JobId(asked[2] or asked[3]))
        except DatabaseUnavailable:
            scene = None
        kind = asked[1]
        if (
            scene is None
            or (kind is not None and kind != scene.job.kind)
            or not (everyone_s or scene.job.user_id == visitor.user_id)
        ):
            await self._app(scope, receive, send)
            return
        route = f"/api/{kind}s/{{job_id}}/status" if kind else "/api/jobs/{job_id}"
        here.watch.passed_again(visitor, route)
        telemetry.note("requests", "GET", route, "200")
        telemetry.note("request_seconds", "GET", route, value=time.perf_counter() - began)
        start, body = _reply(scene, sent, verdict.fields)
        with suppress(OSError):  # the client left
            await send(start)
            await send(body)


def _reply(scene: Scene, sent: dict[bytes, bytes], limits: tuple[Field, ...]) -> tuple[Message, Message]:
    # Only a failure is told in words.
    body = scene.body(negotiate.language([*sent.items()]) if scene.job.error else negotiate.DEFAULT)
    headers = [
        (b"x-request-id", request_id(sent.get(b"x-request-id")).encode()),
        _UNSNIFFED,
        scene.etag_field,
        *limits,
        _UNKEPT,
        _JSON,
        (b"content-length", b"%d" % len(body)),
    ]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


def _is_plain(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and not scope["query_string"]
        and not scope.get("root_path")
    )


@lru_cache(maxsize=16_384)
def _sight(visitor: Principal) -> tuple[TenantId, bool]:
    """Whose jobs are looked through, and whether all of them may be seen."""
    return visitor.tenant.id, Permission.JOBS_MANAGE in granted(visitor)
