"""Batches to learn from: chosen by seed and step alone, painted on the device that learns."""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from atelier.clips import FRAMES
from atelier.paint import Pose, colour_table, ground_table, grounded, over, placed, recoloured
from atelier.pool import Pool
from atelier.recipe import HARMONICS, MOTIONS, NATIVE_MOTION, PHASES, turn
from estampe.engines._vignette.motion import poses

SLOTS = 6
Rows = NDArray[np.int64]
_LAYOUTS = {2: ((-0.24, 0.0), (0.24, 0.0)), 3: ((0.0, -0.23), (-0.24, 0.23), (0.24, 0.23))}
_SMALL = 0.46
_RECOLOURED, _NATIVE_SAID, _STYLE_SAID, _MOTION_SAID = 0.55, 0.4, 0.6, 0.5


class Batch(NamedTuple):
    """Pictures (n, 4, side, side) in 0..1, premultiplied; `first` is a clip's first, where `phase` is not zero."""

    pictures: Tensor
    tokens: Tensor
    others: Tensor
    first: Tensor
    phase: Tensor


class _Picked(NamedTuple):
    """Stills as painted, and the words that go with them."""

    rows: Rows
    pictures: Tensor
    tokens: Rows


class Feed:
    """Makes the batch of any step again, in any process."""

    def __init__(self, pool: Pool, shares: dict[str, float], seed: int, device: torch.device | str) -> None:
        self._pool, self._shares, self._seed, self._device = pool, shares, seed, device
        self._colours, self._grounds = colour_table(device), ground_table(device)
        table = [[tuple(pose) for pose in poses(name, FRAMES, (-1, 0), (1, 1))] for name in MOTIONS]
        self._poses = np.array(table, np.float32)

    def batch(self, step: int, size: int) -> Batch:
        dice = np.random.default_rng((self._seed, step))
        kinds = [self._stills, self._on_grounds, self._several, self._pairs, self._clips, self._moved]
        weights = [self._shares[kind] for kind in ("still", "ground", "count", "pair", "clip", "motion")]
        if not len(self._pool.clips):
            weights[4] = 0.0
        ends = np.round(np.cumsum(weights) / sum(weights) * size).astype(int)
        counts = np.diff([0, *ends])
        parts = [make(dice, int(count)) for make, count in zip(kinds, counts, strict=True) if count]
        return Batch(*(torch.cat(layers) for layers in zip(*parts, strict=True)))

    def _picked(self, dice: Generator, count: int, *, whole: bool = True) -> _Picked:
        """Every concept as often as any other; some in another colour, which is then always said."""
        pool = self._pool
        rows = pool.some(dice, count)
        concept, style = pool.concept[rows], pool.style[rows]
        colour = dice.integers(0, len(self._colours), count)
        turned = (pool.hue[rows] >= 0) & (dice.random(count) < _RECOLOURED) & (colour != pool.native[rows])
        turned &= ~pool.no_colour[concept, colour]
        pictures = self._shown(pool.stills[torch.from_numpy(rows).to(pool.stills.device)])
        at = torch.from_numpy(np.flatnonzero(turned)).to(self._device)
        if len(at):
            hues = torch.from_numpy(pool.hue[rows][turned]).to(self._device)
            wanted = self._colours[torch.from_numpy(colour[turned]).to(self._device)]
            pictures = pictures.index_copy(0, at, recoloured(pictures[at], hues, wanted))
        tokens = np.zeros((count, SLOTS), np.int64)
        tokens[:, 0] = pool.concept_token[concept]
        said = ~turned & (pool.native[rows] >= 0) & (dice.random(count) < _NATIVE_SAID)
        tokens[:, 1] = np.where(
            turned, pool.colour_token[colour], np.where(said, pool.colour_token[pool.native[rows]], 0)
        )
        if whole:
            tokens[:, 2] = np.where(dice.random(count) < _STYLE_SAID, pool.style_token[style], 0)
        return _Picked(rows, pictures, tokens)

    def _shown(self, pictures: Tensor) -> Tensor:
        return pictures.to(self._device).float() / 255

    def _batch(self, pictures: Tensor, tokens: Rows, others: Rows | None = None) -> Batch:
        others = np.zeros_like(tokens) if others is None else others
        told, beside = (torch.from_numpy(rows).to(self._device) for rows in (tokens, others))
        still = torch.zeros(len(pictures), PHASES, device=self._device)
        return Batch(pictures, told, beside, torch.zeros_like(pictures), still)

    def _stills(self, dice: Generator, count: int) -> Batch:
        picked = self._picked(dice, count)
        return self._batch(picked.pictures, picked.tokens)

    def _on_grounds(self, dice: Generator, count: int) -> Batch:
        picked = self._picked(dice, count)
        ground = dice.integers(0, len(self._grounds), count)
        concept = self._pool.concept[picked.rows]
        ground = np.where(self._pool.no_ground[concept, ground], 0, ground)  # white is never held out
        picked.tokens[:, 3] = self._pool.ground_token[ground]
        chosen = self._grounds[torch.from_numpy(ground).to(self._device)]
        return self._batch(grounded(picked.pictures, chosen), picked.tokens)

    def _several(self, dice: Generator, count: int) -> Batch:
        picked = self._picked(dice, count)
        number = dice.integers(2, 4, count)
        concept = self._pool.concept[picked.rows]
        number = np.where(self._pool.no_count[concept, number], 5 - number, number)
        number = np.where(self._pool.no_count[concept, number], 1, number)
        shown = picked.pictures
        for several, layout in _LAYOUTS.items():
            at = np.flatnonzero(number == several)
            if len(at):
                places = torch.from_numpy(at).to(self._device)
                shown = shown.index_copy(0, places, self._laid_out([picked.pictures[places]] * several, layout, dice))
        picked.tokens[:, 4] = np.where(number > 1, self._pool.count_token[number], 0)
        return self._batch(shown, picked.tokens)

    def _pairs(self, dice: Generator, count: int) -> Batch:
        one, other = (self._picked(dice, count, whole=False) for _ in range(2))
        concepts = [self._pool.concept[picked.rows] for picked in (one, other)]
        alone = self._pool.no_pair(*concepts)
        shown = self._laid_out([one.pictures, other.pictures], _LAYOUTS[2], dice)
        left = torch.from_numpy(alone).to(self._device)[:, None, None, None]
        others = np.where(alone[:, None], 0, other.tokens)
        return self._batch(torch.where(left, one.pictures, shown), one.tokens, others)

    def _laid_out(self, parts: list[Tensor], layout: tuple[tuple[float, float], ...], dice: Generator) -> Tensor:
        count = len(parts[0])
        whole = torch.zeros_like(parts[0])
        for part, (east, south) in zip(parts, layout, strict=True):
            about = torch.from_numpy(dice.normal(0, 0.012, (2, count)).astype(np.float32)).to(self._device)
            size = torch.full((count,), _SMALL, device=self._device)
            whole = over(placed(part, Pose(east + about[0], south + about[1], about[0] * 0, size, size)), whole)
        return whole

    def _clips(self, dice: Generator, count: int) -> Batch:
        """A frame of a real clip, from the clip's first."""
        pool = self._pool
        clip, frame = dice.integers(0, len(pool.clips), count), dice.integers(0, FRAMES, count)
        at = torch.from_numpy(clip).to(pool.clips.device)
        moved, first = (
            self._shown(pool.clips[at, torch.from_numpy(index).to(pool.clips.device)]) for index in (frame, frame * 0)
        )
        tokens = np.zeros((count, SLOTS), np.int64)
        tokens[:, 0] = pool.concept_token[pool.clip_concept[clip]]
        tokens[:, 2] = pool.relief_token
        tokens[:, 5] = np.where(dice.random(count) < _MOTION_SAID, pool.motion_token[NATIVE_MOTION], 0)
        return self._batch(moved, tokens)._replace(first=first, phase=self._phase(frame))

    def _moved(self, dice: Generator, count: int) -> Batch:
        """A still as a pose of a motion shows it, from where the motion begins."""
        picked = self._picked(dice, count)
        motion, frame = dice.integers(0, len(MOTIONS), count), dice.integers(0, FRAMES, count)
        moved, first = (placed(picked.pictures, self._pose(motion, index)) for index in (frame, frame * 0))
        picked.tokens[:, 5] = np.array([self._pool.motion_token[f"m:{name}"] for name in MOTIONS])[motion]
        return self._batch(moved, picked.tokens)._replace(first=first, phase=self._phase(frame))

    def _pose(self, motion: Rows, frame: Rows) -> Pose:
        east, south, degrees, wide, tall = torch.from_numpy(self._poses[motion, frame]).to(self._device).unbind(1)
        return Pose(east, south, degrees * (math.pi / 180), wide, tall)

    def _phase(self, frame: Rows) -> Tensor:
        angles = 2 * np.pi * turn(1) * frame
        waves = [wave(angles * harmonic) for harmonic in range(1, HARMONICS + 1) for wave in (np.sin, np.cos)]
        phase = np.stack([np.ones(len(frame)), *waves], 1).astype(np.float32)
        return torch.from_numpy(phase).to(self._device)
