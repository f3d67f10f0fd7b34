"""What the service takes and answers. Written by generate_types.py from openapi.json: do not edit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

from typing_extensions import TypedDict

__all__ = [
    "Accepted",
    "Allowance",
    "AssetFilter",
    "AssetPage",
    "Fault",
    "ImageParameters",
    "JobError",
    "JobFilter",
    "JobPage",
    "JobUrls",
    "KeyFacts",
    "KeyPage",
    "KeyParameters",
    "Left",
    "Me",
    "Model",
    "ModelList",
    "OutputFile",
    "Permission",
    "Problem",
    "Progress",
    "Result",
    "ShownKey",
    "Snapshot",
    "Status",
    "StoredFile",
    "Usage",
    "UsageReport",
    "UsageRow",
    "VideoParameters",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """A job, durable from this answer on."""

    job_id: str
    kind: str
    status: Status
    queue_position: int | None
    created_at: dt.datetime
    poll_after_ms: int
    urls: JobUrls


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """A plan in its present period (of UTC). `quotas` are by unit; what is not there, or null, is not limited."""

    plan: str
    period: str
    period_start: dt.date
    period_ends_at: dt.datetime
    quotas: dict[str, Left]
    queued: int
    max_queued: int | None
    running: int
    max_running: int | None


class AssetFilter(TypedDict, total=False):
    """Which files to list; `limit` is the size of a page."""

    kind: str | None
    mine: bool | None
    limit: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AssetPage:
    """Newest first; `next_cursor` is null on the last page."""

    assets: list[StoredFile]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One fault in a body: a JSON pointer (RFC 6901) and what is wrong there."""

    pointer: str
    detail: str


class ImageParameters(TypedDict, total=False):
    """What a picture can be asked with; what a model takes, and its limits, are in `models.list()`."""

    model: str | None
    negative_prompt: str | None
    width: int | None
    height: int | None
    aspect_ratio: str | None
    seed: int | None
    num_inference_steps: int | None
    guidance_scale: float | None
    num_outputs: int | None
    input_asset_id: str | None
    strength: float | None
    mask_asset_id: str | None
    output_format: str | None
    embed_metadata: bool | None
    metadata: dict[str, str] | None
    deadline_s: float | None
    webhook_url: str | None
    priority: Literal["high", "low", "normal"] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobError:
    """Why a job failed, in the language asked for."""

    code: str
    message: str
    retryable: bool


class JobFilter(TypedDict, total=False):
    """Which jobs to list; `q` are words of the prompt, `limit` is the size of a page."""

    kind: str | None
    status: Literal["canceled", "canceling", "expired", "failed", "queued", "running", "succeeded"] | None
    model: str | None
    created_after: dt.datetime | None
    created_before: dt.datetime | None
    user_id: str | None
    q: str | None
    mine: bool | None
    limit: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPage:
    """Newest first; `next_cursor` is null on the last page."""

    jobs: list[Snapshot]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobUrls:
    """Where the job's status, result and events are, and how to cancel it."""

    status: str
    result: str
    events: str
    cancel: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyFacts:
    """An API key, without its secret; `prefix` is how it begins, `last_used_at` is true to the minute."""

    key_id: str
    name: str
    prefix: str
    scopes: list[str]
    user_id: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPage:
    """Newest first; `next_cursor` is null on the last page."""

    keys: list[KeyFacts]
    next_cursor: str | None


class KeyParameters(TypedDict, total=False):
    """What an API key can be asked with."""

    scopes: list[Permission] | None
    expires_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """Of one unit in the period: how much there is, was used and is left; `reserved` by jobs that still run or wait."""

    limit: float
    spent: float
    reserved: float
    left: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Me:
    """The identity as the server sees it."""

    user_id: str
    organization_id: str | None
    tenant_id: str
    role: str | None
    permissions: list[str]
    issuer: str
    expires_at: dt.datetime
    limits: dict[str, int]
    allowance: Allowance


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """What a worker announces it can make.

    `parameters` is a JSON Schema (2020-12) of an object: every field the model takes, with
    `minimum`, `maximum`, `multipleOf`, `enum` and `default`; `additionalProperties` is false. It requires or
    defaults what its kind needs to write a file. A seed that nobody named is drawn between the bounds of
    `seed`; a model without `num_outputs` makes one. Up to `max_batch` requests whose parameters named in
    `batch_by` are equal may run as one batch; the same seed gives the same bytes in any batch, unless
    `deterministic` is false.
    """

    name: str
    kind: str
    engine: str
    title: str
    description: str = field(default="")
    parameters: dict[str, Any] = field(repr=False)
    deterministic: bool = field(default=True)
    default: bool = field(default=False)
    max_batch: int = field(default=1)
    batch_by: list[str] = field(default_factory=list["str"])


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelList:
    """What the live workers announce."""

    models: list[Model]


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputFile:
    """A kept file; its URLs open without a header and expire."""

    asset_id: str
    url: str = field(repr=False)
    thumbnail_url: str = field(repr=False)
    media_type: str
    width: int
    height: int
    duration_s: float | None
    bytes: int
    sha256: str
    seed: int | None
    placeholder: str = field(repr=False)


Permission = Literal[
    "images:generate",
    "jobs:manage",
    "keys:manage",
    "operator",
    "usage:read",
    "videos:generate",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A refusal (RFC 9457). `code` is stable; `title` and `detail` follow Accept-Language."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[Fault] = field(default_factory=list["Fault"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a running job is; `fraction` is in 0..1, `eta_s` in seconds or unknown."""

    fraction: float
    step: int = field(default=0)
    steps: int = field(default=0)
    stage: str = field(default="")
    eta_s: float | None = field(default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a job that succeeded has made."""

    job_id: str
    kind: str
    status: Status
    outputs: list[OutputFile]
    usage: Usage | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownKey:
    """A new API key: `key` is shown this once, and kept nowhere."""

    key_id: str
    name: str
    prefix: str
    scopes: list[str]
    user_id: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None
    key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A job as it stands; `notes` say how the model read the request (words understood and ignored)."""

    job_id: str
    kind: str
    status: Status
    model: str
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    expires_at: dt.datetime | None
    queue_position: int | None
    progress: Progress | None
    parameters: dict[str, Any] = field(repr=False)
    metadata: dict[str, str]
    notes: dict[str, list[str]]
    attempts: int
    error: JobError | None
    usage: Usage | None
    outputs: list[OutputFile]
    retry_of: str | None
    user_id: str
    organization_id: str | None


Status = Literal[
    "canceled",
    "canceling",
    "expired",
    "failed",
    "queued",
    "running",
    "succeeded",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFile:
    """Facts about a kept file."""

    asset_id: str
    url: str = field(repr=False)
    thumbnail_url: str = field(repr=False)
    media_type: str
    width: int
    height: int
    duration_s: float | None
    bytes: int
    sha256: str
    seed: int | None
    placeholder: str = field(repr=False)
    job_id: str | None
    kind: str
    created_at: dt.datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a job consumed: `units` are images or seconds of video, `cost` is None where no price is set."""

    units: float
    gpu_seconds: float
    cost: float | None = field(default=None)
    currency: str | None = field(default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageReport:
    """From the first moment on and before the last; `allowance` is what is left now."""

    from_: dt.datetime = field(metadata={"wire": "from"})
    to: dt.datetime
    group_by: list[str]
    rows: list[UsageRow]
    allowance: Allowance


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageRow:
    """What a group used; of `day`, `user_id`, `model` and `kind` those are there that were asked for.

    `attempts` are all that finished, `gpu_seconds` theirs; `units` and `cost` are of those that succeeded.
    """

    day: dt.date | None = field(default=None)
    user_id: str | None = field(default=None)
    model: str | None = field(default=None)
    kind: str | None = field(default=None)
    attempts: int
    succeeded: int
    units: dict[str, float]
    gpu_seconds: float
    cost: float | None = field(default=None)
    currency: str | None = field(default=None)


class VideoParameters(TypedDict, total=False):
    """What a clip can be asked with; what a model takes, and its limits, are in `models.list()`."""

    model: str | None
    negative_prompt: str | None
    width: int | None
    height: int | None
    aspect_ratio: str | None
    seed: int | None
    num_inference_steps: int | None
    guidance_scale: float | None
    num_outputs: int | None
    input_asset_id: str | None
    strength: float | None
    mask_asset_id: str | None
    output_format: str | None
    embed_metadata: bool | None
    metadata: dict[str, str] | None
    deadline_s: float | None
    webhook_url: str | None
    priority: Literal["high", "low", "normal"] | None
    num_frames: int | None
    duration_s: float | None
    fps: int | None
