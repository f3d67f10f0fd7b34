"""The studio, as web/studio builds it: static files, read once, under a policy that lets nothing else in."""

import gzip
import hashlib
import time
from collections.abc import Awaitable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from estampe.http.wire.delivery import ANSWERED
from estampe.http.wire.negotiate import weight_of

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
PACKABLE = frozenset({".html", ".js", ".css", ".svg", ".txt"})
# The build names them by their content.
NEVER_CHANGES = "public, max-age=31536000, immutable"
BASE = b'<base href="/" />'
UNBUILT = """<!doctype html><html lang="en"><base href="/" /><title>Estampe</title>
<p>The studio is not built: run make studio, then start again.
<p lang="fr">Le studio n'est pas construit : lancez make studio, puis redémarrez.</html>""".encode()


class File(NamedTuple):
    """What is answered, as it is and packed, and under which headers."""

    content: bytes
    packed: bytes | None
    headers: dict[str, str]


class Pages:
    """Answers for the studio's files, and with its page for each address that a person opens and the API does not know.

    `taken` are the first segments of the API's own paths; `below` is the path that people reach the server under.
    """

    def __init__(self, api: ASGIApp, *, taken: frozenset[str], below: str, policy: str) -> None:
        self._api = api
        self._taken = taken
        base = f'<base href="{below}/" />'.encode()
        self._files = {
            f"/{path}": _file(content.replace(BASE, base), path, policy)
            for path, content in _built(files(__package__).joinpath("page"))
        }
        unbuilt = _file(UNBUILT.replace(BASE, base), "index.html", policy)
        self._page = self._files.pop("/index.html", unbuilt)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        found = self._found(scope) if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else None
        return self._api(scope, receive, send) if found is None else _shown(found, scope, receive, send)

    def _found(self, scope: Scope) -> File | None:
        path: str = scope["path"]
        if path in self._files:
            return self._files[path]
        first = path.split("/", 2)[1] if path.startswith("/") else path
        return None if first in self._taken or not _opened_by_a_person(scope) else self._page


def _opened_by_a_person(scope: Scope) -> bool:
    accepts = Headers(scope=scope).get("accept", "")
    return weight_of("text/html", accepts) > weight_of("application/json", accepts)


def policy(*, scripts: tuple[str, ...] = (), connects: tuple[str, ...] = ()) -> str:
    """The Content-Security-Policy: this origin, and those that the sign-in of this installation needs."""
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *scripts]),
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            " ".join(["connect-src 'self'", *connects]),
            "font-src 'self'",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _built(folder: Traversable, above: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir() if folder.is_dir() else ():
        path = above + entry.name
        if entry.is_dir():
            yield from _built(entry, path + "/")
        elif PurePosixPath(path).suffix in TYPES:
            yield path, entry.read_bytes()


def _file(content: bytes, path: str, policy: str) -> File:
    suffix = PurePosixPath(path).suffix
    headers = {
        "Content-Type": TYPES[suffix],
        "ETag": f'W/"{hashlib.sha256(content).hexdigest()[:32]}"',
        "Cache-Control": NEVER_CHANGES if path.startswith("assets/") else "no-cache",
        "Vary": "Accept-Encoding",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    return File(content, gzip.compress(content, 9, mtime=0) if suffix in PACKABLE else None, headers)


async def _shown(found: File, scope: Scope, receive: Receive, send: Send) -> None:
    asked = Headers(scope=scope)
    if asked.get("if-none-match") == found.headers["ETag"]:
        response = Response(status_code=304, headers=found.headers)
    elif found.packed and weight_of("gzip", asked.get("accept-encoding", "")):
        response = Response(found.packed, headers=found.headers | {"Content-Encoding": "gzip"})
    else:
        response = Response(found.content, headers=found.headers)
    scope[ANSWERED] = response.status_code, time.perf_counter()
    await response(scope, receive, send)
