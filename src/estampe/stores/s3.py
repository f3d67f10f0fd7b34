"""A bucket of any store that speaks S3: Amazon's, MinIO, Ceph, R2, Garage."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore import exceptions
from obstore.store import S3Store

from estampe.errors import InvalidSetting, NotFound, StoreUnavailable, Text
from estampe.settings import Settings
from estampe.stores import CHUNK_BYTES, Store
from estampe.stores._keys import checked, is_key
from estampe.stores._threads import let_go

CONNECT_SECONDS = 5
REQUEST_SECONDS = 30
RETRY_SECONDS = 20
RETRIES = 4
PUT_SECONDS = 600
CHECK_SECONDS = 8
# One request reads as much, so a slow reader never holds a connection to the bucket open.
READ_BYTES = 8 * CHUNK_BYTES
PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 4
LARGEST_BYTES = 5 * 1024**3
LONGEST_LINK_SECONDS = 7 * 24 * 3600
RETRY_AFTER_SECONDS = 2

# A header names its host: another alphabet's is written in `xn--`.
_ENDPOINT = re.compile(r"https?://[a-zA-Z0-9._:\[\]-]+(/[^\s?#@]*)?")
# obstore tells these apart in the text alone.
_NO_BUCKET, _NO_RANGE = "NoSuchBucket", "status code: 416"
_REFUSED = (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)

T = TypeVar("T")


class _NoSuchRange(StoreUnavailable):
    """The file has no byte of it."""


class S3(Store):
    """Reads in ranges, writes large files in parts. Keys that the settings do not give come from `AWS_*` or a role."""

    def __init__(self, bucket: str, config: dict[str, Any], *, prefix: str = "", public: str | None = None) -> None:
        self._bucket, self._prefix, self._config = bucket, prefix, config
        patience = REQUEST_SECONDS, RETRY_SECONDS
        self._files = _opened(bucket, prefix, config, *patience)
        self._public = public
        self._linked = _opened(bucket, prefix, config | {"endpoint": public}, *patience) if public else None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.s3_bucket:
            raise InvalidSetting(Text("store “s3” needs s3_bucket", "le stockage « s3 » demande s3_bucket"))
        if (settings.s3_access_key_id is None) != (settings.s3_secret_access_key is None):
            names = "s3_access_key_id, s3_secret_access_key"
            raise InvalidSetting(Text(f"{names}: give both, or neither", f"{names} : donnez les deux, ou aucun"))
        if settings.s3_prefix and not is_key(settings.s3_prefix):
            said = "s3_prefix: letters, digits, “.”, “_”, “-”, parted by “/”"
            raise InvalidSetting(Text(said, "s3_prefix : lettres, chiffres, « . », « _ », « - », séparés par « / »"))
        for name in ("s3_endpoint", "s3_public_endpoint"):
            _require_url(name, getattr(settings, name))
        said_config = {
            "endpoint": settings.s3_endpoint,
            "region": settings.s3_region,
            "access_key_id": settings.s3_access_key_id,
            "secret_access_key": settings.s3_secret_access_key,
        }
        config = {name: value for name, value in said_config.items() if value is not None}
        try:
            return cls(settings.s3_bucket, config, prefix=settings.s3_prefix, public=settings.s3_public_endpoint)
        except (ValueError, exceptions.BaseError):
            said = "the s3_* settings, or the AWS_* variables, name no bucket that could be opened"
            raise InvalidSetting(
                Text(said, "les réglages s3_*, ou les variables AWS_*, ne désignent aucun bucket qui puisse s'ouvrir")
            ) from None

    def check(self) -> None:
        """What is tried is what will be needed: to put, to read and to erase."""
        key, content = f"tried-{secrets.token_hex(8)}", b"estampe"
        hurried = _opened(self._bucket, self._prefix, self._config, CHECK_SECONDS, CHECK_SECONDS)
        try:
            obstore.put(hurried, key, content)
            read = bytes(obstore.get(hurried, key).bytes())
            obstore.delete(hurried, key)
        except (OSError, exceptions.BaseError) as error:
            raise InvalidSetting(self._complaint(error)) from None
        if read != content:
            raise InvalidSetting(self._complaint(ValueError()))

    async def close(self) -> None:
        await let_go()

    async def put(self, key: str, source: Path | bytes, media_type: str) -> None:
        path = checked(key)
        size = len(source) if isinstance(source, bytes) else await asyncio.to_thread(_size, source)
        if size > LARGEST_BYTES:
            raise ValueError(f"a file of {size} bytes is larger than {LARGEST_BYTES}")
        kept = obstore.put_async(
            self._files,
            path,
            source,
            attributes={"Content-Type": media_type},
            chunk_size=PART_BYTES,
            max_concurrency=PARTS_AT_ONCE,
        )
        try:
            await _answered(kept, PUT_SECONDS)
        except FileNotFoundError:
            raise _away() from None

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        path = checked(key)
        first = await self._first(path, start, end)
        if first is None:
            return
        block, size, tag = first
        stop = size if end is None else min(end, size)
        at = start
        while True:
            for offset in range(0, len(block), CHUNK_BYTES):
                yield block[offset : offset + CHUNK_BYTES]
            at += len(block)
            if at >= stop:
                return
            block, _, _ = await self._block(path, at, min(at + READ_BYTES, stop), tag)

    async def _first(self, path: str, start: int, end: int | None) -> tuple[bytes, int, str | None] | None:
        """The first block, the file's size and its tag; None where there is no byte to read. Raises `NotFound`."""
        stop = start + READ_BYTES if end is None else min(end, start + READ_BYTES)
        try:
            if stop > start:
                return await self._block(path, start, stop, None)
            await _answered(obstore.head_async(self._files, path))
        except FileNotFoundError as error:
            raise (_away() if _NO_BUCKET in str(error) else NotFound) from None
        except _NoSuchRange:
            pass  # it starts at the end, or the file is empty
        return None

    async def _block(self, path: str, start: int, stop: int, tag: str | None) -> tuple[bytes, int, str | None]:
        """Bytes [start, stop) of the file that had this tag: another one under the same key is not mixed in."""

        async def fetch() -> tuple[bytes, int, str | None]:
            options: Any = {"range": (start, stop)} | ({} if tag is None else {"if_match": tag})
            found = await obstore.get_async(self._files, path, options=options)
            return bytes(await found.bytes_async()), found.meta["size"], found.meta["e_tag"]

        return await _answered(fetch())

    async def erase(self, key: str) -> None:
        path = checked(key)
        try:
            await _answered(obstore.delete_async(self._files, path))
        except FileNotFoundError as error:
            if _NO_BUCKET in str(error):
                raise _away() from None

    async def link(self, key: str, seconds: int) -> str | None:
        if self._linked is None or seconds < 1:
            return None
        life = timedelta(seconds=min(seconds, LONGEST_LINK_SECONDS))
        return str(await _answered(obstore.sign_async(self._linked, "GET", checked(key), life)))

    @property
    def links_from(self) -> str | None:
        if self._public is None:
            return None
        place = urlsplit(self._public)
        return f"{place.scheme}://{place.netloc}"

    def _complaint(self, error: Exception) -> Text:
        bucket, where = self._bucket, self._config.get("endpoint") or "Amazon S3"
        if isinstance(error, _REFUSED):
            return Text(
                f"the bucket {bucket} at {where} refuses us: check the keys, and that they may put, get and delete",
                f"le bucket {bucket} de {where} nous refuse : vérifiez les clés, et qu'elles permettent "
                "d'écrire, de lire et d'effacer",
            )
        if isinstance(error, FileNotFoundError):
            return Text(
                f"there is no bucket {bucket} at {where}: make it, or check s3_bucket and s3_region",
                f"il n'y a pas de bucket {bucket} à {where} : créez-le, ou vérifiez s3_bucket et s3_region",
            )
        return Text(
            f"the bucket {bucket} at {where} cannot be reached: check s3_endpoint, s3_region and the network",
            f"le bucket {bucket} de {where} est injoignable : vérifiez s3_endpoint, s3_region et le réseau",
        )


def _opened(
    bucket: str,
    prefix: str,
    config: dict[str, Any],
    request_seconds: float,
    retry_seconds: float,
) -> S3Store:
    # Deleting several at once is what the fewest of the stores that speak S3 understand.
    known: Any = {"disable_bulk_delete": True, **config}
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=known,
        client_options={
            "allow_http": str(config.get("endpoint", "")).startswith("http://"),
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "timeout": timedelta(seconds=request_seconds),
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=retry_seconds)},
    )


def _require_url(name: str, url: str | None) -> None:
    if url is not None and not _ENDPOINT.fullmatch(url):
        raise InvalidSetting(Text(f"{name} is no http(s) URL", f"{name} n'est pas une URL http(s)"))


def _size(source: Path) -> int:
    """Raises `FileNotFoundError`."""
    return source.stat().st_size


def _away() -> StoreUnavailable:
    return StoreUnavailable(retry_after_seconds=RETRY_AFTER_SECONDS)


async def _answered(asked: Awaitable[T], seconds: float | None = None) -> T:
    """Raises `FileNotFoundError` for what is not there, else `StoreUnavailable`: its texts quote requests."""
    try:
        async with asyncio.timeout(seconds or REQUEST_SECONDS + RETRY_SECONDS):
            return await asked
    except FileNotFoundError:
        raise
    except (OSError, exceptions.BaseError) as error:
        raise (_NoSuchRange if _NO_RANGE in str(error) else _away()) from None
