"""Answers whose bytes are still to come."""

from __future__ import annotations

import httpx

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
