"""The way from a path to its endpoint; a path or a method that nobody declared is answered here, as a problem."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from estampe.domain import is_name
from estampe.errors import EstampeError, MethodNotAllowed, NotFound
from estampe.http.problems import PROBLEMS
from estampe.http.route import Manner, Reply, Route, Surroundings
from estampe.http.wire import delivery
from estampe.http.wire.burden import Burden
from estampe.http.wire.delivery import Scope, Send
from estampe.http.wire.endpoint import Endpoint, asked, request_id_of
from estampe.http.wire.intake import Receive

ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class Place:
    """One path: what answers each method there, and where its names stand among the segments."""

    def __init__(self, path: str) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self.routes: dict[str, Route] = {}
        self.names = [
            (segment[1:-1], position) for position, segment in enumerate(_segments(path)) if segment.startswith("{")
        ]

    def add(self, route: Route, endpoint: Endpoint) -> None:
        for method in (route.method, "HEAD") if route.method == "GET" else (route.method,):
            self.endpoints[method] = endpoint
            self.routes[method] = route

    @property
    def allow(self) -> str:
        return ", ".join(sorted({*self.endpoints, "OPTIONS"}))


class Branch:
    """One segment of the tree of paths."""

    def __init__(self) -> None:
        self.literal: dict[str, Branch] = {}
        self.any: Branch | None = None
        self.place: Place | None = None

    def grown(self, segment: str) -> "Branch":
        if segment.startswith("{"):
            self.any = self.any or Branch()
            return self.any
        return self.literal.setdefault(segment, Branch())

    def find(self, segments: list[str], depth: int = 0) -> Place | None:
        """A literal wins over a name; it never goes deeper than the deepest declared path."""
        if depth == len(segments):
            return self.place
        segment = segments[depth]
        found = None
        if (branch := self.literal.get(segment)) is not None:
            found = branch.find(segments, depth + 1)
        if found is None and self.any is not None and is_name(segment):  # else the database would choke on a U+0000
            found = self.any.find(segments, depth + 1)
        return found


class Front:
    """The table as one ASGI app. It sets `scope["route"]`, for whoever counts requests around it."""

    def __init__(self, routes: Iterable[Route], installation: Surroundings, fallback: ASGIApp | None = None) -> None:
        self._root = Branch()
        self._url = installation.settings.url
        self._fallback = fallback
        self._manners: dict[str, Manner] = {}
        burden = Burden()
        for route in routes:
            if route.manner is not None:
                self._manners[_segments(route.path)[0]] = route.manner
            branch = self._root
            for segment in _segments(route.path):
                branch = branch.grown(segment)
            branch.place = branch.place or Place(route.path)
            branch.place.add(route, Endpoint(route, installation, burden))

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return _decline(scope, send)
        segments = _segments(_inner_path(scope))
        place = self._root.find(segments)
        if place is None:
            return self._nowhere(scope, receive, send)
        if (endpoint := place.endpoints.get(scope["method"])) is not None:
            scope["route"] = place.routes[scope["method"]]
            scope["path_params"] = {name: segments[position] for name, position in place.names}
            return endpoint(scope, receive, send)
        if scope["method"] == "OPTIONS":
            reply = Reply(204, headers={"Allow": place.allow})
            return delivery.ship(delivery.pack(reply, request_id_of(scope["headers"])), scope, receive, send)
        return self._refuse(MethodNotAllowed(), scope, receive, send, {"Allow": place.allow})

    def _nowhere(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if self._fallback is None:
            return self._refuse(NotFound(), scope, receive, send)
        return self._fallback(scope, receive, send)

    async def _refuse(
        self, error: EstampeError, scope: Scope, receive: Receive, send: Send, headers: dict[str, str] | None = None
    ) -> None:
        request_id = request_id_of(scope["headers"])
        manner = self._manners.get(_segments(_inner_path(scope))[0], PROBLEMS)
        reply = manner.say(error, asked(scope, request_id), self._url)
        reply.headers.update(headers or {})
        await delivery.ship(delivery.pack(reply, request_id), scope, receive, send)


async def _decline(scope: Scope, send: Send) -> None:
    if scope["type"] != "websocket":
        raise NotImplementedError(scope["type"])
    await send({"type": "websocket.close", "code": 1000})


def _inner_path(scope: Scope) -> str:
    path: str = scope["path"]
    root: Any = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root + "/") else path


def _segments(path: str) -> list[str]:
    return path[1:].split("/")
