"""Answers whose bytes are still to come."""

from __future__ import annotations

import httpx
from typing_extensions import Self

from estampe_client._connection import lost


class Source:
    """One that is read on the thread that calls."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer, self._pieces = answer, answer.iter_bytes()

    def read(self) -> bytes:
        """Empty at the end. Raises `ConnectionLost`."""
        try:
            return next(self._pieces, b"")
        except httpx.RequestError as error:
            self.close()
            raise lost(error) from error

    def close(self) -> None:
        self._answer.close()


class AsyncSource:
    """One that is awaited."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer, self._pieces = answer, answer.aiter_bytes()

    async def read(self) -> bytes:
        """Empty at the end. Raises `ConnectionLost`."""
        try:
            return await anext(self._pieces, b"")
        except httpx.RequestError as error:
            await self.close()
            raise lost(error) from error

    async def close(self) -> None:
        await self._answer.aclose()


class Sources:
    """Those that a protocol has open: it may close them itself, and none outlives it."""

    def __init__(self) -> None:
        self._open: set[Source] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for source in self._open:
            source.close()

    def add(self, answer: httpx.Response) -> Source:
        source = Source(answer)
        self._open.add(source)
        return source

    def close(self, source: Source) -> None:
        self._open.discard(source)
        source.close()


class AsyncSources:
    """The same, awaited."""

    def __init__(self) -> None:
        self._open: set[AsyncSource] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for source in self._open:
            await source.close()

    def add(self, answer: httpx.Response) -> AsyncSource:
        source = AsyncSource(answer)
        self._open.add(source)
        return source

    async def close(self, source: AsyncSource) -> None:
        self._open.discard(source)
        await source.close()
