"""Deterministic, instant, without weights: for tests and load only."""

import os
import re
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from estampe.domain import Model, Progress
from estampe.engines import Engine, Event, Frames, Notes, Output, Preview
from estampe.engines._parameters import number, schema, seeds
from estampe.errors import EngineError, Text

_DIRECTIVE = re.compile(r"\[(steps|sleep|fail|retry|crash|hang)(?: ([0-9]+(?:\.[0-9]+)?))?\]")
_SLICE_SECONDS = 0.02
_PREVIEW_SIDE = 32
_START = {"input_asset_id": {"type": "string"}, "strength": number(0.0, 1.0, 0.5)}
_MASK = {"mask_asset_id": {"type": "string"}}


class Fake(Engine):
    """Draws a gradient with seeded noise, mixed with the input picture if there is one, where the mask is white.

    Directives in the prompt make it behave in other ways:

    [steps N]        N steps instead of `num_inference_steps`
    [sleep SECONDS]  sleep in each step, in small slices that can be cancelled between
    [fail]           raise an `EngineError` that no retry mends
    [retry]          raise an `EngineError` that a retry may mend
    [crash]          kill the process, as a driver might
    [hang]           sleep for ever without yielding
    """

    name = "fake"

    def models(self) -> Sequence[Model]:
        takes = {"image": _START | _MASK, "video": _START}
        steps = number(1, 50, 4)
        guidance = number(1, 5, 2.5)
        return [
            Model(
                name=f"fake-{kind}",
                kind=kind,
                engine=self.name,
                title=f"Fake {kind}",
                description="For tests: no model at all.",
                parameters=schema(kind, num_inference_steps=steps, guidance_scale=guidance, **takes[kind]),
                default=True,
            )
            for kind in ("image", "video")
        ]

    def run(self, model: str, parameters: Mapping[str, Any]) -> Iterator[Event]:
        said = dict(_DIRECTIVE.findall(parameters["prompt"]))
        yield Notes({"understood": list(said), "ignored": []})
        _misbehave(said)
        steps = int(float(said.get("steps") or parameters["num_inference_steps"]))
        total = steps * parameters["num_outputs"]
        count = parameters["num_frames"] if model == "fake-video" else 1
        size = (parameters["width"], parameters["height"])
        for position, seed in enumerate(seeds(parameters["seed"], parameters["num_outputs"])):
            for step in range(1, steps + 1):
                yield from _slept(float(said.get("sleep") or 0), position * steps + step - 1, total)
                yield _progress(position * steps + step, total)
                if step == (steps + 1) // 2:
                    yield Preview(position=position, frames=_drawn(seed, 1, (_PREVIEW_SIDE, _PREVIEW_SIDE)))
            frames = _mixed(_drawn(seed, count, size), parameters)
            yield Output(position=position, frames=frames, seed=seed)


def _misbehave(said: dict[str, str]) -> None:
    if "fail" in said:
        raise EngineError(Text("The prompt asked to fail.", "La consigne demandait un échec."))
    if "retry" in said:
        raise EngineError(
            Text("The prompt asked for another try.", "La consigne demandait un nouvel essai."), retryable=True
        )
    if "crash" in said:
        os.kill(os.getpid(), signal.SIGKILL)
    while "hang" in said:
        time.sleep(1)


def _slept(seconds: float, done: int, total: int) -> Iterator[Progress]:
    """Repeats where it is after each slice: whoever closes the iterator waits no longer than that."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _SLICE_SECONDS))
        yield _progress(done, total)


def _progress(done: int, total: int) -> Progress:
    return Progress(fraction=done / total, step=done, steps=total, stage="denoising")


def _mixed(frames: Frames, parameters: Mapping[str, Any]) -> Frames:
    """`strength` says how much of the input picture gives way, and the mask where it does: in white."""
    if "input" not in parameters:
        return frames
    size = (frames.shape[2], frames.shape[1])
    with Image.open(parameters["input"]) as picture:
        start = np.asarray(picture.convert("RGB").resize(size))
    share = parameters["strength"]
    if "mask" in parameters:
        with Image.open(parameters["mask"]) as mask:
            share = share * np.asarray(mask.convert("L").resize(size))[..., None] / 255
    mixed: Frames = (start * (1 - share) + frames * share).astype(np.uint8)
    return mixed


def _drawn(seed: int, count: int, size: tuple[int, int]) -> Frames:
    """(count, height, width, 3): the gradient turns with the frames, so that clips differ from stills."""
    width, height = size
    generator = np.random.Generator(np.random.PCG64(seed))
    corner = generator.integers(0, 256, 3)
    noise = generator.integers(0, 32, (height, width, 3))
    slope = np.add.outer(np.arange(height) * 128 // height, np.arange(width) * 128 // width)[..., None]
    frames = [(corner + slope + noise + 256 * frame // count) % 256 for frame in range(count)]
    return np.stack(frames).astype(np.uint8)
