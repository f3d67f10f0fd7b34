"""Kept files: list them, read their facts and bytes, bring one's own."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from estampe import policy
from estampe.assets import Keeping
from estampe.domain import Asset, Principal, TenantId
from estampe.errors import BodyTooLarge, LimitExceeded, MediaTypeUnsupported, NotFound, StoreUnavailable
from estampe.http import ranges, views
from estampe.http.installation import Installation
from estampe.http.route import Access, Answer, Call, Reply, Route, Stream
from estampe.http.schemas import AssetPage, AssetsQuery, ContentQuery, StoredFile
from estampe.media import decoded
from estampe.policy.permissions import Permission, granted

UPLOADED = "image"
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/avif": "avif"}
# A file comes from a model or from a person: it may be shown, and may do nothing.
SHOWN_ONLY = "default-src 'none'; sandbox"


async def list_assets(call: Call[None, AssetsQuery]) -> Reply:
    here: Installation = call.installation
    me, query = call.principal, call.query
    alone = query.mine or Permission.JOBS_MANAGE not in granted(me)
    before_at, before_id = views.read_cursor(query.cursor) or (None, None)
    async with here.database.tenant(me.tenant.id) as scope:
        rows = await scope.all(
            "list_assets",
            tenant_id=me.tenant.id,
            user_id=me.user_id if alone else None,
            kind=query.kind,
            before_at=before_at,
            before_id=before_id,
            limit=query.limit + 1,
        )
    assets = [msgspec.convert(row, Asset) for row in rows]
    page = assets[: query.limit]
    last = page[-1] if len(assets) > query.limit else None
    files = [views.stored(asset, here.links) for asset in page]
    return Reply(200, AssetPage(files, views.cursor(last.created_at, last.id) if last else None))


async def facts(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    return Reply(200, views.stored(await _mine(call), here.links))


async def content(call: Call[None, ContentQuery]) -> Answer:
    here: Installation = call.installation
    query = call.query
    if query.signature is not None and query.tenant is not None and query.expires is not None:
        tenant = TenantId(query.tenant)
        here.links.check(tenant, call.path["asset_id"], query.variant, query.expires, query.signature)
        asset = await _find(here, tenant, call.path["asset_id"])
        elsewhere = await _elsewhere(call, asset, query.expires)
        if elsewhere is not None:
            return elsewhere
    else:
        asset = await _mine(call)
    small = query.variant == "thumbnail"
    answer = thumbnail(here, asset) if small else original(here, call, asset)
    if query.download:
        name = _name(asset, "-thumbnail.webp" if small else None)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return await begun(call, answer)


async def _elsewhere(call: Call[None, ContentQuery], asset: Asset, expires: int) -> Reply | None:
    """The way to the store itself, where people reach it; no longer open than the link that was shown."""
    if call.head or call.query.download:
        return None  # what the store signs is good for GET alone, and for showing
    here: Installation = call.installation
    seconds = expires - int(time.time())
    link = await here.shelf.store.link(asset.thumbnail_key if call.query.variant == "thumbnail" else asset.key, seconds)
    if link is None:
        return None
    headers = {"Location": link, "Cache-Control": f"private, max-age={seconds // 2}"}
    return Reply(307, headers=headers | {"Cross-Origin-Resource-Policy": "cross-origin"})


async def begun(call: Call[Any, Any], answer: Answer) -> Answer:
    """With the first piece at hand: what is missing or away is refused, instead of cut short."""
    if isinstance(answer, Stream) and not call.head:
        answer.chunks = _with_first(await anext(answer.chunks, b""), answer.chunks)
    return answer


async def _with_first(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk


async def _mine(call: Call[Any, Any]) -> Asset:
    asset = await _find(call.installation, call.principal.tenant.id, call.path["asset_id"])
    policy.require_owner(call.principal, asset.user_id)
    return asset


async def _find(here: Installation, tenant: TenantId, text: str) -> Asset:
    async with here.database.tenant(tenant) as scope:
        row = await scope.one("find_asset", asset_id=views.known_id(text), tenant_id=tenant)
    if row is None:
        raise NotFound
    return msgspec.convert(row, Asset)


def _headers(here: Installation, etag: str) -> dict[str, str]:
    return {
        "ETag": etag,
        "Cache-Control": f"private, max-age={here.settings.asset_url_seconds}, immutable",
        "Content-Security-Policy": SHOWN_ONLY,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def thumbnail(here: Installation, asset: Asset) -> Stream:
    headers = _headers(here, f'"{asset.sha256}-thumbnail"')
    return Stream(here.shelf.store.read(asset.thumbnail_key), headers=headers, media_type="image/webp")


def original(here: Installation, call: Call[Any, Any], asset: Asset) -> Answer:
    etag = f'"{asset.sha256}"'
    headers = _headers(here, etag) | {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'inline; filename="{_name(asset)}"',
    }
    if _matches(call.header("if-none-match"), etag):
        return Reply(304, headers=headers)
    wanted = call.header("range") if call.header("if-range") in {None, etag} else None
    try:
        span = ranges.asked(wanted, asset.bytes)
    except ranges.Unsatisfiable:
        return Reply(416, headers=headers | {"Content-Range": f"bytes */{asset.bytes}"})
    start, end = span or (0, asset.bytes)
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{asset.bytes}"
    return Stream(
        here.shelf.store.read(asset.key, start, end),
        206 if span else 200,
        headers,
        asset.media_type,
        end - start,
    )


def _name(asset: Asset, ending: str | None = None) -> str:
    """What it is saved as: the files of one job do not share a name."""
    place = f"-{asset.position + 1}" if asset.position else ""
    kind = EXTENSIONS.get(asset.media_type, asset.media_type.partition("/")[2])
    return f"{asset.job_id or asset.id}{place}{ending or f'.{kind}'}"


def _matches(header: str | None, etag: str) -> bool:
    names = {name.strip().removeprefix("W/") for name in (header or "").split(",")}
    return bool(names & {etag, "*"})


async def upload(call: Call[bytes, None]) -> Reply:
    here: Installation = call.installation
    asset = await bring(here, call.principal, call.body)
    answer = views.stored(asset, here.links)
    return Reply(201, answer, {"Location": f"{here.settings.url}/api/assets/{asset.id}"})


async def bring(here: Installation, me: Principal, content: bytes) -> Asset:
    """Keep a person's own picture. Raises `MediaTypeUnsupported` or `LimitExceeded` for what is not one."""
    async with draft(here, content) as path:
        kind = here.kinds[UPLOADED]
        found = await decoded(kind.inspect, path)
        owner = Keeping(tenant_id=me.tenant.id, user_id=me.user_id)
        async with here.database.tenant(me.tenant.id) as scope:
            await scope.run("put_tenant", id=me.tenant.id, **msgspec.structs.asdict(me.tenant))
        return await here.shelf.upload(path, kind, found, owner)


@asynccontextmanager
async def draft(here: Installation, body: bytes) -> AsyncIterator[Path]:
    """The body as a file, for as long as the block lasts."""
    handle, path = here.scratch.file()
    try:
        await asyncio.to_thread(_write, handle, body)
        yield path
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _write(handle: int, body: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(body)


PICTURES = tuple(EXTENSIONS)


def routes(max_upload_bytes: int) -> list[Route]:
    return [
        Route("POST", "/api/uploads", upload, may=(Permission.IMAGES_GENERATE, Permission.VIDEOS_GENERATE),
              summary="Bring a picture to start from", tag="assets",
              body=bytes, body_types=PICTURES, body_limit=max_upload_bytes, spends=True, replies={201: StoredFile},
              refuses=(BodyTooLarge, MediaTypeUnsupported, LimitExceeded, StoreUnavailable)),
        Route("GET", "/api/assets", list_assets, may=Access.SIGNED_IN, summary="Kept files, newest first",
              tag="assets", query=AssetsQuery, replies={200: AssetPage}),
        Route("GET", "/api/assets/{asset_id}", facts, may=Access.SIGNED_IN, summary="Facts about a kept file",
              tag="assets", replies={200: StoredFile}, refuses=(NotFound,)),
        Route("GET", "/api/assets/{asset_id}/content", content, may=Access.SIGNED_URL,
              summary="The bytes of a kept file: by a signed URL, or with a token", tag="assets",
              query=ContentQuery, replies={200: None, 206: None, 304: None, 307: None, 416: None}, streams="*/*",
              refuses=(NotFound, StoreUnavailable)),
    ]  # fmt: skip
