"""How large the networks are, how long they learn and from what."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from atelier.clips import FRAMES
from atelier.colours import COLOURS, GROUNDS
from atelier.refusals import UnknownRecipe
from atelier.wording import token_of

MOTIONS = ("bounce", "pulse", "sway", "cross")
NATIVE_MOTION = "m:native"
WORD_WIDTH = 256
SHRINKS = 8  # pixels a side of one latent cell
CHANNELS = 4
HARMONICS = 4
PHASES = 1 + 2 * HARMONICS
CONCEPTS_AT_ONCE = 2
MOST_OF_ONE = 3


@dataclass(frozen=True)
class Recipe:
    """A table of `recipes.toml`: `side` is what the coder sees, `shown` what it shows, both in pixels."""

    name: str
    side: int
    shown: int
    groups: tuple[str, ...]
    styles: tuple[str, ...]
    latent_channels: int
    coder_width: int
    width: int
    depth: int
    heads: int
    patch: int
    coder_batch: int
    coder_steps: int
    coder_rate: float
    batch: int
    steps: int
    rate: float
    words_rate: float
    judge_steps: int
    shares: dict[str, float]

    @property
    def latent(self) -> tuple[int, int, int]:
        return self.latent_channels, self.side // SHRINKS, self.side // SHRINKS


def read_recipe(path: Path, name: str) -> Recipe:
    """Raises `UnknownRecipe`."""
    tables = tomllib.loads(path.read_text("utf-8"))
    shares = tables.pop("shares")
    if name not in tables:
        raise UnknownRecipe(f"{name} is none of {', '.join(tables)}")
    wanted = {field.name for field in fields(Recipe)}
    table = {key: tuple(value) if isinstance(value, list) else value for key, value in tables[name].items()}
    if unknown := set(table) - wanted:
        raise UnknownRecipe(f"{name} says {', '.join(sorted(unknown))}, which no recipe knows")
    shares |= table.pop("shares", {})
    return Recipe(name=name, shares=shares, **table)


class Vocabulary:
    """Every token that the network can be told, and its row. Row 0 is none."""

    def __init__(self, codes: list[str], styles: tuple[str, ...]) -> None:
        attributes = [f"c:{name}" for name in COLOURS] + [f"b:{name}" for name in GROUNDS]
        counts = [f"n:{count}" for count in range(2, MOST_OF_ONE + 1)]
        motions = [f"m:{name}" for name in MOTIONS] + [NATIVE_MOTION]
        self.tokens = ["", *(token_of(code) for code in codes), *attributes, *styles, *counts, *motions]
        self.rows = {token: row for row, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)


def turn(frame: int) -> float:
    """How far round a clip a frame is: 0..1."""
    return frame / FRAMES
