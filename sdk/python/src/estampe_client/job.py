"""What is heard of a job while it is being made, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from estampe_client.errors import (
    ApiError,
    JobCanceled,
    JobExpired,
    JobFailed,
    Refusal,
)
from estampe_client.types import Accepted, Result, Snapshot

ENDED = frozenset({"succeeded", "failed", "canceled", "expired"})
ENDINGS: dict[str, type[ApiError]] = {"failed": JobFailed, "canceled": JobCanceled, "expired": JobExpired}

EventName = Literal["snapshot", "status", "progress", "preview", "done"]
JobRef = str | Accepted | Snapshot | Result
"""A job, by its id or by anything that has it."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How the picture looks so far."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something happened to a job: `job` is how it stands now. Only a `preview` event has a preview."""

    name: EventName
    job: Snapshot
    preview: Preview | None = None


def id_of(job: JobRef) -> str:
    return job if isinstance(job, str) else job.job_id


def has_ended(job: Snapshot) -> bool:
    return job.status in ENDED


def result_of(job: Snapshot) -> Result:
    """What a job that ended has made. Raises `JobFailed`, `JobCanceled` or `JobExpired`, with the job."""
    if job.status == "succeeded":
        return Result(job_id=job.job_id, kind=job.kind, status=job.status, outputs=job.outputs, usage=job.usage)
    kind = ENDINGS[job.status]
    said = job.error.message if job.error else f"the job is {job.status}"
    raise kind(Refusal(code=kind.code, status=409, title=f"the job is {job.status}", detail=said, job=job))
