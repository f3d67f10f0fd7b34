"""Around everything: how many requests each route answers, with which status, and how soon the answer begins."""

import time

from starlette.types import ASGIApp, Receive, Scope, Send

from estampe import telemetry
from estampe.http.route import Route
from estampe.http.wire.delivery import ANSWERED

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# The page's files, and paths and methods that nobody declared: one name, for clients choose them.
ELSEWHERE = "elsewhere"
NO_ANSWER = "none"


class Metered:
    """A stream's time is that of its first byte: how long someone stays to listen says nothing of us."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        try:
            await self._app(scope, receive, send)
        finally:
            route = scope.get("route")
            path = route.path if isinstance(route, Route) else ELSEWHERE
            method = scope["method"] if scope["method"] in METHODS else ELSEWHERE
            status, answered_at = scope.get(ANSWERED, (NO_ANSWER, began))
            telemetry.note("requests", method, path, str(status))
            if status != NO_ANSWER:
                telemetry.note("request_seconds", method, path, value=answered_at - began)
