"""The studio, as web/studio builds it: static files, read once, under a policy that lets nothing else in."""

import gzip
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from estampe.http.content_policy import ITSELF, Sources, policy
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
FOLDER = files(__package__).joinpath("page")
BASE = b'<base href="/" />'
HEAD = b"<head>"
NONCE = b'<meta property="csp-nonce" nonce="%s" />'
UNBUILT = """<!doctype html><html lang="en"><head><base href="/" /><title>Estampe</title>
<p>The studio is not built: run make studio, then start again.
<p lang="fr">Le studio n'est pas construit : lancez make studio, puis redémarrez.</html>""".encode()


class File(NamedTuple):
    """What is answered, as it is and packed, and under which headers."""

    content: bytes
    packed: bytes | None
    headers: dict[str, str]


class Needs(NamedTuple):
    """What the page needs beyond this origin, and whether a component in it writes styles of its own."""

    sources: Sources
    nonce: bool


class Pages:
    """Answers for the studio's files, and with its page for each address that a person opens and the API does not know.

    `taken` are the first segments of the API's own paths; `below` is the path that people reach the server under;
    `needs` is asked each time somebody opens the page, since issuers come and go.
    """

    def __init__(
        self,
        api: ASGIApp,
        *,
        taken: frozenset[str],
        below: str,
        needs: Callable[[], Awaitable[Needs]],
        folder: Traversable = FOLDER,
    ) -> None:
        self._api = api
        self._taken = taken
        self._needs = needs
        built = dict(_built(folder))
        self._page = built.pop("index.html", UNBUILT).replace(BASE, f'<base href="{below}/" />'.encode())
        self._files = {f"/{path}": _file(content, path, policy(ITSELF)) for path, content in built.items()}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return self._api(scope, receive, send)
        path: str = scope["path"]
        if path in self._files:
            return _shown(self._files[path], scope, receive, send)
        first = path.removeprefix("/").partition("/")[0]
        if path != "/" and (first in self._taken or not _opened_by_a_person(scope)):
            return self._api(scope, receive, send)
        return self._opened(scope, receive, send)

    async def _opened(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted, more = await self._needs()
        nonce = secrets.token_urlsafe(16) if more else None
        page = self._page if nonce is None else self._page.replace(HEAD, HEAD + NONCE % nonce.encode())
        found = _file(page, "index.html", policy(wanted, nonce))
        if nonce is not None:
            # Whoever kept it would use a nonce twice.
            found.headers["Cache-Control"] = "no-store"
        await _shown(found, scope, receive, send)


def _opened_by_a_person(scope: Scope) -> bool:
    accepts = Headers(scope=scope).get("accept", "")
    return weight_of("text/html", accepts) > weight_of("application/json", accepts)


def _built(folder: Traversable, above: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir() if folder.is_dir() else ():
        path = above + entry.name
        if entry.is_dir():
            yield from _built(entry, path + "/")
        elif PurePosixPath(path).suffix in TYPES:
            yield path, entry.read_bytes()


def _file(content: bytes, path: str, allowed: str) -> File:
    suffix = PurePosixPath(path).suffix
    headers = {
        "Content-Type": TYPES[suffix],
        "ETag": f'W/"{hashlib.sha256(content + allowed.encode()).hexdigest()[:32]}"',
        "Cache-Control": NEVER_CHANGES if path.startswith("assets/") else "no-cache",
        "Vary": "Accept-Encoding",
        "Content-Security-Policy": allowed,
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
