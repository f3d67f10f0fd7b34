"""Named colours: which one a picture has, and how far its pixels may be turned to another."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atelier.raster import Bytes

HUES = {
    "red": 0.0, "orange": 28.0, "yellow": 52.0, "green": 120.0, "cyan": 182.0, "blue": 215.0, "purple": 275.0,
    "pink": 328.0,
}  # fmt: skip
NEUTRALS = ("black", "white", "gray", "brown")
COLOURS = (*HUES, *NEUTRALS)
GROUNDS = {
    "white": (255, 255, 255), "red": (235, 120, 110), "orange": (255, 200, 140), "yellow": (255, 235, 150),
    "green": (150, 215, 150), "cyan": (150, 225, 230), "blue": (120, 180, 245), "purple": (195, 165, 235),
    "pink": (250, 185, 205), "black": (25, 25, 32), "gray": (190, 192, 198), "brown": (176, 142, 112),
}  # fmt: skip
WIDTH = 65.0  # degrees around the dominant hue that turn with it
_BINS = 36
_SEEN, _COLOURFUL, _LIT = 0.5, 0.35, 0.25  # alpha, saturation and value from which a pixel counts
_DARK, _LIGHT = 0.35, 0.8
_LEAST_SHARE = 0.18  # of what is seen, in colour, for a picture to have one
_CLEAR = 0.45  # share of the colour that lies around the dominant hue
_NATIVE = 0.55


class Hue(NamedTuple):
    """The dominant hue in degrees, or -1, and the colour that people would name, if one."""

    degrees: float
    native: str


def hue_of(picture: Bytes) -> Hue:
    """`picture` is premultiplied RGBA."""
    layers = picture.astype(np.float32) / 255
    alpha = layers[..., 3]
    hue, saturation, value = hsv(layers[..., :3] / np.maximum(alpha, 1e-3)[..., None])
    weight = np.where((alpha > _SEEN) & (saturation > _COLOURFUL) & (value > _LIT), saturation, 0)
    seen = (alpha > _SEEN).sum()
    if weight.sum() < _LEAST_SHARE * seen:
        return Hue(-1, _neutral(layers))
    counts = np.histogram(hue, _BINS, (0, 360), weights=weight)[0]
    around = sum(np.roll(counts, shift) * share for shift, share in zip(range(-2, 3), (0.5, 1, 1, 1, 0.5), strict=True))
    share = around.max() / counts.sum()
    degrees = float(around.argmax() * 360 / _BINS + 180 / _BINS)
    return Hue(degrees if share > _CLEAR else -1, nearest(degrees) if share > _NATIVE else "")


def _neutral(layers: NDArray[np.float32]) -> str:
    """The shade of a picture without colour; mixed ones have no name."""
    light = layers[..., :3].max(-1)[layers[..., 3] > _SEEN]
    if not light.size:
        return ""
    shares = {"black": (light < _DARK).mean(), "white": (light > _LIGHT).mean()}
    shares["gray"] = 1 - shares["black"] - shares["white"]
    name, share = max(shares.items(), key=lambda item: item[1])
    return name if share > _NATIVE else ""


def nearest(degrees: float) -> str:
    return min(HUES, key=lambda name: abs((HUES[name] - degrees + 180) % 360 - 180))


def hsv(rgb: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Hue in degrees, saturation and value."""
    high, low = rgb.max(-1), rgb.min(-1)
    span = high - low + 1e-8
    red, green, blue = np.moveaxis(rgb, -1, 0)
    beside = np.where(high == green, (blue - red) / span + 2, (red - green) / span + 4)
    sixths = np.where(high == red, (green - blue) / span % 6, beside)
    return sixths * 60, (high - low) / (high + 1e-8), high
