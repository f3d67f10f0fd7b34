"""The wire shapes: OpenAPI and the TypeScript client are made from these."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from estampe.domain import Model, Priority, Progress, Status, Usage
from estampe.http.allowance import Allowance
from estampe.identity import Door

# PostgreSQL keeps no NUL, so none comes in.
Line = Annotated[str, Meta(max_length=256, pattern=r"^[^\x00]*$")]
Prompt = Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]
Seed = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Whole = Annotated[int, Meta(ge=1, le=100_000)]
Wait = Annotated[float, Meta(ge=0, le=60)]
PRIORITY = (
    "When it runs among the jobs of its tenant; it moves nothing between tenants. `high` starts sooner, and puts off "
    "one's own next jobs by four times as much; `low` lets four others pass for each of its kind. None waits for ever."
)
DOWNLOAD = (
    "Answers with the file as one to be saved, under a name of its own, and never with a way to the store. It may be "
    "added to a signed URL, whose signature does not cover it: it opens nothing that the URL does not."
)
Limit = Annotated[int, Meta(ge=1, le=100)]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON body: a field we do not know is refused, not ignored."""


class Generate(Body, frozen=True, kw_only=True):
    """What every kind can be asked with. What a model takes, and its limits, are in `GET /api/models`."""

    prompt: Prompt
    model: Line | UnsetType = UNSET
    negative_prompt: Annotated[str, Meta(max_length=4000, pattern=r"^[^\x00]*$")] | UnsetType = UNSET
    width: Whole | UnsetType = UNSET
    height: Whole | UnsetType = UNSET
    aspect_ratio: Annotated[str, Meta(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")] | UnsetType = UNSET
    seed: Seed | UnsetType = UNSET
    num_inference_steps: Whole | UnsetType = UNSET
    guidance_scale: Annotated[float, Meta(ge=0, le=100)] | UnsetType = UNSET
    num_outputs: Whole | UnsetType = UNSET
    input_asset_id: Line | UnsetType = UNSET
    strength: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    mask_asset_id: Line | UnsetType = UNSET
    output_format: Line | UnsetType = UNSET
    embed_metadata: bool | UnsetType = UNSET
    metadata: Annotated[dict[Line, Line], Meta(max_length=16)] = {}
    deadline_s: Annotated[float, Meta(gt=0, le=7 * 24 * 3600)] | None = None
    webhook_url: Annotated[str, Meta(min_length=1, max_length=2048, pattern=r"^[!-~]+$")] | None = None
    priority: Annotated[Priority, Meta(description=PRIORITY)] | UnsetType = UNSET
    user_id: Line | None = None
    organization_id: Line | None = None


class GenerateImage(Generate, frozen=True, kw_only=True):
    """A picture, or several."""


class GenerateVideo(Generate, frozen=True, kw_only=True):
    """A clip: `num_frames`, or `duration_s` at `fps` frames a second."""

    num_frames: Whole | UnsetType = UNSET
    duration_s: Annotated[float, Meta(gt=0, le=3600)] | UnsetType = UNSET
    fps: Whole | UnsetType = UNSET


ABOUT_THE_REQUEST = frozenset(
    {"model", "metadata", "deadline_s", "webhook_url", "priority", "user_id", "organization_id"}
)


class JobUrls(msgspec.Struct, frozen=True):
    """Where the job's status, result and events are, and how to cancel it."""

    status: str
    result: str
    events: str
    cancel: str


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A job, durable from this answer on."""

    job_id: str
    kind: str
    status: Status
    queue_position: int | None
    created_at: datetime
    poll_after_ms: int
    urls: JobUrls


class OutputFile(msgspec.Struct, frozen=True, kw_only=True):
    """A kept file; its URLs open without a header and expire."""

    asset_id: str
    url: str
    thumbnail_url: str
    media_type: str
    width: int
    height: int
    duration_s: float | None
    bytes: int
    sha256: str
    seed: int | None
    placeholder: str


class JobError(msgspec.Struct, frozen=True):
    """Why a job failed, in the language asked for."""

    code: str
    message: str
    retryable: bool


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands; `notes` say how the model read the request (words understood and ignored)."""

    job_id: str
    kind: str
    status: Status
    model: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    queue_position: int | None
    progress: Progress | None
    parameters: dict[str, Any]
    metadata: dict[str, str]
    notes: dict[str, list[str]]
    attempts: int
    error: JobError | None
    usage: Usage | None
    outputs: list[OutputFile]
    retry_of: str | None
    user_id: str
    organization_id: str | None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a job that succeeded has made."""

    job_id: str
    kind: str
    status: Status
    outputs: list[OutputFile]
    usage: Usage | None


class JobPage(msgspec.Struct, frozen=True):
    """Newest first; `next_cursor` is null on the last page."""

    jobs: list[Snapshot]
    next_cursor: str | None


class Person(msgspec.Struct, frozen=True):
    """Someone who made jobs here, how many are still kept, and when the last was made."""

    user_id: str
    jobs: int
    last_at: datetime


class People(msgspec.Struct, frozen=True):
    """Who made jobs, who made one last first: of the organisation for who sees all of it, else oneself."""

    people: list[Person]


class StoredFile(OutputFile, frozen=True, kw_only=True):
    """Facts about a kept file."""

    job_id: str | None
    kind: str
    created_at: datetime


class AssetPage(msgspec.Struct, frozen=True):
    """Newest first; `next_cursor` is null on the last page."""

    assets: list[StoredFile]
    next_cursor: str | None


class ModelList(msgspec.Struct, frozen=True):
    """What the live workers announce."""

    models: list[Model]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The identity as the server sees it."""

    user_id: str
    organization_id: str | None
    tenant_id: str
    role: str | None
    permissions: list[str]
    issuer: str
    expires_at: datetime
    limits: dict[str, int]
    allowance: Allowance


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A query string: a parameter we do not know is refused."""


class StatusQuery(Query, frozen=True, kw_only=True):
    """`wait` answers as soon as the job changes, at most so many seconds later."""

    wait: Wait = 0


class JobsQuery(Query, frozen=True, kw_only=True):
    """Filters; `q` are words of the prompt, `mine` leaves out the organisation's other people, `user_id` all but one.

    Whoever sees only their own jobs sees none of anyone else's, whatever they ask for.
    """

    kind: Line | None = None
    status: Literal["queued", "running", "canceling", "succeeded", "failed", "canceled", "expired"] | None = None
    model: Line | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    user_id: Line | None = None
    q: Line | None = None
    mine: bool = False
    cursor: Line | None = None
    limit: Limit = 50


class AssetsQuery(Query, frozen=True, kw_only=True):
    """Filters; `mine` leaves out the organisation's other people."""

    kind: Line | None = None
    mine: bool = False
    cursor: Line | None = None
    limit: Limit = 50


class ContentQuery(Query, frozen=True, kw_only=True):
    """The variant, and the signature of a signed URL."""

    variant: Literal["original", "thumbnail"] = "original"
    tenant: Line | None = None
    expires: int | None = None
    signature: Line | None = None
    download: Annotated[bool, Meta(description=DOWNLOAD)] = False


class SignInCode(Body, frozen=True):
    """The single-use code of a printed link."""

    code: Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[!-~]+$")]


class FreshToken(msgspec.Struct, frozen=True):
    """A token of the local issuer, good for `expires_in` seconds."""

    token: str
    expires_in: int


class ClerkDoor(msgspec.Struct, frozen=True):
    """What Clerk's component needs in a page: its key, and where it asks."""

    publishable_key: str
    frontend_api_url: str


class SignInMethods(msgspec.Struct, frozen=True, kw_only=True):
    """How people may sign in here: with the printed link, at Clerk, at OpenID issuers.

    An issuer that is away may be missing. `clerk_publishable_key` is `clerk`'s, for pages from before it was there.
    """

    local: bool
    clerk: ClerkDoor | None
    clerk_publishable_key: str | None
    oidc: list[Door]


class Health(msgspec.Struct, frozen=True):
    """Whether this process works, and since which version."""

    status: str
    version: str
