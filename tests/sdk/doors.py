"""One way to speak to both clients: the one that is awaited is awaited on a loop of its own thread."""

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from estampe_client import AsyncClient, Client

Made = Callable[..., Any]
"""Makes a client; what it takes is what a client takes."""


class Loop:
    """An event loop that runs in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def close(self) -> None:
        self.wait(self.loop.shutdown_asyncgens())
        self.wait(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Awaited:
    """Something of an `AsyncClient`, whose answers are waited for."""

    def __init__(self, inner: Any, loop: Loop) -> None:
        self._inner, self._loop = inner, loop

    def __repr__(self) -> str:
        return repr(self._inner)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in {"base_url", "session"}:
            return found
        return self._call(found) if callable(found) else Awaited(found, self._loop)

    def _call(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            answer = function(*args, **kwargs)
            if inspect.isawaitable(answer):
                return self._loop.wait(answer)
            return self._each(answer) if hasattr(answer, "__anext__") else Awaited(answer, self._loop)

        return call

    def _each(self, values: Any) -> Iterator[Any]:
        end = object()
        try:
            while (value := self._loop.wait(anext(values, end))) is not end:
                yield value
        finally:
            self._loop.wait(values.aclose())


@contextmanager
def makers(kind: str) -> Iterator[Made]:
    """Whatever is made is closed at the end."""
    made: list[Any] = []
    if kind == "sync":

        def make(*args: Any, **kwargs: Any) -> Any:
            made.append(Client(*args, **kwargs))
            return made[-1]

        yield make
        for client in made:
            client.close()
        return
    loop = Loop()

    async def built(*args: Any, **kwargs: Any) -> AsyncClient:
        return AsyncClient(*args, **kwargs)

    def make_async(*args: Any, **kwargs: Any) -> Any:
        made.append(loop.wait(built(*args, **kwargs)))
        return Awaited(made[-1], loop)

    try:
        yield make_async
    finally:
        for client in made:
            loop.wait(client.close())
        loop.close()


def statuses(client: Any) -> list[int]:
    """The status of every answer the client gets from now on."""
    heard: list[int] = []
    inner = getattr(client, "_inner", client)

    async def hear(answer: httpx.Response) -> None:
        heard.append(answer.status_code)

    def hear_now(answer: httpx.Response) -> None:
        heard.append(answer.status_code)

    inner._http.event_hooks = {"response": [hear_now if inner is client else hear]}
    return heard
