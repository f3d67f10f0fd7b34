"""What is done to pictures on the device that learns: other colours, other places, other grounds."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from atelier.colours import COLOURS, GROUNDS, HUES, WIDTH

_SMALL = 0.6  # scale under which a picture is halved first, so that nothing flickers
_FADE = 20.0  # degrees over which the turning of a hue fades out
_BRIGHTER = {"orange": 1.12, "yellow": 1.12}
# Saturation times, then value times plus: what makes a coloured part black, white, gray or brown.
_SHADES = {
    "black": (0.2, 0.30, 0.02),
    "white": (0.08, 0.30, 0.70),
    "gray": (0.06, 0.70, 0.12),
    "brown": (0.75, 0.62, 0),
}
_BROWN = 24.0


class Pose(NamedTuple):
    """Where each picture stands: shift in sides, turn in radians, stretch; all (n,)."""

    east: Tensor
    south: Tensor
    turned: Tensor
    wide: Tensor
    tall: Tensor


def colour_table(device: torch.device | str) -> Tensor:
    """(colours, 4): hue to turn to or -1, saturation times, value times, value plus."""
    rows = []
    for name in COLOURS:
        if name in HUES:
            rows.append([HUES[name], 1.0, _BRIGHTER.get(name, 1.0), 0.0])
        else:
            rows.append([_BROWN if name == "brown" else -1.0, *_SHADES[name]])
    return torch.tensor(rows, device=device)


def ground_table(device: torch.device | str) -> Tensor:
    return torch.tensor(list(GROUNDS.values()), device=device) / 255


def recoloured(pictures: Tensor, hues: Tensor, wanted: Tensor) -> Tensor:
    """Premultiplied RGBA in 0..1, its parts of about the hue (n,) as `wanted` (n, 4) of the table says."""
    alpha = pictures[:, 3:]
    hue, saturation, value = _hsv((pictures[:, :3] / alpha.clamp(min=1e-3)).clamp(0, 1))
    away = (hue - hues[:, None, None] + 180) % 360 - 180
    share = ((WIDTH - away.abs()) / _FADE).clamp(0, 1) * (saturation / 0.25).clamp(0, 1)
    goal, less, times, plus = (column[:, None, None] for column in wanted.unbind(1))
    turned = torch.where(goal >= 0, hue + share * (goal - hues[:, None, None]), hue) % 360
    saturation = saturation * (1 + share * (less - 1))
    value = (value * (1 + share * (times - 1)) + share * plus).clamp(0, 1)
    return torch.cat([_rgb(turned, saturation, value) * alpha, alpha], 1)


def _hsv(rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    high, low = rgb.amax(1), rgb.amin(1)
    span = high - low + 1e-8
    red, green, blue = rgb.unbind(1)
    sixths = torch.where(
        high == red,
        (green - blue) / span % 6,
        torch.where(high == green, (blue - red) / span + 2, (red - green) / span + 4),
    )
    return sixths * 60, (high - low) / (high + 1e-8), high


def _rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """As Smith's hexcone says it, without branches."""
    planes = []
    for shift in (5, 3, 1):
        sixth = (shift + hue / 60) % 6
        planes.append(value * (1 - saturation * torch.minimum(sixth, 4 - sixth).clamp(0, 1)))
    return torch.stack(planes, 1)


def placed(pictures: Tensor, pose: Pose) -> Tensor:
    """Each picture where its pose puts it; what leaves the frame is cut off."""
    if bool((pose.wide < _SMALL).all()):
        pictures = functional.avg_pool2d(pictures, 2)
    cosine, sine = pose.turned.cos(), pose.turned.sin()
    rows = torch.stack(
        [
            torch.stack([cosine / pose.wide, sine / pose.wide], 1),
            torch.stack([-sine / pose.tall, cosine / pose.tall], 1),
        ],
        1,
    )
    centre = -2 * (rows @ torch.stack([pose.east, pose.south], 1)[..., None])
    side = pictures.shape[-1] * (2 if bool((pose.wide < _SMALL).all()) else 1)
    grid = functional.affine_grid(torch.cat([rows, centre], 2), [len(pictures), 4, side, side], align_corners=False)
    return functional.grid_sample(pictures, grid, align_corners=False)


def over(top: Tensor, under: Tensor) -> Tensor:
    return top + under * (1 - top[:, 3:])


def grounded(pictures: Tensor, colours: Tensor) -> Tensor:
    """On even grounds (n, 3), nothing shining through."""
    full = torch.cat([colours, torch.ones_like(colours[:, :1])], 1)[..., None, None]
    return over(pictures, full.expand(-1, -1, *pictures.shape[2:]))


def on_white(pictures: Tensor) -> Tensor:
    """(n, 3, side, side) of premultiplied RGBA."""
    return pictures[:, :3] + 1 - pictures[:, 3:]
