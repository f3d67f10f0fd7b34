"""One method for both clients: written once as a protocol, it answers here at once and there when awaited."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import update_wrapper, wraps
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from estampe_client._commands import Flow, Steps
from estampe_client._exchange import Session

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M")
R = TypeVar("R", bound="Resource[Any]")

_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


class Sync:
    """The mark of what answers at once."""


class Async:
    """The mark of what is awaited."""


class Driver(Protocol):
    """What carries protocols out."""

    @property
    def session(self) -> Session: ...

    def run(self, steps: Steps[Any], /) -> Any: ...

    def iterate(self, flow: Flow[Any, Any], /) -> Any: ...


class Resource(Generic[M]):
    """A group of methods of a client; `M` is `Sync` or `Async`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    @property
    def _session(self) -> Session:
        return self._driver.session


class operation(Generic[P, T]):  # noqa: N801 - reads as what it is: a decorator
    """A method that gives one answer."""

    def __init__(self, function: Callable[Concatenate[R, P], Steps[T]]) -> None:
        self._function: Callable[..., Steps[T]] = function
        update_wrapper(self, function)  # type: ignore[arg-type]

    @overload
    def __get__(self, resource: None, owner: Any) -> operation[P, T]: ...
    @overload
    def __get__(self, resource: Resource[Sync], owner: Any) -> Callable[P, T]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: Resource[Any] | None, owner: Any) -> Any:
        if resource is None:
            return self
        function, driver = self._function, resource._driver  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return driver.run(function(resource, *args, **kwargs))

        return call


class iteration(Generic[P, T]):  # noqa: N801
    """A method that gives values one after the other."""

    def __init__(self, function: Callable[Concatenate[R, P], Flow[T, Any]]) -> None:
        self._function: Callable[..., Flow[T, Any]] = function
        update_wrapper(self, function)  # type: ignore[arg-type]

    @overload
    def __get__(self, resource: None, owner: Any) -> iteration[P, T]: ...
    @overload
    def __get__(self, resource: Resource[Sync], owner: Any) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, resource: Resource[Any] | None, owner: Any) -> Any:
        if resource is None:
            return self
        function, driver = self._function, resource._driver  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return driver.iterate(function(resource, *args, **kwargs))

        return call


def known_id(text: str) -> str:
    """`text`, if it may stand in a path. Raises `ValueError`."""
    if not _ID.fullmatch(text):
        raise ValueError("this is not an id")
    return text
