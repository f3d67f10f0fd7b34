"""A sub-path that people reach the service under, for a proxy that hands it on with the request."""

from collections.abc import Awaitable, Iterable
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Prefix:
    """Answers `/prefix/api/jobs` as `/api/jobs`, which goes on being answered: most proxies cut the prefix off."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix
        self._raw = prefix.encode()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        path = scope.get("path", "")
        if path == self._prefix:  # what the page links to stands beside it, so that its address ends with a slash
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse(f"{path}/{'?' if query else ''}{query}", 308)(scope, receive, send)
        if path.startswith(self._prefix + "/"):
            raw = scope.get("raw_path") or b""
            scope = {**scope, "path": path.removeprefix(self._prefix), "raw_path": raw.removeprefix(self._raw)}
        return self._app(scope, receive, send)


def prefix_of(url: str, taken: Iterable[str]) -> str | None:
    """None where there is none, or where it could be one of our own paths: then a proxy must cut it off."""
    prefix = urlsplit(url).path
    first = {path.split("/")[1] for path in taken}
    return prefix if prefix and prefix.split("/")[1] not in first else None
