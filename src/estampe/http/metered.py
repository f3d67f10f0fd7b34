"""Around everything: how many requests each route answers, with which status, and how soon the answer begins."""

import time
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from estampe import telemetry
from estampe.http.route import Route

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
        status, seconds = NO_ANSWER, 0.0

        async def sent(message: MutableMapping[str, Any]) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = str(message["status"]), time.perf_counter() - began
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            route = scope.get("route")
            path = route.path if isinstance(route, Route) else ELSEWHERE
            method = scope["method"] if scope["method"] in METHODS else ELSEWHERE
            telemetry.note("requests", method, path, status)
            if status != NO_ANSWER:
                telemetry.note("request_seconds", method, path, value=seconds)
