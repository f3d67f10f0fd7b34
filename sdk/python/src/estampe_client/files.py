"""Kept files: list them, fetch them, bring one's own."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Literal

from typing_extensions import Unpack

from estampe_client._commands import Call, Flow, Request, Steps
from estampe_client._download import OnBytes, download
from estampe_client._exchange import Session, exchange
from estampe_client._operation import M, Resource, iteration, known_id, operation
from estampe_client._pages import items
from estampe_client._wire import decode, query
from estampe_client.types import AssetFilter, AssetPage, OutputFile, StoredFile

AssetRef = str | OutputFile | StoredFile
"""A file, by its id or by its facts."""

SIGNATURES = ((0, b"\xff\xd8\xff", "image/jpeg"), (0, b"\x89PNG", "image/png"), (8, b"WEBP", "image/webp"),
              (4, b"ftypavif", "image/avif"))  # fmt: skip


def _facts(session: Session, asset: str) -> Steps[StoredFile]:
    response = yield from exchange(session, Request("GET", f"/api/assets/{known_id(asset)}"))
    return decode(StoredFile, response.body)


class Assets(Resource[M]):
    """Files that were made or brought."""

    @iteration
    def list(self, **filters: Unpack[AssetFilter]) -> Flow[StoredFile, None]:
        """Newest first, page after page."""
        return items(self._session, "/api/assets", filters, AssetPage, lambda page: page.assets)

    @operation
    def get(self, asset_id: str) -> Steps[StoredFile]:
        """The facts about it, with fresh links."""
        return _facts(self._session, asset_id)

    @operation
    def content(self, asset: AssetRef, *, variant: Literal["original", "thumbnail"] = "original") -> Steps[bytes]:
        """Its bytes, in memory: no more than the option `max_answer_bytes`. `download` has no such limit."""
        asset_id = asset if isinstance(asset, str) else asset.asset_id
        asked = Request("GET", f"/api/assets/{known_id(asset_id)}/content", query({"variant": variant}))
        response = yield from exchange(self._session, asked)
        return response.body

    @operation
    def download(
        self, asset: AssetRef, to: str | os.PathLike[str], *, on_progress: OnBytes | None = None
    ) -> Steps[Path]:
        """Its bytes in the file `to`, checked; a folder gets a file named after the id.

        What an earlier call left half done (`….part`) is resumed. `on_progress` is told the bytes so far, and in all.
        """
        facts = (yield from _facts(self._session, asset)) if isinstance(asset, str) else asset
        place = Path(to)
        if (yield Call(place.is_dir, blocking=True)):
            suffix = facts.media_type.partition("/")[2].partition("+")[0]
            place = place / f"{known_id(facts.asset_id)}.{'jpg' if suffix == 'jpeg' else suffix}"
        return (yield from download(self._session, facts, place, on_progress))


class Uploads(Resource[M]):
    """Pictures to start from."""

    @operation
    def create(self, picture: bytes | str | os.PathLike[str], *, media_type: str | None = None) -> Steps[StoredFile]:
        """Bring one, by its bytes or its path: its `asset_id` is an `input_asset_id` or a `mask_asset_id`."""
        content: bytes = picture if isinstance(picture, bytes) else (yield Call(partial(_read, picture), blocking=True))
        headers = {"Content-Type": media_type or _media_type(content)}
        # Twice is two files, so a lost answer is not asked for again.
        asked = Request("POST", "/api/uploads", headers=headers, content=content, repeatable=False)
        response = yield from exchange(self._session, asked)
        return decode(StoredFile, response.body)


def _read(path: str | os.PathLike[str]) -> bytes:
    return Path(path).read_bytes()


def _media_type(content: bytes) -> str:
    for start, signature, media_type in SIGNATURES:
        if content[start : start + len(signature)] == signature:
            return media_type
    return "application/octet-stream"
