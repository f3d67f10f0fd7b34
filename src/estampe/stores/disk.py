"""A folder on this machine."""

import logging
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import obstore
from obstore import exceptions
from obstore.store import LocalStore

from estampe.errors import InvalidSetting, NotFound, StoreUnavailable, Text
from estampe.settings import Settings
from estampe.stores import CHUNK_BYTES, Store
from estampe.stores._keys import checked
from estampe.stores._threads import let_go

RETRY_AFTER_SECONDS = 5

# obstore tells what the system said in its text alone, beside the path.
_SAID = re.compile(r"\(os error (\d+)\)")

log = logging.getLogger(__name__)


class Disk(Store):
    """Readable by this account only. A link inside the folder never leads out of it."""

    def __init__(self, root: Path) -> None:
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._root = root.resolve()
            self._files = LocalStore(self._root)
        except OSError as error:
            raise _unusable(root, error) from None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        made = cls(settings.data_dir / "files")
        made._require_room()
        return made

    def _require_room(self) -> None:
        """Raises `InvalidSetting` unless a file can be kept, read and erased now."""
        tried = self._root / f"tried-{secrets.token_hex(8)}"
        try:
            tried.write_bytes(b"estampe")
            tried.read_bytes()
            tried.unlink()
        except OSError as error:
            raise _unusable(self._root, error) from None

    async def put(self, key: str, source: Path | bytes, media_type: str) -> None:
        del media_type
        with _there():
            await obstore.put_async(self._files, self._checked(key), source)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        path = self._checked(key)
        try:
            with _there():
                size = (await obstore.head_async(self._files, path))["size"]
            stop = size if end is None else min(end, size)
            for at in range(start, stop, CHUNK_BYTES):
                with _there():
                    piece = await obstore.get_range_async(self._files, path, start=at, end=min(at + CHUNK_BYTES, stop))
                yield bytes(piece)
        except FileNotFoundError:
            raise NotFound from None

    async def erase(self, key: str) -> None:
        path = self._checked(key)
        with _there(), suppress(FileNotFoundError):
            await obstore.delete_async(self._files, path)

    async def close(self) -> None:
        await let_go()

    def _checked(self, key: str) -> str:
        """A link inside the folder could lead out of it. Raises `NotFound`."""
        if not (self._root / checked(key)).resolve().is_relative_to(self._root):
            raise NotFound
        return key


def _unusable(root: Path, error: OSError) -> InvalidSetting:
    why = error.strerror or str(error)
    return InvalidSetting(Text(f"{root} cannot hold files: {why}", f"{root} ne peut pas contenir de fichiers : {why}"))


@contextmanager
def _there() -> Iterator[None]:
    """Raises `FileNotFoundError` for what is not there, and `StoreUnavailable` for a folder that is full or closed."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, exceptions.BaseError) as error:
        said = _SAID.search(str(error))
        log.warning(
            "the folder of files is of no use now: %s", os.strerror(int(said[1])) if said else type(error).__name__
        )
        raise StoreUnavailable(retry_after_seconds=RETRY_AFTER_SECONDS) from None
