"""Pictures: PNG, WebP, JPEG, and AVIF where Pillow was built with it."""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PIL import Image as Pillow
from PIL import UnidentifiedImageError, features
from PIL.PngImagePlugin import PngInfo

from estampe.errors import LimitExceeded, Text
from estampe.media import Facts, Kind, Label
from estampe.media._provenance import description, generation, xmp
from estampe.media._scans import hold_to_scans
from estampe.media._still import webp
from estampe.media._untrusted import hold_to_size, judged, refuse_kind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SAVED: dict[str, dict[str, Any]] = {
    # Runs alone, after filters: of drawings a tenth fewer bytes than level 4 in two thirds of the time.
    "png": {"compress_level": 1, "compress_type": zlib.Z_RLE},
    "webp": {"quality": 92, "method": 4},
    "jpeg": {"quality": 92, "subsampling": 0},  # "optimize" fails on noise: Pillow guesses its buffer too small
    "avif": {"quality": 85, "speed": 8, "max_threads": 1},
}
_AVIF = features.check("avif")
# A phone's JPEG with a second picture inside is called MPO: its first picture is a plain JPEG.
_MEDIA_TYPES = {
    "PNG": "image/png",
    "WEBP": "image/webp",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    **({"AVIF": "image/avif"} if _AVIF else {}),
}
_READ = tuple(name for name in _MEDIA_TYPES if name != "MPO")
_SIDEWAYS = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height
_ORIENTATION = 0x0112

Pillow.init()  # a named format must be registered before it can be asked for


class Image(Kind):
    """One still picture a file."""

    name: ClassVar[str] = "image"
    unit: ClassVar[str] = "image"
    formats: ClassVar[Mapping[str, str]] = {
        "png": "image/png",
        "webp": "image/webp",
        "jpeg": "image/jpeg",
        **({"avif": "image/avif"} if _AVIF else {}),
    }

    def units(self, parameters: Mapping[str, Any]) -> float:
        return float(parameters.get("num_outputs", 1))

    def encode(
        self, frames: "NDArray[np.uint8]", parameters: Mapping[str, Any], label: Label | None, into: Path
    ) -> Facts:
        picture = Pillow.fromarray(frames[0])
        format_ = parameters["output_format"]
        if format_ == "jpeg" and picture.mode == "RGBA":
            picture = Pillow.alpha_composite(Pillow.new("RGBA", picture.size, "white"), picture).convert("RGB")
        picture.save(into, format_.upper(), **_SAVED[format_], **_written(format_, label))
        return Facts(media_type=self.formats[format_], width=picture.width, height=picture.height)

    def inspect(self, path: Path) -> Facts:
        with _opened(path) as picture:
            if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
                raise refuse_kind("PNG, JPEG, WebP, AVIF (not animated)")
            width, height = picture.size
            picture.draft(picture.mode, (1, 1))  # a JPEG is read to its end, and its pixels are not kept
            picture.load()
            if picture.getexif().get(_ORIENTATION) in _SIDEWAYS:
                width, height = height, width
            return Facts(media_type=_MEDIA_TYPES[picture.format or ""], width=width, height=height)

    def poster(self, path: Path, longest_side: int) -> bytes:
        with _opened(path) as picture:
            picture.draft("RGB", (longest_side * 2, longest_side * 2))
            return webp(picture, longest_side)


@contextmanager
def _opened(path: Path) -> Iterator[Pillow.Image]:
    """Only the header has been decoded. A picture that Pillow itself holds for a bomb is too large."""
    with judged():
        hold_to_scans(path)
        try:
            opened = Pillow.open(path, formats=_READ)
        except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
            raise LimitExceeded(Text("The picture has too many pixels.", "L'image a trop de pixels.")) from error
        except UnidentifiedImageError as error:
            raise refuse_kind("PNG, JPEG, WebP, AVIF") from error
        with opened:
            hold_to_size(*opened.size)
            yield opened


def _written(format_: str, label: Label | None) -> dict[str, Any]:
    if label is None:
        return {}
    if format_ != "png":
        return {"xmp": xmp(label)}
    told = PngInfo()
    told.add_itxt("Software", "Estampe")
    told.add_itxt("Description", description(label))
    told.add_itxt("estampe", generation(label))
    told.add_itxt("XML:com.adobe.xmp", xmp(label).decode())
    return {"pnginfo": told}
