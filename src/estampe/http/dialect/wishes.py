"""From OpenAI's words to ours: what is asked becomes a body of the native routes, or a refusal in their words."""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import UNSET

from estampe.domain import Model
from estampe.errors import FieldError, InvalidRequestBody, LimitExceeded, Text
from estampe.http.dialect.shapes import ImageEdit, ImageGeneration, Ours, PictureReference, VideoCreation
from estampe.http.installation import Installation
from estampe.http.schemas import Generate, GenerateImage, GenerateVideo
from estampe.http.wire.faults import fault

ANY_NAME, OWN_MODEL = "*", "default"
NOT_YET = "as_not_brought_yet"
"""Stands for a picture while everything else of the request is checked."""

# What these would change, no model here can: the values that ask for nothing special are taken, others refused.
_PLAIN: Mapping[str, tuple[Any, ...]] = {
    "quality": ("auto", "standard", "medium"),
    "style": ("vivid",),
    "background": ("auto", "opaque"),
    "output_compression": (100,),
    "input_fidelity": ("low",),
}
_INSTEAD = {
    "quality": Text("num_inference_steps says how much work to spend", "num_inference_steps dit combien y travailler"),
    "style": Text("say the style in the prompt", "dites le style dans la consigne"),
}
_SAME_NAME = ("prompt", "output_format", *(name for name in Ours.__struct_fields__))
_ORIGINS = {"num_outputs": "n", "width": "size", "height": "size", "mask_asset_id": "mask"}
IMAGE_NAMES = {**_ORIGINS, "input_asset_id": "image"}
VIDEO_NAMES = {**_ORIGINS, "input_asset_id": "input_reference", "num_frames": "seconds", "duration_s": "seconds"}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, in our words.

    `pictures` are brought before the job is made, each under the field that will hold its id.
    """

    kind: str
    body: Generate
    pictures: dict[str, bytes] = {}
    names: Mapping[str, str]


async def model_of(here: Installation, kind: str, asked: str | None) -> Model:
    """The model of that name, of the alias, or the kind's own. Raises `NoWorker` or `UnknownModel`."""
    aliases = here.settings.openai_model_aliases
    known = {model.name for model in await here.announced.all()}
    name = asked
    if asked is not None and asked not in known:
        name = aliases.get(asked, aliases.get(ANY_NAME, asked))
    return await here.announced.choose(kind, None if name == OWN_MODEL and name not in known else name)


def image(said: ImageGeneration, model: Model) -> Wish:
    """Raises `InvalidRequestBody` and `LimitExceeded`."""
    fields = _fields(said, model)
    if said.n is not None:
        fields["num_outputs"] = said.n
    pictures = {}
    if isinstance(said, ImageEdit):
        if said.mask is not None:
            pictures["mask_asset_id"] = said.mask
        pictures["input_asset_id"] = _one(said.image)
    return _wish("image", fields | dict.fromkeys(pictures, NOT_YET), pictures)


def video(said: VideoCreation, model: Model) -> Wish:
    """Raises `InvalidRequestBody` and `LimitExceeded`."""
    fields = _fields(said, model)
    if said.seconds is not None:
        seconds = float(said.seconds)
        fields["duration_s"] = seconds
        fields["fps"] = _rate(seconds, model) if said.fps is UNSET else said.fps
    elif said.fps is not UNSET:
        fields["fps"] = said.fps
    pictures = {}
    match said.input_reference:
        case bytes(content):
            pictures["input_asset_id"] = content
        case PictureReference(file_id=str(name), image_url=None):
            fields["input_asset_id"] = name
        case PictureReference(file_id=None, image_url=str(url)):
            pictures["input_asset_id"] = _inside(url)
        case PictureReference():
            raise _refused("input_reference", "give file_id or image_url", "donnez file_id ou image_url")
    return _wish("video", fields | dict.fromkeys(pictures, NOT_YET), pictures)


def _fields(said: Ours, model: Model) -> dict[str, Any]:
    for name, plain in _PLAIN.items():
        if getattr(said, name, None) not in {None, *plain}:
            raise _special(name, plain)
    fields = {name: getattr(said, name) for name in _SAME_NAME}
    size = getattr(said, "size", None)
    if size not in {None, "auto"}:
        fields["width"], fields["height"] = map(int, size.split("x"))
    fields["model"] = model.name
    return {name: value for name, value in fields.items() if value is not None and value is not UNSET}


def _special(name: str, plain: tuple[Any, ...]) -> LimitExceeded:
    taken = ", ".join(str(value) for value in plain)
    instead = _INSTEAD.get(name)
    en = f"{name} can only be {taken} here" + (f"; {instead.en}" if instead else "")
    fr = f"{name} ne peut être que {taken} ici" + (f" ; {instead.fr}" if instead else "")
    why = Text(en, fr)
    return LimitExceeded(why, errors=(FieldError(f"/{name}", why),))


def _one(pictures: bytes | list[bytes]) -> bytes:
    if isinstance(pictures, bytes):
        return pictures
    if len(pictures) != 1:
        raise _refused("image", "give one picture", "donnez une seule image")
    return pictures[0]


def _rate(seconds: float, model: Model) -> Any:
    """The length is kept: where a model has too few frames for its own rate, the rate gives way."""
    fields = model.parameters["properties"]
    rate, most = fields.get("fps", {}), fields.get("num_frames", {}).get("maximum")
    own = rate.get("default", UNSET)
    if own is UNSET or most is None or seconds * own <= most:
        return own
    return max(int(most / seconds), rate.get("minimum", 1))


def _inside(url: str) -> bytes:
    """The picture in a data: URL; others are not fetched, for they could lead anywhere."""
    head, _, content = url.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        raise _refused(
            "input_reference",
            "image_url must hold the picture itself: data:image/png;base64,…",
            "image_url doit contenir l'image elle-même : data:image/png;base64,…",
        )
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise _refused("input_reference", "image_url is not base64", "image_url n'est pas en base64") from None


def _refused(name: str, en: str, fr: str) -> InvalidRequestBody:
    why = Text(en, fr)
    return InvalidRequestBody(why, errors=(FieldError(f"/{name}", why),))


def _wish(kind: str, fields: dict[str, Any], pictures: dict[str, bytes]) -> Wish:
    names = VIDEO_NAMES if kind == "video" else IMAGE_NAMES
    shape = GenerateVideo if kind == "video" else GenerateImage
    with told_with(names):
        try:
            body = msgspec.convert({k: v for k, v in fields.items() if v is not UNSET}, shape)
        except msgspec.ValidationError as error:
            raise InvalidRequestBody(errors=(fault(error),)) from None
    return Wish(kind=kind, body=body, pictures=pictures, names=names)


def sort(said: Ours) -> str:
    """A digest of all that was said, the same for every try of one call.

    Files go by theirs: how a form's parts were divided says nothing.
    """
    fields = {
        name: hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value
        for name, value in msgspec.structs.asdict(said).items()
    }
    told = [type(said).__name__, {name: value for name, value in fields.items() if value is not UNSET}]
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()


@contextmanager
def told_with(names: Mapping[str, str]) -> Iterator[None]:
    """A fault in a field of ours is told as one in the field that the caller knows."""
    try:
        yield
    except (InvalidRequestBody, LimitExceeded) as error:
        faults = tuple(FieldError(_renamed(one.pointer, names), one.detail) for one in error.errors)
        raise type(error)(error.detail, errors=faults) from None


def _renamed(pointer: str, names: Mapping[str, str]) -> str:
    first, *rest = pointer.removeprefix("/").split("/")
    return "/" + "/".join([names.get(first, first), *rest])
