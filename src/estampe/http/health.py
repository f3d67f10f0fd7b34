"""Whether this process lives and can serve, and what the API is: for probes and for tools."""

import asyncio

import msgspec

from estampe import __version__
from estampe.errors import DatabaseUnavailable, Draining
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Handler, Reply, Route
from estampe.http.schemas import Health

DATABASE_SECONDS = 3.0


async def alive(call: Call[None, None]) -> Reply:
    del call
    return Reply(200, Health("ok", __version__))


async def ready(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    if here.hub.stopping:
        raise Draining(retry_after_seconds=2)
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await here.database.ping()
    except TimeoutError:
        raise DatabaseUnavailable(retry_after_seconds=2) from None
    return Reply(200, Health("ok", __version__))


def document(content: bytes) -> Handler:
    async def openapi(call: Call[None, None]) -> Reply:
        del call
        return Reply(200, msgspec.Raw(content), {"Cache-Control": "no-cache"})

    return openapi


ROUTES = [
    Route("GET", "/healthz", alive, may=Access.PUBLIC, summary="The process lives", tag="about", replies={200: Health}),
    Route("GET", "/readyz", ready, may=Access.PUBLIC, summary="The process can serve", tag="about",
          replies={200: Health}, refuses=(DatabaseUnavailable, Draining)),
]  # fmt: skip
