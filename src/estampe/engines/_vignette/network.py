"""The two networks: one turns noise into a small coded picture step by step, the other decodes it."""

import zlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Slice = tuple[float, float]
"""Where a step starts on the way from noise to picture, and how far it goes: both in 0..1."""

THREADS = 2  # pinned, so that sums are made in the same order everywhere
_HARMONICS = (1, 2, 3, 4)


class Step(NamedTuple):
    """The coded pictures after a step, and what they promise to become: both (count, *the network's `shape`)."""

    latent: Floats
    estimate: Floats


class Network:
    """Opens the weights that ship, or those of a folder.

    `shape` is that of one coded picture, and `edition` a number that other weights do not have.
    Each output runs in a batch of its own: the 8-bit step scales its activations over the whole batch, so a
    neighbour would change the picture (and eight together would gain a third of the time).
    """

    def __init__(self, weights: Path | None = None) -> None:
        import onnxruntime  # noqa: PLC0415 - heavy, and only the process that draws needs it

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        folder = weights or files(__package__)
        read = [(folder / name).read_bytes() for name in ("step.onnx", "decoder.onnx")]
        self._step, self._decoder = (
            onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"]) for network in read
        )
        self.edition = zlib.crc32(read[0], zlib.crc32(read[1]))
        with (folder / "tokens.npz").open("rb") as file, np.load(file) as table:
            vectors = table["vectors"].astype(np.float32)
            self._vectors: dict[str, Floats] = dict(zip(table["tokens"].tolist(), vectors, strict=True))
            self._nothing: Floats = table["nothing"]
            self._mean: Floats = table["mean"].reshape(1, -1, 1, 1)
            self._spread: Floats = table["spread"].reshape(1, -1, 1, 1)
        channels, high, wide = self._step.get_inputs()[0].shape[1:]
        self.shape: tuple[int, int, int] = (channels, high, wide)

    def noise(self, seed: int, count: int = 1) -> Floats:
        """What `count` pictures begin as; the first is the same however many there are."""
        made = np.random.Generator(np.random.PCG64(seed)).standard_normal((count, *self.shape))
        return made.astype(np.float32)

    def condition(self, tokens: Sequence[str]) -> Floats:
        """(256,): a bag of words, or the learned vector for no words at all."""
        if not tokens:
            return self._nothing
        total = np.sum([self._vectors[token] for token in tokens], axis=0)
        return np.asarray(total / np.sqrt(len(tokens)), np.float32)

    def draw(
        self, latent: Floats, words: Sequence[Floats], *, guidance: float, steps: Sequence[Slice]
    ) -> Iterator[Step]:
        """Pictures from noise, or from what earlier steps made of it, as many as `latent` has.

        `words` are what each shall be and, last, the unwanted that all are led away from (classifier-free guidance).
        """
        count = len(latent)
        both = np.stack([*words[:-1], *[words[-1]] * count])
        still = {
            "ref": np.zeros((2 * count, *self.shape), np.float32),
            "ph": np.zeros((2 * count, 1 + 2 * len(_HARMONICS)), np.float32),
        }
        for start, length in steps:
            pairs = self._stepped(np.concatenate([latent, latent]), both, start, length, still)
            after = pairs[count:] + np.float32(guidance) * (pairs[:count] - pairs[count:])
            yield Step(after, _promise(latent, after, start, length))
            latent = after

    def animate(self, latent: Floats, wanted: Floats, picture: Floats, steps: Sequence[Slice]) -> Iterator[Step]:
        """The coded `picture`, one alone, living through one turn that closes, in as many frames as `latent` has."""
        count = len(latent)
        turn = 2 * np.pi * np.arange(count) / count
        waves = [wave(turn * harmonic) for harmonic in _HARMONICS for wave in (np.sin, np.cos)]
        phase = np.stack([np.ones(count), *waves], axis=1).astype(np.float32)
        moving = {"ref": np.repeat(picture, count, 0), "ph": phase}
        words = np.repeat(wanted[None], count, 0)
        for start, length in steps:
            after = self._stepped(latent, words, start, length, moving)
            yield Step(after, _promise(latent, after, start, length))
            latent = after

    def decode(self, latent: Floats) -> NDArray[np.uint8]:
        """(count, side, side, 3) drawn on white, or (count, side, side, 4) on nothing, premultiplied."""
        shown = self._decoder.run(None, {"z": latent * self._spread + self._mean})[0]
        levels = ((np.clip(shown, -1, 1) + 1) * 127.5).round().astype(np.uint8)
        return np.ascontiguousarray(levels.transpose(0, 2, 3, 1))

    def _stepped(self, latent: Floats, words: Floats, start: float, length: float, rest: dict[str, Any]) -> Floats:
        time = np.full(len(latent), start, np.float32)
        feeds = {"x": latent, "t": time, "dt": np.array(length, np.float32), "e": words, **rest}
        result: Floats = self._step.run(None, feeds)[0]
        return result


def schedule(steps: int) -> list[Slice]:
    return [(step / steps, 1 / steps) for step in range(steps)]


def _promise(before: Floats, after: Floats, start: float, length: float) -> Floats:
    """Where the straight line through both ends (rectified flow, Liu et al. 2022)."""
    return before + (after - before) * np.float32((1 - start) / length)
