"""STORE: where bytes lie. Keys are ours (`tenant/asset.ext`): no part of a request ever becomes one."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

from estampe.settings import Settings

CHUNK_BYTES = 256 * 1024


class Store(ABC):
    """Keeps files under keys. What is away for a moment raises `StoreUnavailable`."""

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Raises `InvalidSetting` where the place cannot be used."""

    def check(self) -> None:
        """Asked once, before the start: raises `InvalidSetting` unless files can be kept, read and erased now."""

    @abstractmethod
    async def put(self, key: str, source: Path | bytes, media_type: str) -> None:
        """Keep `source` under `key`, whole or not at all; an older file under the key is replaced.

        Raises `NotFound` for a key that leads out of the store, as `read` and `erase` do.
        """

    @abstractmethod
    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of [start, end), in pieces. Raises `NotFound` before the first piece."""

    @abstractmethod
    async def erase(self, key: str) -> None:
        """Forget `key`. Erasing what is not there is not an error."""

    async def link(self, key: str, seconds: int) -> str | None:
        """A URL that serves `key` by itself for `seconds`, or None where only Estampe can serve it."""
        del key, seconds
        return None

    @property
    def links_from(self) -> str | None:
        """The origin of every `link`, as a page's policy names it; None where there is never one."""
        return None

    async def close(self) -> None:
        """Let go of connections."""
