"""RESULT: what is kept. A file is expected, put in the store, then claimed by the row that points at it."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from estampe.db import Database
from estampe.domain import Asset, AssetId, JobId, TenantId, new_id
from estampe.media import POSTER_PIXELS, Facts, Kind, decoded, placeholder
from estampe.stores import Store

SWEEP_AFTER_SECONDS = 3600


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """Whose file it is, and which output of which job."""

    tenant_id: TenantId
    user_id: str
    job_id: JobId | None = None
    position: int = 0
    seed: int | None = None


class Shelf:
    """Keeps files in the store so that no crash leaves one that nothing points at."""

    def __init__(self, database: Database, store: Store) -> None:
        self._db = database
        self.store = store

    async def keep(self, path: Path, kind: Kind, facts: Facts, owner: Keeping, *, poster: bytes | None = None) -> Asset:
        """Put the file and its poster in the store. The caller writes the row and claims both keys.

        Whoever has its pictures in memory gives the poster; else the file is read for it.
        """
        asset_id = AssetId(new_id("as_"))
        shown = await decoded(kind.poster, path, POSTER_PIXELS) if poster is None else poster
        seen = await asyncio.to_thread(_examine, path, shown)
        stem = f"{owner.tenant_id}/{asset_id}"
        asset = Asset(
            id=asset_id,
            **msgspec.structs.asdict(owner),
            kind=kind.name,
            media_type=facts.media_type,
            width=facts.width,
            height=facts.height,
            duration_s=facts.duration_s,
            bytes=seen.size,
            sha256=seen.digest,
            placeholder=seen.placeholder,
            key=stem,
            thumbnail_key=f"{stem}.thumbnail",
            created_at=datetime.now(UTC),
        )
        async with self._db.system() as scope:
            await scope.run("expect_files", keys=[*asset.keys])
        await self.store.put(asset.key, path, asset.media_type)
        await self.store.put(asset.thumbnail_key, seen.poster, "image/webp")
        return asset

    async def upload(self, path: Path, kind: Kind, facts: Facts, owner: Keeping) -> Asset:
        """Keep a person's own file, row and all."""
        asset = await self.keep(path, kind, facts, owner)
        async with self._db.tenant(owner.tenant_id) as scope:
            await scope.run("put_asset", **msgspec.structs.asdict(asset))
            await scope.run("claim_files", keys=[*asset.keys])
        return asset

    async def drop(self, asset: Asset) -> None:
        """Erase a file that no row points at."""
        await self._erase([*asset.keys])

    async def sweep(self, older_than_seconds: float = SWEEP_AFTER_SECONDS) -> int:
        """Erase the files that no row has claimed for so long, and those whose row was deleted."""
        async with self._db.system() as scope:
            rows = await scope.all("take_files_to_sweep", older_than_seconds=older_than_seconds)
        await self._erase([row["key"] for row in rows])
        return len(rows)

    async def renew(self, assets: Sequence[Asset]) -> None:
        """Files without a row that are still waited for: they are not swept for another while."""
        async with self._db.system() as scope:
            await scope.run("renew_files", keys=[key for asset in assets for key in asset.keys])

    async def _erase(self, keys: list[str]) -> None:
        for key in keys:
            await self.store.erase(key)
        async with self._db.system() as scope:
            await scope.run("forget_files", keys=keys)


class _Seen(NamedTuple):
    poster: bytes
    placeholder: str
    digest: str
    size: int


def _examine(path: Path, poster: bytes) -> _Seen:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return _Seen(poster, placeholder(poster), digest, path.stat().st_size)
