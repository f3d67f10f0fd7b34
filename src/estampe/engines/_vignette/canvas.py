"""From a small picture on white to a sharp subject, and from a subject to frames of any size."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Colour = tuple[int, int, int]

_FAINTEST = 0.06  # how far from white the networks' own noise goes
_PALEST = 0.13  # a subject's own lightest parts, such as a wall or a belly
_SURE = 0.25
_ROUNDS_PER_SCALE = 3
_LAYERS = 4
_ONE_ROW = 2  # subjects at most
FILLED = 0.88  # of a still frame's shorter side: what is drawn reaches its own edges, and wants air around it


class Pose(NamedTuple):
    """Where a subject stands: shift in sides of the subject, turn in degrees, stretch around its middle."""

    east: float = 0.0
    south: float = 0.0
    degrees: float = 0.0
    wide: float = 1.0
    tall: float = 1.0


def cut_out(drawn: Bytes, *, scale: int = 1) -> Image.Image:
    """A picture `scale` times larger and crisp, as an image of mode RGBa (premultiplied).

    It is (side, side, 4) as it is, or (side, side, 3) on white. There only white that touches the border is
    background: a panda keeps its face.
    """
    light: Floats = (drawn.transpose(2, 0, 1) / 255).astype(np.float32)
    if len(light) == _LAYERS:
        light = _sharpened(light, scale) if scale > 1 else light
        alpha = np.clip((light[3] - _FAINTEST) / (1 - 2 * _FAINTEST), 0, 1)
        return _layered([*np.clip(light[:3], 0, alpha), alpha])
    outside = _grown(_grown(_reached(1 - light.min(axis=0) < _PALEST)))
    if scale > 1:
        light = _sharpened(light, scale)
    soft = np.clip((1 - light.min(axis=0) - _FAINTEST) / (_SURE - _FAINTEST), 0, 1)
    share = np.clip(_enlarged(outside.astype(np.float32), scale), 0, 1)
    alpha = 1 - share * (1 - soft)
    return _layered([*np.clip(light - (1 - alpha), 0, alpha), alpha])


def _layered(planes: Sequence[Floats]) -> Image.Image:
    levels = (np.stack(planes, axis=-1) * 255).round().astype(np.uint8)
    return Image.frombytes("RGBa", levels.shape[:2], levels.tobytes())


def _above(subjects: int) -> int:
    """How many of so many stand in a row above the others, which are as many or one more."""
    return subjects // 2 if subjects > _ONE_ROW else 0


def columns(subjects: int) -> int:
    """How many stand in the longest row."""
    return subjects - _above(subjects)


def together(subjects: Sequence[Image.Image]) -> Image.Image:
    """Subjects of one size side by side, in one row or two, on a square that leaves each as large as it is."""
    if len(subjects) == 1:
        return subjects[0]
    above = _above(len(subjects))
    rows = [row for row in (subjects[:above], subjects[above:]) if row]
    size = subjects[0].width
    side = size * columns(len(subjects))
    square = np.zeros((side, side, _LAYERS), np.uint16)
    for line, row in enumerate(rows):
        top = (side - size * len(rows)) // 2 + size * line
        for column, subject in enumerate(row):
            left = (side - size * len(row)) // 2 + size * column
            under = square[top : top + size, left : left + size]
            layers = np.asarray(subject).astype(np.uint16)
            under[:] = np.minimum(layers + (under * (255 - layers[..., 3:]) + 127) // 255, 255)
    return Image.frombytes("RGBa", (side, side), square.astype(np.uint8).tobytes())


def _reached(open_: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The part of `open_` that a walk from the border reaches."""
    border = np.ones_like(open_)
    border[1:-1, 1:-1] = False
    reached = border & open_
    while True:
        further = _grown(reached) & open_
        if np.array_equal(further, reached):
            return reached
        reached = further


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    wide = np.pad(mask, 1)
    grown: NDArray[np.bool_] = wide[1:-1, 1:-1] | wide[2:, 1:-1] | wide[:-2, 1:-1] | wide[1:-1, 2:] | wide[1:-1, :-2]
    return grown


def _sharpened(planes: Floats, scale: int) -> Floats:
    """Larger colour planes with crisp outlines.

    A shock filter (Osher and Rudin, 1990) with the sign of Alvarez and Mazorra (1994): each pixel moves
    towards its lightest or darkest neighbour, on whichever side of the smoothed edge it lies.
    """
    pixels = np.stack([_enlarged(plane, scale) for plane in planes])
    for _ in range(_ROUNDS_PER_SCALE * scale):
        sign = -np.tanh(_curve_along_gradient(_smoothed(pixels, scale / 2)) * 255)
        wide = np.pad(pixels, ((0, 0), (1, 1), (1, 1)), mode="edge")
        around = (wide[:, 2:, 1:-1], wide[:, :-2, 1:-1], wide[:, 1:-1, 2:], wide[:, 1:-1, :-2])
        high = np.maximum(np.maximum(around[0], around[1]), np.maximum(around[2], around[3]))
        low = np.minimum(np.minimum(around[0], around[1]), np.minimum(around[2], around[3]))
        goal = np.where(sign > 0, np.maximum(high, pixels), np.minimum(low, pixels))
        pixels = (pixels + 0.5 * np.abs(sign) * (goal - pixels)).astype(np.float32)
    return np.clip(pixels, 0, 1)


def _enlarged(plane: Floats, scale: int) -> Floats:
    size = (plane.shape[1] * scale, plane.shape[0] * scale)
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC), np.float32)


def _smoothed(pixels: Floats, radius: float) -> Floats:
    """One grey plane, smoothed so that its edges are where the eye sees them, and padded by one."""
    grey = Image.fromarray((np.clip(pixels.mean(axis=0), 0, 1) * 255).astype(np.uint8))
    blurred = np.asarray(grey.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255
    return np.pad(blurred, 1, mode="edge")


def _curve_along_gradient(wide: Floats) -> Floats:
    """The second derivative across the edge, from a plane padded by one."""
    east = (wide[1:-1, 2:] - wide[1:-1, :-2]) / 2
    south = (wide[2:, 1:-1] - wide[:-2, 1:-1]) / 2
    twice = 2 * wide[1:-1, 1:-1]
    east_east = wide[1:-1, 2:] - twice + wide[1:-1, :-2]
    south_south = wide[2:, 1:-1] - twice + wide[:-2, 1:-1]
    both = (wide[2:, 2:] + wide[:-2, :-2] - wide[2:, :-2] - wide[:-2, 2:]) / 4
    steep = east**2 + south**2
    curve = (east**2 * east_east + 2 * east * south * both + south**2 * south_south) / (steep + 1e-8)
    return np.asarray(curve, np.float32)


def on(subject: Image.Image, background: Colour) -> Image.Image:
    """The subject on an even background, as large as it was drawn."""
    layers = np.asarray(subject).astype(np.uint16)
    under = (255 - layers[..., 3:]) * np.array(background, np.uint16)
    return Image.fromarray(np.minimum(layers[..., :3] + (under + 127) // 255, 255).astype(np.uint8))


def framed(picture: Image.Image, size: tuple[int, int], background: Colour) -> Bytes:
    """(height, width, 3): the square picture in the middle of `size` = (width, height), with air around it."""
    side = max(1, round(min(size) * FILLED))
    frame = Image.new("RGB", size, background)
    large = picture.resize((side, side), Image.Resampling.LANCZOS)
    frame.paste(large, ((size[0] - side) // 2, (size[1] - side) // 2))
    return np.asarray(frame)


def posed(picture: Image.Image, size: tuple[int, int], background: Colour, pose: Pose) -> Bytes:
    """(height, width, 3): the square picture where `pose` puts it. What leaves the picture was background."""
    matrix = _where_from(picture.width, size, pose)
    frame = picture.transform(
        size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fill=1, fillcolor=background
    )
    return np.asarray(frame)


def _where_from(source: int, size: tuple[int, int], pose: Pose) -> tuple[float, ...]:
    """Which point of the subject each point of the frame shows: the inverse of the pose."""
    side = min(size)
    centre = (size[0] / 2 + pose.east * side, size[1] / 2 + pose.south * side)
    cosine, sine = math.cos(math.radians(pose.degrees)), math.sin(math.radians(pose.degrees))
    across, down = source / side / pose.wide, source / side / pose.tall
    rows = ((cosine * across, sine * across), (-sine * down, cosine * down))
    a, b, c, d = rows[0][0], rows[0][1], rows[1][0], rows[1][1]
    middle = source / 2
    return (
        a, b, middle - a * centre[0] - b * centre[1],
        c, d, middle - c * centre[0] - d * centre[1],
    )  # fmt: skip
