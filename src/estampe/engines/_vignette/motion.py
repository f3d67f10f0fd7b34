"""How a subject moves through one turn of a clip; every motion ends where it began."""

import math
from collections.abc import Callable

from estampe.engines._vignette.canvas import Pose

Heading = tuple[float, float]


def _bounce(turn: float, _: Heading, __: Heading) -> Pose:
    height = abs(math.sin(turn / 2))
    landing = (1 - height) ** 4
    tall = 0.8 * (1 - 0.16 * landing)
    return Pose(south=0.1 - 0.2 * height + (0.8 - tall) / 2, wide=0.8 * (1 + 0.12 * landing), tall=tall)


def _cross(turn: float, heading: Heading, reach: Heading) -> Pose:
    """Leaves on one side, comes back from the other; `reach` is the frame in sides of the subject."""
    share = (turn / math.tau + 0.5) % 1 - 0.5
    return Pose(
        east=heading[0] * share * (reach[0] + 0.8),
        south=heading[1] * share * (reach[1] + 0.8) + 0.015 * math.sin(2 * turn),
        wide=0.8,
        tall=0.8,
    )


def _pulse(turn: float, _: Heading, __: Heading) -> Pose:
    size = 0.85 + 0.13 * math.cos(turn)
    return Pose(wide=size, tall=size)


def _spin(turn: float, _: Heading, __: Heading) -> Pose:
    return Pose(degrees=math.degrees(turn), wide=0.8, tall=0.8)


def _sway(turn: float, _: Heading, __: Heading) -> Pose:
    return Pose(south=0.035 * math.cos(2 * turn), degrees=7 * math.sin(turn), wide=0.88, tall=0.88)


def _shake(turn: float, _: Heading, __: Heading) -> Pose:
    return Pose(east=0.03 * math.sin(4 * turn), degrees=4 * math.sin(4 * turn), wide=0.88, tall=0.88)


MOTIONS: dict[str, Callable[[float, Heading, Heading], Pose]] = {
    "bounce": _bounce,
    "cross": _cross,
    "pulse": _pulse,
    "shake": _shake,
    "spin": _spin,
    "sway": _sway,
}


def poses(motion: str, count: int, heading: Heading, size: tuple[int, int]) -> list[Pose]:
    """`count` poses of one closed turn in a frame of `size` = (width, height)."""
    side = min(size)
    reach = (size[0] / side, size[1] / side)
    return [MOTIONS[motion](math.tau * frame / count, heading, reach) for frame in range(count)]
