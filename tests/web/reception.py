"""The desk of the tests: hands out tokens of the service's own issuer, restarts the service, serves a page."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from tests.service import Service

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


class Reception:
    """`GET /token?user=&org=&role=&ttl=`, `POST /restart`, and the files it was given."""

    def __init__(self, service: Service, port: int) -> None:
        self.service = service
        self.url = f"http://127.0.0.1:{port}"
        self.files: dict[str, Path] = {}
        self.issued: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = False
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def token(self, user: str, org: str | None = None, role: str | None = None, ttl: str = "60") -> str:
        token = self.service.local.issue(user, org, role=role, ttl_seconds=float(ttl))
        self.issued.append(user)
        return token

    def restart(self) -> None:
        self.service.stop("api")
        self.service.start("api")
        self.service.wait_until_ready()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(desk: Reception) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 1  # browsers open connections that they may not need

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == "/token":
                self._answer(desk.token(**dict(parse_qsl(asked.query))).encode(), "text/plain")
            elif asked.path in desk.files:
                file = desk.files[asked.path]
                self._answer(file.read_bytes(), TYPES[file.suffix])
            else:
                self._answer(b"", "text/plain", 404 if asked.path != "/favicon.ico" else 204)

        def do_POST(self) -> None:
            desk.restart()
            self._answer(b"", "text/plain", 204)

        def _answer(self, body: bytes, media_type: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silence: pytest shows what failed."""

    return Handler
