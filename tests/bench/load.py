"""The people of the benchmarks, in a process of their own: requests in a closed loop, or thousands of open streams.

Run with a JSON object on its standard input; what it saw comes out on its standard output, as JSON.
"""

import asyncio
import json
import re
import resource
import statistics
import sys
import time

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_TOLD_AT = re.compile(rb'"eta_s":([0-9.]+)')
AT_ONCE = 200


class Asking(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, requests: list[bytes], first: int, seen: list[float], bad: list[bytes]) -> None:
        self._requests, self._next, self._seen, self._bad = requests, first, seen, bad
        self._buffer = b""
        self.going = True

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._asked_at = time.perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, end)
        if len(self._buffer) < end + 4 + int(length[1] if length else 0):
            return
        self._seen.append(time.perf_counter() - self._asked_at)
        if not self._buffer.startswith(b"HTTP/1.1 200"):
            self._bad.append(self._buffer[:400])
        self._buffer = b""
        if self.going:
            self._ask()
        else:
            self._transport.close()


async def ask(asked: dict) -> dict:
    loop = asyncio.get_running_loop()
    requests = [text.encode() for text in asked["requests"]]
    seen, bad, asking = [], [], []
    for number in range(asked["connections"]):
        first = number * len(requests) // asked["connections"]
        _, one = await loop.create_connection(
            lambda first=first: Asking(requests, first, seen, bad), "127.0.0.1", asked["port"]
        )
        asking.append(one)
    await asyncio.sleep(asked["seconds"])
    for one in asking:
        one.going = False
    taken = len(seen)
    await asyncio.sleep(0.2)
    seen.sort()
    return {
        "answers": taken,
        "bad": len(bad),
        "first_bad": bad[0].decode("latin-1") if bad else None,
        "p50_ms": statistics.median(seen) * 1e3,
        "p99_ms": seen[int(len(seen) * 0.99)] * 1e3,
    }


class Watching(asyncio.Protocol):
    """One open stream; each event says in `eta_s` when it was written, by the clock that all processes share."""

    def __init__(self, request: bytes, late: list[float], counts: dict[str, int]) -> None:
        self._request, self._late, self._counts = request, late, counts
        self.begun: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self.begun.done():
            self.begun.set_result(data.startswith(b"HTTP/1.1 200"))
        self._counts["bytes"] += len(data)
        self._counts["previews"] += data.count(b"event: preview")
        for told in _TOLD_AT.findall(data):
            self._counts["events"] += 1
            self._late.append(now - float(told))

    def connection_lost(self, error: Exception | None) -> None:
        self._counts["lost"] += 1
        if not self.begun.done():
            self.begun.set_result(False)


async def watch(asked: dict) -> dict:
    """Prints a line when all are open; goes on until a line comes in."""
    loop = asyncio.get_running_loop()
    requests = [text.encode() for text in asked["requests"]]
    late: list[float] = []
    counts = {"bytes": 0, "events": 0, "lost": 0, "previews": 0}
    watching: list[Watching] = []
    for start in range(0, asked["watchers"], AT_ONCE):
        batch = []
        for number in range(start, min(start + AT_ONCE, asked["watchers"])):
            request = requests[number % len(requests)]
            _, one = await loop.create_connection(
                lambda request=request: Watching(request, late, counts), "127.0.0.1", asked["port"]
            )
            batch.append(one)
        await asyncio.gather(*(one.begun for one in batch))
        watching += batch
    opened = sum(one.begun.result() for one in watching)
    print(json.dumps({"opened": opened}), flush=True)
    while (await _line(loop)).strip() == "forget":
        late.clear()
        counts |= {"bytes": 0, "events": 0, "previews": 0}
    late.sort()
    return counts | {
        "p50_ms": late[len(late) // 2] * 1e3 if late else None,
        "p99_ms": late[int(len(late) * 0.99)] * 1e3 if late else None,
        "worst_ms": late[-1] * 1e3 if late else None,
    }


async def _line(loop: asyncio.AbstractEventLoop) -> str:
    return await loop.run_in_executor(None, sys.stdin.readline)


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asked = json.loads(sys.stdin.readline())
    print(json.dumps(uvloop.run({"ask": ask, "watch": watch}[asked["do"]](asked))), flush=True)


if __name__ == "__main__":
    main()
