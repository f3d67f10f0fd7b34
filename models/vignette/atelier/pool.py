"""The pictures of a recipe, in memory on the device that learns, and what may not be shown together."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray

from atelier.colours import COLOURS, GROUNDS
from atelier.dataset import Dataset
from atelier.raster import Bytes
from atelier.recipe import MOST_OF_ONE, MOTIONS, NATIVE_MOTION, Recipe, Vocabulary
from atelier.split import HeldOut
from atelier.wording import token_of

Rows = NDArray[np.int64]
Marks = NDArray[np.bool_]
_AT_ONCE = 512  # pictures, so that shrinking them takes little memory


class Pool:
    """Pictures as bytes, and for each its concept, style, hue and colour as numbers."""

    def __init__(self, data: Dataset, recipe: Recipe, kept_back: HeldOut, device: torch.device | str = "cpu") -> None:
        groups = {concept.code: concept.group for concept in data.concepts}
        rows = [
            (at, row)
            for at, row in enumerate(data.still_rows)
            if groups[row["code"]] in recipe.groups
            and row["style"] in recipe.styles
            and (row["code"], row["style"]) not in kept_back.styles
        ]
        shown = {row["code"] for _, row in rows}
        self.codes = [concept.code for concept in data.concepts if concept.code in shown]
        self.vocabulary = Vocabulary(self.codes, recipe.styles)
        self._place = {code: place for place, code in enumerate(self.codes)}
        self.stills = _on(device, data.stills, [at for at, _ in rows], recipe.side)
        clips = [at for at, row in enumerate(data.clip_rows) if row["code"] in self._place]
        flat = _on(device, data.clips, clips, recipe.side)
        self.clips = flat.view(len(clips), *data.clips.shape[1:2], 4, recipe.side, recipe.side)
        self.clip_concept = np.array([self._place[data.clip_rows[at]["code"]] for at in clips], np.int64)
        self._describe([row for _, row in rows], recipe)
        self._number(recipe)
        self._keep_back(kept_back)

    def _describe(self, rows: list[dict[str, Any]], recipe: Recipe) -> None:
        colours = {name: place for place, name in enumerate(COLOURS)}
        self.concept = np.array([self._place[row["code"]] for row in rows], np.int64)
        self.style = np.array([recipe.styles.index(row["style"]) for row in rows], np.int64)
        self.hue = np.array([row["hue"] for row in rows], np.float32)
        self.native = np.array([colours.get(row["native"], -1) for row in rows], np.int64)
        self._order = np.argsort(self.concept, kind="stable")
        self._counts = np.bincount(self.concept, minlength=len(self.codes))
        self._starts = np.concatenate([[0], np.cumsum(self._counts)[:-1]])

    def _number(self, recipe: Recipe) -> None:
        rows = self.vocabulary.rows
        self.concept_token = np.array([rows[token_of(code)] for code in self.codes], np.int64)
        self.colour_token = np.array([rows[f"c:{name}"] for name in COLOURS], np.int64)
        self.ground_token = np.array([rows[f"b:{name}"] for name in GROUNDS], np.int64)
        self.style_token = np.array([rows[name] for name in recipe.styles], np.int64)
        self.count_token = np.array([rows.get(f"n:{count}", 0) for count in range(MOST_OF_ONE + 1)], np.int64)
        self.motion_token = {token: rows[token] for token in (*(f"m:{name}" for name in MOTIONS), NATIVE_MOTION)}
        self.relief_token = rows.get("3d", 0)

    def _keep_back(self, kept_back: HeldOut) -> None:
        counts = [str(count) for count in range(MOST_OF_ONE + 1)]
        self.no_colour = self._marked(kept_back.colours, list(COLOURS))
        self.no_ground = self._marked(kept_back.grounds, list(GROUNDS))
        self.no_count = self._marked(kept_back.counts, counts)
        pairs = [
            sorted((self._place[one], self._place[other]))
            for one, other in kept_back.pairs
            if {one, other} <= set(self.codes)
        ]
        self._pairs = np.array([low * len(self.codes) + high for low, high in pairs], np.int64)

    def _marked(self, pairs: frozenset[tuple[str, str]], names: list[str]) -> Marks:
        marks = np.zeros((len(self.codes), len(names)), bool)
        for code, name in pairs:
            if code in self._place:
                marks[self._place[code], names.index(name)] = True
        return marks

    def some(self, dice: Generator, count: int) -> Rows:
        """Stills, every concept as likely as any other."""
        concept = dice.integers(0, len(self.codes), count)
        within = (dice.random(count) * self._counts[concept]).astype(np.int64)
        rows: Rows = self._order[self._starts[concept] + within]
        return rows

    def no_pair(self, one: Rows, other: Rows) -> Marks:
        """Which are held out; a concept beside itself is a count, and held out too."""
        key = np.minimum(one, other) * len(self.codes) + np.maximum(one, other)
        return np.isin(key, self._pairs) | (one == other)


class Pools(NamedTuple):
    """The same pictures twice: as large as they are coded, and as large as they are shown again."""

    seen: Pool
    shown: Pool


def pools(data: Dataset, recipe: Recipe, kept_back: HeldOut, device: torch.device | str = "cpu") -> Pools:
    seen = Pool(data, recipe, kept_back, device)
    if recipe.shown == recipe.side:
        return Pools(seen, seen)
    return Pools(seen, Pool(data, replace(recipe, side=recipe.shown), kept_back, device))


def _on(device: torch.device | str, pictures: Bytes, rows: list[int], side: int) -> torch.Tensor:
    """(n, 4, side, side) bytes; clips become single frames, in order."""
    parts = []
    for start in range(0, len(rows), _AT_ONCE):
        part = np.asarray(pictures[rows[start : start + _AT_ONCE]])
        part = part.reshape(-1, *part.shape[-3:])
        parts.append(torch.from_numpy(np.ascontiguousarray(shrunk(part, side).transpose(0, 3, 1, 2))))
    whole = torch.cat(parts) if parts else torch.zeros((0, 4, side, side), dtype=torch.uint8)
    return whole.to(device)


def shrunk(pictures: Bytes, side: int) -> Bytes:
    """Means of squares; `side` divides theirs."""
    times = pictures.shape[1] // side
    if times == 1:
        return pictures
    cut = pictures.reshape(len(pictures), side, times, side, times, 4).astype(np.uint16)
    return ((cut.sum((2, 4)) + times**2 // 2) // times**2).astype(np.uint8)
