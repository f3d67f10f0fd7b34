"""Clips without sound: MP4 with H.264, which plays everywhere, or WebM with VP9."""

from collections.abc import Mapping
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from estampe.media import Facts, Kind, Label

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Video(Kind):
    """Frames shown one after another; priced by the second."""

    name: ClassVar[str] = "video"
    unit: ClassVar[str] = "video_second"
    formats: ClassVar[Mapping[str, str]] = {"mp4": "video/mp4", "webm": "video/webm"}
    needs: ClassVar[tuple[str, ...]] = (*Kind.needs, "num_frames", "fps")

    def units(self, parameters: Mapping[str, Any]) -> float:
        return float(parameters.get("num_outputs", 1) * Fraction(parameters["num_frames"]) / _rate(parameters))

    def warm(self) -> None:
        import_module("estampe.media._film")

    def encode(
        self, frames: "NDArray[np.uint8]", parameters: Mapping[str, Any], label: Label | None, into: Path
    ) -> Facts:
        from estampe.media import _film  # noqa: PLC0415 - see `warm`

        return _film.write(frames, parameters["output_format"], _rate(parameters), label, into)

    def inspect(self, path: Path) -> Facts:
        from estampe.media import _film  # noqa: PLC0415 - see `warm`

        return _film.inspect(path)

    def poster(self, path: Path, longest_side: int) -> bytes:
        from estampe.media import _film  # noqa: PLC0415 - see `warm`

        return _film.poster(path, longest_side)


def _rate(parameters: Mapping[str, Any]) -> Fraction:
    return Fraction(parameters["fps"]).limit_denominator(1001)
