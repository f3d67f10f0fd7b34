"""An answer on its way out: headers every answer has, JSON, streams that stop when the client leaves."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any

import msgspec

from estampe.http.route import Answer, Live, Stream
from estampe.http.wire.intake import ClientGone, Receive
from estampe.http.wire.line import Line

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Scope = MutableMapping[str, Any]

CHUNKS_IN_A_ROW = 16
ANSWERED = "estampe.answered"
"""Where a request's scope says with which status its answer began, and when."""
# What a request came with, and what nobody asks for once its answer has begun.
SPENT = ("headers", "raw_path", "query_string", "client", "server", "asgi", "state", "path_params")
BODILESS_STATUSES = frozenset({204, 304})

_encode = msgspec.json.Encoder().encode
_UNSAFE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


class Packed(msgspec.Struct):
    """An answer whose every byte, but a stream's, is settled: nothing can go wrong after it but the line."""

    start: dict[str, Any]
    body: bytes = b""
    stream: Stream | Live | None = None


@lru_cache(maxsize=256)
def _field(name: str) -> bytes:
    return name.lower().encode("ascii")


def pack(answer: Answer, request_id: str, more: Iterable[tuple[bytes, bytes]] = ()) -> Packed:
    """`more` are headers that are ready to be sent. Raises what encoding raises, while a 500 can still be said."""
    headers = [
        (b"x-request-id", request_id.encode("ascii")),
        (b"x-content-type-options", b"nosniff"),
    ]
    kept = b"no-store"
    for name, value in answer.headers.items():
        if not (value.isascii() and value.isprintable()) and _UNSAFE.search(value):
            raise ValueError(f"the header {name} cannot be sent")
        key = _field(name)
        if key == b"cache-control":
            kept = value.encode("latin-1")
        else:
            headers.append((key, value.encode("latin-1")))
    headers.extend(more)
    headers.append((b"cache-control", kept))
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    if isinstance(answer, Stream | Live):
        headers.append((b"content-type", answer.media_type.encode("latin-1")))
        if isinstance(answer, Stream) and answer.length is not None:
            headers.append((b"content-length", b"%d" % answer.length))
        return Packed(start, stream=answer)
    if answer.status in BODILESS_STATUSES:
        return Packed(start)
    body = b"" if answer.body is None else answer.body if isinstance(answer.body, bytes) else _encode(answer.body)
    if body:
        headers.append((b"content-type", answer.media_type.encode("latin-1")))
    headers.append((b"content-length", b"%d" % len(body)))
    return Packed(start, body)


async def ship(packed: Packed, scope: Scope, receive: Receive, send: Send) -> None:
    """A client that leaves is no error. Raises what a stream's iterator raises, once the answer has begun."""
    head = scope["method"] == "HEAD"
    scope[ANSWERED] = packed.start["status"], time.perf_counter()
    if isinstance(packed.stream, Live):
        with suppress(OSError):
            await _attend(packed.start, packed.stream, scope, receive, send)
        return
    if packed.stream is not None:
        with suppress(ClientGone):
            await _ship_stream(packed.start, packed.stream, receive, send, head=head)
        return
    with suppress(OSError):
        await send(packed.start)
        await send({"type": "http.response.body", "body": b"" if head else packed.body})


async def _attend(start: dict[str, Any], live: Live, scope: Scope, receive: Receive, send: Send) -> None:
    await send(start)
    if scope["method"] != "HEAD":
        line = Line(send)
        attendance = live.attend(line)
        # Of thousands that stay, what they came with and what they were answered is a good part of the weight.
        start.clear()
        for spent in SPENT:
            scope.pop(spent, None)
        try:
            await attendance.begin()
            await line.until_gone(receive)
        finally:
            attendance.leave()
            line.close()
    await send({"type": "http.response.body", "body": b""})


async def _ship_stream(start: dict[str, Any], stream: Stream, receive: Receive, send: Send, *, head: bool) -> None:
    try:
        async with while_present(receive):
            await _say(send, start)
            if not head:
                await _pour(stream.chunks, send)
            await _say(send, {"type": "http.response.body", "body": b""})
    finally:
        await close(stream)


async def _pour(chunks: AsyncIterator[bytes], send: Send) -> None:
    poured = 0
    async for chunk in chunks:
        await _say(send, {"type": "http.response.body", "body": chunk, "more_body": True})
        poured += 1
        if poured % CHUNKS_IN_A_ROW == 0:
            # A source that never waits would keep the news of the client's departure from ever arriving.
            await asyncio.sleep(0)


async def close(answer: Answer | None) -> None:
    """Let a stream's source go, started or not."""
    if isinstance(answer, Stream) and (aclose := getattr(answer.chunks, "aclose", None)) is not None:
        await aclose()


async def _say(send: Send, message: dict[str, Any]) -> None:
    """The server's OSError means the client left; one of the iterator's (a disk) must not look the same."""
    try:
        await send(message)
    except OSError:
        raise ClientGone from None


@asynccontextmanager
async def while_present(receive: Receive) -> AsyncIterator[None]:
    """Cut short what is inside when the client leaves, even while it waits for news. Raises `ClientGone`."""
    departure = asyncio.create_task(_departure(receive))
    visit = asyncio.timeout(None)
    try:
        async with visit:

            def leave(_: object) -> None:
                visit.reschedule(0)

            departure.add_done_callback(leave)
            try:
                yield
            finally:
                departure.remove_done_callback(leave)
    except TimeoutError:
        if not visit.expired():
            raise
        raise ClientGone from None
    finally:
        departure.cancel()


async def _departure(receive: Receive) -> None:
    with suppress(OSError):
        while (await receive())["type"] != "http.disconnect":
            pass
