"""Stills as people see them: what they bring, posters as WebP, and placeholders that travel inside JSON."""

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

POSTER_PIXELS = 384
PLACEHOLDER_SIDE = 16
PLACEHOLDER_CHARACTERS = 300


def still(frame: "NDArray[np.uint8]", longest_side: int) -> bytes:
    """A frame (height, width, 3 or 4) as WebP, no side longer than `longest_side` pixels."""
    return webp(Image.fromarray(frame), longest_side)


def brought(path: Path) -> Image.Image:
    """A picture that a person brought, upright, in RGB or RGBA of 8 bits a channel; it is known to decode."""
    with Image.open(path) as picture:
        seen = _in_colours(picture)
        ImageOps.exif_transpose(seen, in_place=True)
        return seen


def webp(picture: Image.Image, longest_side: int, *, quality: int = 82) -> bytes:
    """Upright. `picture` is shrunk in place, never enlarged; what is small already takes little to turn."""
    picture = _in_colours(picture)
    picture.thumbnail((longest_side, longest_side), Image.Resampling.BICUBIC)
    ImageOps.exif_transpose(picture, in_place=True)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def _in_colours(picture: Image.Image) -> Image.Image:
    if picture.mode in {"RGB", "RGBA"}:
        return picture
    if picture.mode.startswith("I"):  # 16 bits, which `convert` would clip
        picture = picture.point(lambda level: level / 257 + 0.5).convert("L")
        picture.info.pop("transparency", None)  # one level of those that are now the same
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def placeholder(poster: bytes) -> str:
    """A data: URL of under 300 characters, made of a poster."""
    with Image.open(io.BytesIO(poster), formats=("WEBP",)) as picture:
        tiny = picture.convert("RGB")
    for quality in (60, 30, 10, 0):
        url = "data:image/webp;base64," + base64.b64encode(webp(tiny, PLACEHOLDER_SIDE, quality=quality)).decode()
        if len(url) < PLACEHOLDER_CHARACTERS:
            break
    return url
