"""The API as it is served, and beside it what the same server does with nothing behind it: `/floor`."""

from collections.abc import Awaitable
from typing import Any

from estampe.bootstrap import api as bootstrap

FLOOR, STREAM = "/floor", "/floor/stream"
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"5")],
}
_STREAM_START = _START | {"headers": [(b"content-type", b"text/event-stream")]}
_BODY = {"type": "http.response.body", "body": b"hello"}


def served() -> Any:
    api = bootstrap.served()

    def either(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        if scope["type"] == "http" and scope["path"] == FLOOR:
            return hello(send)
        if scope["type"] == "http" and scope["path"] == STREAM:
            return stream(receive, send)
        return api(scope, receive, send)

    return either


async def hello(send: Any) -> None:
    await send(_START)
    await send(_BODY)


async def stream(receive: Any, send: Any) -> None:
    await send(_STREAM_START)
    await send({"type": "http.response.body", "body": b": floor\n\n", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


if __name__ == "__main__":
    from estampe.cli import serve
    from estampe.settings import read

    serve.APPLICATION = "tests.bench.floor:served"
    serve.serve(read())
