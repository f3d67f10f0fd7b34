"""From what the database keeps to what people see: a job becomes a snapshot, a file gets its links."""

import base64
import binascii
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from estampe.assets.links import Links
from estampe.domain import Asset, Failure, JobId, Principal
from estampe.errors import FieldError, InvalidRequest, NotFound, Text
from estampe.http.installation import Installation
from estampe.http.route import Language
from estampe.http.schemas import Accepted, JobError, JobUrls, OutputFile, Result, Snapshot, StoredFile
from estampe.jobs.queue import Placed
from estampe.policy import require_owner

JOB_ID = "job_[a-z2-7]{24}"
_ID = re.compile(r"(?:job|as|key)_[a-z2-7]{24}")
LONGEST_POLL_MS = 5000


def known_id(text: str) -> str:
    """`text`, if it could be an id of ours. Raises `NotFound`, as for an id that never was."""
    if _ID.fullmatch(text) is None:
        raise NotFound
    return text


def accepted(placed: Placed, url: str) -> Accepted:
    job = placed.job
    here = f"{url}/api/{job.kind}s/{job.id}"
    return Accepted(
        job_id=job.id,
        kind=job.kind,
        status=job.status,
        queue_position=placed.queue_position,
        created_at=job.created_at,
        poll_after_ms=poll_after_ms(placed),
        urls=JobUrls(
            status=f"{here}/status",
            result=f"{here}/result",
            events=f"{url}/api/jobs/{job.id}/events",
            cancel=f"{url}/api/jobs/{job.id}/cancel",
        ),
    )


def poll_after_ms(placed: Placed) -> int:
    """The farther from its turn a job is, the less there is to see."""
    return min(500 * (1 + (placed.queue_position or 0)), LONGEST_POLL_MS)


def snapshot(placed: Placed, outputs: Sequence[Asset], links: Links, language: Language) -> Snapshot:
    job = placed.job
    shown = {name: getattr(job, name) for name in _SHOWN}
    return Snapshot(
        **shown,
        job_id=job.id,
        queue_position=placed.queue_position,
        attempts=job.attempt,
        error=failure(job.error, language) if job.error else None,
        outputs=[output(asset, links) for asset in outputs],
    )


_SHOWN = tuple(set(Snapshot.__struct_fields__) - {"job_id", "queue_position", "attempts", "error", "outputs"})


def output(asset: Asset, links: Links) -> OutputFile:
    return OutputFile(**_file(asset, links, OutputFile))


def stored(asset: Asset, links: Links) -> StoredFile:
    return StoredFile(**_file(asset, links, StoredFile))


def _file(asset: Asset, links: Links, shape: type[OutputFile | StoredFile]) -> dict[str, Any]:
    named: dict[str, Any] = {
        "asset_id": asset.id,
        "url": links.to(asset),
        "thumbnail_url": links.to(asset, "thumbnail"),
    }
    return named | {name: getattr(asset, name) for name in shape.__struct_fields__ if name not in named}


def result(placed: Placed, outputs: Sequence[Asset], links: Links) -> Result:
    job = placed.job
    files = [output(asset, links) for asset in outputs]
    return Result(job_id=job.id, kind=job.kind, status=job.status, outputs=files, usage=job.usage)


async def find(here: Installation, me: Principal, text: str, kind: str | None = None) -> Placed:
    """A job that `me` may see. Raises `NotFound` for all others, whatever the reason."""
    placed = await here.queue.find(me.tenant.id, known_id(text))  # type: ignore[arg-type]
    if placed is None or kind not in {None, placed.job.kind}:
        raise NotFound
    require_owner(me, placed.job.user_id)
    return placed


async def awaited(
    here: Installation, me: Principal, wanted: JobId, seconds: float, enough: Callable[[Placed], bool]
) -> Placed | None:
    """The job once it is `enough`, or as it stands after so many seconds; None when it is gone."""
    tenant, deadline = me.tenant.id, time.monotonic() + seconds
    with here.hub.watch(tenant, by=me.user_id, job=wanted) as watcher:
        while True:
            placed = await here.queue.find(tenant, wanted)
            left = deadline - time.monotonic()
            if placed is None or enough(placed) or left <= 0 or here.hub.stopping:
                return placed
            await watcher.changed(left)


async def outputs_of(here: Installation, placed: Sequence[Placed]) -> dict[str, list[Asset]]:
    """The files of each job, by job id."""
    found: dict[str, list[Asset]] = {one.job.id: [] for one in placed}
    if found:
        tenant = placed[0].job.tenant_id
        async with here.database.tenant(tenant) as scope:
            for row in await scope.all("assets_of_jobs", job_ids=list(found), tenant_id=tenant):
                found[row["job_id"]].append(msgspec.convert(row, Asset))
    return found


async def seen(here: Installation, placed: Placed, language: Language) -> Snapshot:
    files = await outputs_of(here, [placed]) if placed.job.status.ended else {}
    return snapshot(placed, files.get(placed.job.id, []), here.links, language)


def failure(error: Failure, language: Language) -> JobError:
    return JobError(error.code, error.message_fr if language == "fr" else error.message, error.retryable)


def cursor(created_at: datetime, name: str) -> str:
    """Where the next page starts, opaque to the client."""
    micros = (created_at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros} {name}".encode()).decode()


def read_cursor(text: str | None) -> tuple[datetime, str] | None:
    """Raises `InvalidRequest` for what was never a cursor of ours."""
    if text is None:
        return None
    try:
        micros, name = base64.urlsafe_b64decode(text.encode("ascii")).decode("ascii").split(" ")
        return _EPOCH + timedelta(microseconds=int(micros)), known_id(name)
    except (ValueError, binascii.Error, OverflowError, NotFound):
        refusal = Text("The cursor is not one we gave.", "Ce curseur n'est pas l'un des nôtres.")
        raise InvalidRequest(refusal, errors=(FieldError("/cursor", refusal),)) from None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
