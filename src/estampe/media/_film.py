"""Clips written, read and looked at with PyAV, which only those who do so load."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image as Pillow

from estampe.errors import LimitExceeded, Text
from estampe.media import Facts, Label
from estampe.media._provenance import generation, title
from estampe.media._still import webp
from estampe.media._untrusted import LARGEST_PIXELS, hold_to_size, judged, refuse_kind, unreadable

MOST_DECODED_PIXELS = 4_000_000_000
_BT709 = 1
_HEAD_BYTES = 12
_CODECS = {"video/mp4": frozenset({"h264", "hevc", "av1"}), "video/webm": frozenset({"vp8", "vp9", "av1"})}
_MEDIA_TYPES = {"mp4": "video/mp4", "webm": "video/webm"}
_DEMUXERS = {media_type: name for name, media_type in _MEDIA_TYPES.items()}
# One thread and bit-exact flags: the same frames are the same bytes. No B-frames: no delay before the first.
_ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    "mp4": ("libx264", {"crf": "17", "preset": "medium", "bf": "0"}),
    "webm": ("libvpx-vp9", {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4"}),
}
_MUXING = {"mp4": {"movflags": "+faststart"}, "webm": {}}


def write(frames: NDArray[np.uint8], format_: str, rate: Fraction, label: Label | None, into: Path) -> Facts:
    solid = _even(_opaque(frames))
    muxing = {**_MUXING[format_], "fflags": "+bitexact"}
    with av.open(str(into), "w", format=format_, container_options=muxing) as container:
        if label is not None:
            container.metadata.update({"title": title(label), "comment": generation(label)})
        stream = _stream(container, format_, rate)
        stream.height, stream.width = solid.shape[1:3]
        for index, frame in enumerate(solid):
            container.mux(stream.encode(_converted(frame, index, 1 / rate)))
        container.mux(stream.encode(None))
    return Facts(
        media_type=_MEDIA_TYPES[format_],
        width=solid.shape[2],
        height=solid.shape[1],
        duration_s=float(len(solid) / rate),
        frames=len(solid),
    )


def inspect(path: Path) -> Facts:
    with _opened(path) as (container, media_type):
        stream = container.streams.video[0]
        count, end = 0, Fraction(0)
        budget = MOST_DECODED_PIXELS
        for frame in container.decode(stream):
            hold_to_size(frame.width, frame.height)
            budget -= frame.width * frame.height
            if budget < 0:
                raise LimitExceeded(Text("The video is too long.", "La vidéo est trop longue."))
            count += 1
            end = max(end, _ends_at(frame))
        if count == 0 or count < stream.frames or _falls_short(container, end, count):
            raise unreadable()
        return Facts(
            media_type=media_type,
            width=stream.width,
            height=stream.height,
            duration_s=float(end),
            frames=count,
        )


def poster(path: Path, longest_side: int) -> bytes:
    with _opened(path) as (container, _):
        for frame in container.decode(container.streams.video[0]):
            hold_to_size(frame.width, frame.height)
            return webp(Pillow.fromarray(frame.to_ndarray(format="rgb24")), longest_side)
        raise unreadable()


def _stream(container: OutputContainer, format_: str, rate: Fraction) -> VideoStream:
    codec, options = _ENCODERS[format_]
    stream = cast("VideoStream", container.add_stream(codec, rate=rate, options={**options, "threads": "1"}))
    context = stream.codec_context
    stream.pix_fmt = "yuv420p"
    stream.time_base = context.time_base = 1 / rate
    context.flags |= Flags.bitexact
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = ColorRange.MPEG
    return stream


def _opaque(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if frames.shape[-1] == 3:  # noqa: PLR2004 - red, green and blue
        return frames
    alpha = frames[..., 3:].astype(np.uint16)
    solid = (frames[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return solid.astype(np.uint8)


def _even(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """4:2:0 halves the colours, so an odd side repeats its last line."""
    _, height, width, _ = frames.shape
    if height % 2 or width % 2:
        frames = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return frames


def _converted(frame: NDArray[np.uint8], index: int, time_base: Fraction) -> av.VideoFrame:
    shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
    shown = shown.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
    shown.pts, shown.time_base = index, time_base
    shown.duration = 1
    return shown


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, str]]:
    """The demuxer is named by the first bytes and given an open file: no playlist can lead it elsewhere."""
    with judged(), path.open("rb") as file:
        media_type = _sniffed(file.read(_HEAD_BYTES))
        file.seek(0)
        with av.open(file, "r", format=_DEMUXERS[media_type], options={"enable_drefs": "0"}) as container:
            if not container.streams.video:
                raise refuse_kind("MP4, WebM")
            context = container.streams.video[0].codec_context
            if context.name not in _CODECS[media_type] and context.codec.canonical_name not in _CODECS[media_type]:
                raise refuse_kind("MP4 (H.264, HEVC, AV1), WebM (VP8, VP9, AV1)")
            hold_to_size(context.width, context.height)
            context.options = {"max_pixels": str(LARGEST_PIXELS)}
            yield container, media_type


def _sniffed(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm"
    raise refuse_kind("MP4, WebM")


def _ends_at(frame: av.VideoFrame) -> Fraction:
    if frame.pts is None or frame.time_base is None:
        return Fraction(0)
    return (frame.pts + (frame.duration or 0)) * frame.time_base


def _falls_short(container: InputContainer, end: Fraction, count: int) -> bool:
    """A cut file ends before its header says; half a frame is rounding. Sound may outlast the pictures."""
    stream = container.streams.video[0]
    if stream.duration is not None and stream.time_base is not None:
        told = stream.duration * stream.time_base
    elif container.duration is not None and not container.streams.audio:
        told = Fraction(container.duration, av.time_base)
    else:
        return False
    return end + end / (2 * count) < told
