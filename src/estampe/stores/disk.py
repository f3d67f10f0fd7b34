"""A folder on this machine."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import obstore
from obstore.store import LocalStore

from estampe.errors import InvalidSetting, NotFound, Text
from estampe.settings import Settings
from estampe.stores import CHUNK_BYTES, Store
from estampe.stores._keys import checked
from estampe.stores._threads import let_go


class Disk(Store):
    """Readable by this account only. A link inside the folder never leads out of it."""

    def __init__(self, root: Path) -> None:
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._root = root.resolve()
            self._files = LocalStore(self._root)
        except OSError as error:
            raise InvalidSetting(
                Text(f"{root} cannot hold files: {error}", f"{root} ne peut pas contenir de fichiers : {error}")
            ) from None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings.data_dir / "files")

    async def put(self, key: str, source: Path | bytes, media_type: str) -> None:
        del media_type
        await obstore.put_async(self._files, self._checked(key), source)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        path = self._checked(key)
        try:
            size = (await obstore.head_async(self._files, path))["size"]
            stop = size if end is None else min(end, size)
            for at in range(start, stop, CHUNK_BYTES):
                piece = await obstore.get_range_async(self._files, path, start=at, end=min(at + CHUNK_BYTES, stop))
                yield bytes(piece)
        except FileNotFoundError:
            raise NotFound from None

    async def erase(self, key: str) -> None:
        path = self._checked(key)
        try:
            await obstore.delete_async(self._files, path)
        except FileNotFoundError:
            return

    async def close(self) -> None:
        await let_go()

    def _checked(self, key: str) -> str:
        """A link inside the folder could lead out of it. Raises `NotFound`."""
        if not (self._root / checked(key)).resolve().is_relative_to(self._root):
            raise NotFound
        return key
