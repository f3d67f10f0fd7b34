"""The client for code that waits: it carries protocols out on the thread that calls."""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import httpx
from typing_extensions import Self

from estampe_client import _commands as ask
from estampe_client._connection import Collected, headers, lost, making, sendable
from estampe_client._exchange import Options
from estampe_client._groups import Groups
from estampe_client._operation import Sync
from estampe_client._sources import Source, Sources
from estampe_client._tokens import TokenSource
from estampe_client.errors import TokenUnavailable

T = TypeVar("T")


class Client(Groups[Sync]):
    """One service, as one identity. Threads may share it; close it, or use it as a context manager."""

    def __init__(
        self,
        base_url: str | None = None,
        token: TokenSource | None = None,
        *,
        options: Options | None = None,
        trust_env: bool | None = None,
        http_client: httpx.Client | None = None,
    ) -> None:
        super().__init__(base_url, token, options)
        self._http = http_client or httpx.Client(**making(self.base_url, trust_env=trust_env))
        self._owns = http_client is None
        self._alone = threading.Lock()

    def close(self) -> None:
        if self._owns:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, steps: ask.Steps[T]) -> T:
        """Carries a protocol out."""
        with Sources() as sources:
            try:
                step = next(steps)
                while True:
                    step = ask.resume(steps, self._outcome(step, sources))
            except StopIteration as end:
                return cast("T", end.value)
            finally:
                steps.close()

    def iterate(self, flow: ask.Flow[T, Any]) -> Iterator[T]:
        """Carries a protocol out, as far as its values are asked for."""
        with Sources() as sources:
            try:
                step = next(flow)
                while True:
                    if isinstance(step, ask.Emit):
                        yield step.value
                        step = flow.send(None)
                    else:
                        step = ask.resume(flow, self._outcome(step, sources))
            except StopIteration:
                return
            finally:
                flow.close()

    def _outcome(self, step: object, sources: Sources) -> ask.Outcome:
        try:
            return ask.Outcome(self._do(step, sources))
        except Exception as error:  # noqa: BLE001 - it is the protocol's to judge
            return ask.Outcome(error=error)

    def _do(self, step: object, sources: Sources) -> object:
        match step:
            case ask.Send(request):
                return self._open(request, None).response
            case ask.Open(request):
                return self._open(request, sources)
            case ask.Read(source):
                return cast("Source", source).read()
            case ask.Close(source):
                sources.close(cast("Source", source))
            case ask.Sleep(seconds):
                time.sleep(seconds)
            case ask.Call():
                return _called(step.function)
            case ask.Alone():
                return self._by_itself(step)
            case _:
                raise TypeError(type(step))
        return None

    def _open(self, request: ask.Request, sources: Sources | None) -> ask.Opened:
        """Only a success is left open, and only where there is someone to close it."""
        options = self.session.options
        collected = Collected(request, options, self.session.clock)
        try:
            asked = sendable(self._http, self.base_url, request, options)
            answer = self._http.send(asked, stream=True, auth=None, follow_redirects=False)
            if sources is not None and answer.is_success:
                return ask.Opened(ask.Response(answer.status_code, headers(answer)), sources.add(answer))
            try:
                for piece in answer.iter_bytes():
                    collected.add(piece)
            finally:
                answer.close()
        except httpx.RequestError as error:
            raise lost(error) from error
        return ask.Opened(ask.Response(answer.status_code, headers(answer), collected.whole()))

    def _by_itself(self, step: ask.Alone) -> object:
        patience = step.timeout_seconds if step.instead is None else 0
        if not self._alone.acquire(timeout=patience):
            if step.instead is None:
                raise TokenUnavailable("another thread still waits for the token's source", passing=True)
            return step.instead
        try:
            return self.run(step.steps)
        finally:
            self._alone.release()


def _called(function: Callable[[], object]) -> object:
    answer = function()
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        raise TypeError("an async function was given to the Client that waits: AsyncClient awaits it")
    return answer
