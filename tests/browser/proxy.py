"""A reverse proxy as people put before a server: it takes a path off each address, and passes the rest as it comes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount
from tests.postgres import eventually

# Said of one connection, not of the answer (RFC 9110, section 7.6.1).
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"})


class SubPath:
    """Serves what `origin` serves, below `path` of a port of its own; everywhere else there is nothing."""

    def __init__(self, port: int, path: str, origin: str) -> None:
        self._origin = origin
        self._client: httpx.AsyncClient | None = None
        app = Starlette(routes=[Mount(path, app=self._pass_on)])
        self._server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        eventually(lambda: self._server.started, "the proxy")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=10)

    async def _serve(self) -> None:
        async with httpx.AsyncClient(base_url=self._origin, trust_env=False, timeout=None) as self._client:
            await self._server.serve()

    async def _pass_on(self, scope, receive, send) -> None:
        asked = Request(scope, receive)
        path = scope["path"].removeprefix(scope["root_path"])
        wanted = self._client.build_request(
            asked.method,
            httpx.URL(path=path, query=scope["query_string"]),
            headers=_end_to_end(asked.headers.raw),
            content=await asked.body(),
        )
        await (await self._answered(wanted))(scope, receive, send)

    async def _answered(self, wanted: httpx.Request) -> Response:
        try:
            found = await self._client.send(wanted, stream=True)
        except httpx.TransportError:
            return PlainTextResponse("the server is away", 502)
        answer = StreamingResponse(_passed(found), found.status_code)
        answer.raw_headers = _end_to_end(found.headers.raw)
        return answer


async def _passed(found: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for some in found.aiter_raw():
            yield some
    finally:
        await found.aclose()


def _end_to_end(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower().decode() not in HOP_BY_HOP]
