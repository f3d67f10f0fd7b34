"""The wire shapes of the OpenAI dialect: bodies it takes, answers it gives; their names and values are OpenAI's."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from estampe.http.schemas import Body, Line, Prompt, Query, Seed, Whole

File = Annotated[bytes, Meta(description="A file; where it comes as text, in base64.")]
Count = Annotated[int, Meta(ge=1, le=10)]
Size = Annotated[str, Meta(pattern=r"^(auto|[1-9][0-9]{0,4}x[1-9][0-9]{0,4})$")]
Seconds = Annotated[str, Meta(pattern=r"^[0-9]{1,4}(\.[0-9]{1,3})?$")]


class Ours(Body, frozen=True, kw_only=True):
    """What OpenAI has no word for, and our models may take: `extra_body` in its clients."""

    negative_prompt: Annotated[str, Meta(max_length=4000, pattern=r"^[^\x00]*$")] | UnsetType = UNSET
    seed: Seed | UnsetType = UNSET
    num_inference_steps: Whole | UnsetType = UNSET
    guidance_scale: Annotated[float, Meta(ge=0, le=100)] | UnsetType = UNSET
    strength: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    embed_metadata: bool | UnsetType = UNSET
    metadata: Annotated[dict[Line, Line], Meta(max_length=16)] | UnsetType = UNSET


class ImageGeneration(Ours, frozen=True, kw_only=True):
    """Pictures from a prompt. `user` and `safety_identifier` are read by nobody: the token says who asks."""

    prompt: Prompt
    model: Line | None = None
    n: Count | None = None
    size: Size | None = None
    output_format: Line | None = None
    response_format: Literal["url", "b64_json"] | None = None
    stream: bool | None = None
    partial_images: Annotated[int, Meta(ge=0, le=3)] | None = None
    quality: Line | None = None
    style: Line | None = None
    background: Line | None = None
    output_compression: int | None = None
    moderation: Literal["low", "auto"] | None = None
    user: Line | None = None
    safety_identifier: Line | None = None


class ImageEdit(ImageGeneration, frozen=True, kw_only=True):
    """Pictures from a prompt and a picture; where the mask is transparent, the picture is drawn anew."""

    image: File | list[File]
    mask: File | None = None
    input_fidelity: Line | None = None


class PictureReference(Body, frozen=True):
    """A picture of one's own by id, or one inside a data: URL."""

    file_id: Line | None = None
    image_url: str | None = None


class VideoCreation(Ours, frozen=True, kw_only=True):
    """A clip from a prompt, and from a picture where one is given."""

    prompt: Prompt
    model: Line | None = None
    seconds: Seconds | Annotated[float, Meta(gt=0, le=3600)] | None = None
    size: Size | None = None
    input_reference: File | PictureReference | None = None
    fps: Whole | UnsetType = UNSET
    output_format: Line | None = None
    user: Line | None = None
    safety_identifier: Line | None = None


class ImageMade(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture: its bytes in base64, a URL that expires, or both; and the seed that makes it again."""

    b64_json: str | None = None
    url: str | None = None
    asset_id: str
    seed: int | None


class ImagesMade(msgspec.Struct, frozen=True, kw_only=True):
    """What one call made."""

    created: int
    data: list[ImageMade]
    size: str
    output_format: str
    job_id: str


class VideoError(msgspec.Struct, frozen=True):
    """Why there is no clip."""

    code: str
    message: str


class VideoJob(msgspec.Struct, frozen=True, kw_only=True):
    """A clip, made or in the making; `progress` is in percent, times are in Unix seconds."""

    id: str
    object: Literal["video"] = "video"
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int
    model: str
    prompt: str
    seconds: str
    size: str
    created_at: int
    completed_at: int | None
    expires_at: int | None
    error: VideoError | None
    remixed_from_video_id: str | None = None


class VideoJobPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of clips."""

    object: Literal["list"] = "list"
    data: list[VideoJob]
    first_id: str | None
    last_id: str | None
    has_more: bool


class VideoDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """A clip that is gone, with its files."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: bool = True


class VideosQuery(Query, frozen=True, kw_only=True):
    """A page after a clip, newest first unless `order` is `asc`."""

    after: Line | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    order: Literal["asc", "desc"] = "desc"


class VideoContentQuery(Query, frozen=True, kw_only=True):
    """The clip itself, or a still of it."""

    variant: Literal["video", "thumbnail"] = "video"


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """A name that may be asked for; an alias has the `kind` of what it stands for."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "estampe"
    kind: str | None = None


class ModelCards(msgspec.Struct, frozen=True, kw_only=True):
    """Every name that may be asked for now."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


class RefusalDetail(msgspec.Struct, frozen=True, kw_only=True):
    """`code` is OpenAI's where it has one for this, `reason` always ours; `param` is the field at fault."""

    message: str
    type: str
    param: str | None
    code: str
    reason: str


class Refusal(msgspec.Struct, frozen=True):
    """How this dialect says no."""

    error: RefusalDetail
