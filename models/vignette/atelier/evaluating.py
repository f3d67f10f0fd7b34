"""Two hundred prompts, in halves that say the same in English and French, asked of the files that the engine reads."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

from atelier.judging import (
    Judge,
    Seen,
    distance,
    nearest_concepts,
    prototypes,
    real_accuracy,
    seen_by,
    seen_colour,
    seen_of_pool,
    share,
)
from atelier.pool import Pool
from atelier.raster import Bytes
from estampe.engines._vignette.canvas import cut_out, on, together
from estampe.engines._vignette.lexicon import lexicon
from estampe.engines._vignette.network import Network, schedule
from estampe.engines._vignette.prompt import Reading, read

STEPS, GUIDANCE = 12, 1.5  # as the engine asks unless it is told otherwise
_SHEET_SIDE = 128


class Answer(NamedTuple):
    """What came of a prompt and a seed; `likest` holds the five nearest concepts of each thing in it."""

    row: dict[str, Any]
    seed: int
    picture: Image.Image
    likest: list[list[str]]
    colour: str | None

    @property
    def wanted(self) -> list[str]:
        return [self.row["code"]] * self.row.get("count", 1) + ([self.row["other"]] if self.row.get("other") else [])

    @property
    def right(self) -> bool:
        """As many things as asked for, and each is what was asked for."""
        return [thing[0] for thing in self.likest] == self.wanted

    @property
    def about_right(self) -> bool:
        return len(self.likest) == len(self.wanted) and all(
            code in thing for code, thing in zip(self.wanted, self.likest, strict=True)
        )


@dataclass(frozen=True)
class Report:
    """All answers, and what was measured of them."""

    answers: list[Answer]
    concepts: int
    real: float
    far: float
    near: float
    seconds: float

    def told(self) -> dict[str, Any]:
        """Shares are in 0..1; `chance` is what guessing would reach, `real` what real pictures do."""
        coloured = [answer for answer in self.answers if answer.row.get("colour")]
        kinds = sorted({answer.row["kind"] for answer in self.answers})
        return {
            "concept": share([answer.right for answer in self.answers]),
            "concept_in_five": share([answer.about_right for answer in self.answers]),
            "chance": 1 / self.concepts,
            "real": self.real,
            "colour": share([answer.colour == answer.row["colour"] for answer in coloured]),
            "agreement": self._agreement(),
            "distance": self.far,
            "distance_of_real_halves": self.near,
            "seconds_a_picture": self.seconds,
            "by_kind": {
                kind: share([answer.right for answer in self.answers if answer.row["kind"] == kind]) for kind in kinds
            },
            "failures": self._failures(),
        }

    def line(self) -> str:
        told = self.told()
        return (
            f"concept {told['concept']:.1%} (chance {told['chance']:.2%}, real pictures {told['real']:.1%})  "
            f"colour {told['colour']:.1%}  English and French agree {told['agreement']:.1%}  "
            f"distance {told['distance']:.3f} (real halves {told['distance_of_real_halves']:.3f})"
        )

    def _agreement(self) -> float:
        seen: dict[tuple[int, int], set[tuple[str, ...]]] = {}
        for answer in self.answers:
            key = (answer.row["meaning"], answer.seed)
            seen.setdefault(key, set()).add(tuple(thing[0] for thing in answer.likest))
        return share([len(one) == 1 for one in seen.values()])

    def _failures(self) -> list[dict[str, Any]]:
        """Prompts of which fewer than half of the pictures are right."""
        prompts: dict[str, list[Answer]] = {}
        for answer in self.answers:
            prompts.setdefault(answer.row["prompt"], []).append(answer)
        told = []
        for prompt, found in prompts.items():
            right = share([one.right for one in found])
            coloured = share([one.colour == one.row.get("colour", one.colour) for one in found])
            if min(right, coloured) < 0.5:
                told.append({"prompt": prompt, "right": right, "colours": [one.colour or "" for one in found]})
        return told


class Examiner:
    """Asks the weights in a folder, through the engine's own reading and network."""

    def __init__(self, weights: Path, judge: Judge, pool: Pool, say: Callable[[str], None] = print) -> None:
        self._network, self._known = Network(weights), lexicon(weights)
        self._judge, self._pool, self._say = judge, pool, say
        self._side = pool.stills.shape[-1]
        self._seen_real = seen_of_pool(judge, pool)
        self._prototypes = prototypes(pool, self._seen_real)

    def examine(self, prompts: Sequence[dict[str, Any]], *, seeds: int, first: int = 0, steps: int = STEPS) -> Report:
        answers, drawn = [], []
        begun = time.monotonic()
        for place, row in enumerate(prompts):
            reading = read(row["prompt"], known=self._known)
            for seed in range(first, first + seeds):
                things = self._draw(reading, seed, steps)
                seen = self._see(things)
                drawn.append(seen)
                answers.append(self._answer(row, seed, reading, things, seen))
            if place % 50 == 49:
                self._say(f"{place + 1} of {len(prompts)} prompts")
        seconds = (time.monotonic() - begun) / max(len(answers), 1)
        halves = self._seen_real[::2], self._seen_real[1::2]
        crowd = np.concatenate(drawn)
        enough = len(crowd) > 1
        return Report(
            answers=answers,
            concepts=len(self._pool.codes),
            real=real_accuracy(self._pool, self._seen_real),
            far=distance(crowd, self._seen_real) if enough else float("nan"),
            near=distance(*halves),
            seconds=seconds,
        )

    def _draw(self, reading: Reading, seed: int, steps: int) -> Bytes:
        """What the prompt asks for, each thing alone: (things, side, side, 3 or 4)."""
        if not reading.drawn:
            return np.zeros((0, self._side, self._side, 4), np.uint8)
        words = [self._network.condition(tokens) for tokens in (*reading.drawn, ())]
        latent = self._network.noise(seed, len(reading.drawn))
        for step in self._network.draw(latent, words, guidance=GUIDANCE, steps=schedule(steps)):
            latent = step.latent
        return self._network.decode(latent)

    def _see(self, things: Bytes) -> Seen:
        if not len(things):
            return np.zeros((0, self._prototypes.seen.shape[1]), np.float32)
        size = (self._side, self._side)
        shown = [np.asarray(on(cut_out(thing), (255, 255, 255)).resize(size, Image.Resampling.BOX)) for thing in things]
        return seen_by(self._judge, torch.from_numpy(np.stack(shown).transpose(0, 3, 1, 2)).float() / 255)

    def _answer(self, row: dict[str, Any], seed: int, reading: Reading, things: Bytes, seen: Seen) -> Answer:
        ground = self._known.backgrounds[reading.background]
        cut = [cut_out(thing, scale=max(1, _SHEET_SIDE // len(thing))) for thing in things]
        picture = on(together(cut), ground) if cut else Image.new("RGB", (self._side, self._side), "white")
        colour = seen_colour(np.asarray(cut_out(things[0]))) if cut and row.get("colour") else None
        return Answer(row, seed, picture, nearest_concepts(seen, self._prototypes), colour)
