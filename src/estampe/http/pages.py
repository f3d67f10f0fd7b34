"""The page people open: a few static files, read once, under a policy that lets nothing else in."""

import hashlib
import time
from collections.abc import Awaitable
from importlib.resources import files

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from estampe.http.wire.delivery import ANSWERED

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Pages:
    """Answers for the page's own files; every other path goes on to the API."""

    def __init__(self, api: ASGIApp) -> None:
        self._api = api
        self._files: dict[str, tuple[bytes, dict[str, str]]] = {}
        for file in files(__package__).joinpath("page").iterdir():
            suffix = file.name[file.name.rfind(".") :]
            if suffix in TYPES:
                self._files["/" + file.name] = _read(file.read_bytes(), TYPES[suffix])
        self._files["/"] = self._files["/index.html"]

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        found = self._files.get(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in {"GET", "HEAD"}:
            return self._api(scope, receive, send)
        return _shown(found, scope, receive, send)


async def _shown(found: tuple[bytes, dict[str, str]], scope: Scope, receive: Receive, send: Send) -> None:
    content, headers = found
    known = dict(scope["headers"]).get(b"if-none-match", b"").decode("latin-1")
    response = Response(content, headers=headers)
    if known == headers["ETag"]:
        response = Response(status_code=304, headers=headers)
    scope[ANSWERED] = response.status_code, time.perf_counter()
    await response(scope, receive, send)


def _read(content: bytes, media_type: str) -> tuple[bytes, dict[str, str]]:
    return content, {
        "Content-Type": f"{media_type}; charset=utf-8",
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
