"""Stills for showing: posters as WebP, and placeholders so small that they travel inside JSON."""

import base64
import io
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


def webp(picture: Image.Image, longest_side: int, *, quality: int = 82) -> bytes:
    """Upright. `picture` is shrunk in place, never enlarged; what is small already takes little to turn."""
    if picture.mode not in {"RGB", "RGBA"}:
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((longest_side, longest_side), Image.Resampling.BICUBIC)
    ImageOps.exif_transpose(picture, in_place=True)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def placeholder(poster: bytes) -> str:
    """A data: URL of under 300 characters, made of a poster."""
    with Image.open(io.BytesIO(poster), formats=("WEBP",)) as picture:
        tiny = picture.convert("RGB")
    for quality in (60, 30, 10, 0):
        url = "data:image/webp;base64," + base64.b64encode(webp(tiny, PLACEHOLDER_SIDE, quality=quality)).decode()
        if len(url) < PLACEHOLDER_CHARACTERS:
            break
    return url
