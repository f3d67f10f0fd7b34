"""The client for code that awaits: it carries protocols out on the event loop that calls."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Any, TypeVar, cast

import httpx
from typing_extensions import Self

from estampe_client import _commands as ask
from estampe_client._connection import Collected, headers, lost, making, sendable
from estampe_client._exchange import Options
from estampe_client._groups import Groups
from estampe_client._operation import Async
from estampe_client._sources import AsyncSource, AsyncSources
from estampe_client._tokens import TokenSource

T = TypeVar("T")


class AsyncClient(Groups[Async]):
    """One service, as one identity, on one event loop. Close it, or use it as a context manager."""

    def __init__(
        self,
        base_url: str | None = None,
        token: TokenSource | None = None,
        *,
        options: Options | None = None,
        trust_env: bool | None = None,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(base_url, token, options)
        self._http = http_client or httpx.AsyncClient(**making(self.base_url, trust_env=trust_env))
        self._owns = http_client is None
        self._alone = asyncio.Lock()

    async def close(self) -> None:
        if self._owns:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def run(self, steps: ask.Steps[T]) -> T:
        """Carries a protocol out."""
        async with AsyncSources() as sources:
            try:
                step = next(steps)
                while True:
                    step = ask.resume(steps, await self._outcome(step, sources))
            except StopIteration as end:
                return cast("T", end.value)
            finally:
                steps.close()

    async def iterate(self, flow: ask.Flow[T, Any]) -> AsyncIterator[T]:
        """Carries a protocol out, as far as its values are asked for."""
        async with AsyncSources() as sources:
            try:
                step = next(flow)
                while True:
                    if isinstance(step, ask.Emit):
                        yield step.value
                        step = flow.send(None)
                    else:
                        step = ask.resume(flow, await self._outcome(step, sources))
            except StopIteration:
                return
            finally:
                flow.close()

    async def _outcome(self, step: object, sources: AsyncSources) -> ask.Outcome:
        try:
            return ask.Outcome(await self._do(step, sources))
        except Exception as error:  # noqa: BLE001 - it is the protocol's to judge
            return ask.Outcome(error=error)

    async def _do(self, step: object, sources: AsyncSources) -> object:
        match step:
            case ask.Send(request):
                return (await self._open(request, None)).response
            case ask.Open(request):
                return await self._open(request, sources)
            case ask.Read(source):
                return await cast("AsyncSource", source).read()
            case ask.Close(source):
                await sources.close(cast("AsyncSource", source))
            case ask.Sleep(seconds):
                await asyncio.sleep(seconds)
            case ask.Call():
                return await _called(step)
            case ask.Alone():
                return await self._by_itself(step)
            case _:
                raise TypeError(type(step))
        return None

    async def _open(self, request: ask.Request, sources: AsyncSources | None) -> ask.Opened:
        """Only a success is left open, and only where there is someone to close it."""
        options = self.session.options
        collected = Collected(request, options, self.session.clock)
        try:
            asked = sendable(self._http, self.base_url, request, options)
            answer = await self._http.send(asked, stream=True, auth=None, follow_redirects=False)
            if sources is not None and answer.is_success:
                return ask.Opened(ask.Response(answer.status_code, headers(answer)), sources.add(answer))
            try:
                async for piece in answer.aiter_bytes():
                    collected.add(piece)
            finally:
                await answer.aclose()
        except httpx.RequestError as error:
            raise lost(error) from error
        return ask.Opened(ask.Response(answer.status_code, headers(answer), collected.whole()))

    async def _by_itself(self, step: ask.Alone) -> object:
        if step.instead is not None and self._alone.locked():
            return step.instead
        async with self._alone:
            return await self.run(step.steps)


async def _called(step: ask.Call) -> object:
    """What may block gets a thread; what gives something to await is awaited."""
    try:
        return await asyncio.wait_for(_awaited(step), step.timeout_seconds)
    except asyncio.TimeoutError as error:
        raise TimeoutError("it took too long") from error


async def _awaited(step: ask.Call) -> object:
    blocks = step.blocking and not inspect.iscoroutinefunction(step.function)
    answer = await asyncio.to_thread(step.function) if blocks else step.function()
    return await answer if inspect.isawaitable(answer) else answer
