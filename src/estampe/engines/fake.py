"""Deterministic, instant, without weights: for tests and load only."""

import os
import re
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from estampe.domain import Model, Progress
from estampe.engines import Checkpoint, Ended, Engine, Event, Frames, Notes, Output, Preview, Request, Told
from estampe.engines._parameters import number, schema, seeds
from estampe.errors import EngineError, Text
from estampe.media import brought

_DIRECTIVE = re.compile(r"\[(steps|sleep|linger|fail|retry|crash|hang)(?: ([0-9]+(?:\.[0-9]+)?))?\]")
_SLICE_SECONDS = 0.02
_PREVIEW_SIDE = 32
_MAX_BATCH = 8
_START = {"input_asset_id": {"type": "string"}, "strength": number(0.0, 1.0, 0.5)}
_MASK = {"mask_asset_id": {"type": "string"}}


class Fake(Engine):
    """Draws a gradient with seeded noise, mixed with the input picture if there is one, where the mask is white.

    A batch advances together, a step of each member at a time, and its members sleep side by side.
    Directives in the prompt make it behave in other ways:

    [steps N]        N steps instead of `num_inference_steps`
    [sleep SECONDS]  sleep in each step, in small slices that can be cancelled between
    [linger SECONDS] sleep after the last step, without yielding
    [fail]           end with an `EngineError` that no retry mends
    [retry]          end with an `EngineError` that a retry may mend
    [crash]          kill the process, as a driver might, and the whole batch with it
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
                max_batch=_MAX_BATCH,
                batch_by=("width", "height") if kind == "image" else ("width", "height", "num_frames"),
            )
            for kind in ("image", "video")
        ]

    def run(self, model: str, batch: Sequence[Request]) -> Iterator[Told]:
        going = {member: _events(model, request) for member, request in enumerate(batch)}
        while going:
            asleep = True
            for member, events in list(going.items()):
                event = _next(events) if batch[member].wanted() else Ended()
                if isinstance(event, Ended):
                    del going[member]
                asleep = asleep and isinstance(event, _Asleep)
                yield member, event.progress if isinstance(event, _Asleep) else event
            if asleep:
                time.sleep(_SLICE_SECONDS)


class _Asleep(NamedTuple):
    """Nothing new: where the member is and stays."""

    progress: Progress


def _next(events: Iterator[Event | _Asleep]) -> Event | _Asleep:
    try:
        return next(events, Ended())
    except EngineError as error:
        return Ended(error)


def _events(model: str, request: Request) -> Iterator[Event | _Asleep]:
    parameters = request.parameters
    said = dict(_DIRECTIVE.findall(parameters["prompt"]))
    yield Notes({"understood": list(said), "ignored": []})
    _misbehave(said)
    steps = int(float(said.get("steps") or parameters["num_inference_steps"]))
    seconds = float(said.get("sleep") or 0)
    total = steps * parameters["num_outputs"]
    done = _read(request.checkpoint, total)
    count = parameters["num_frames"] if model == "fake-video" else 1
    size = (parameters["width"], parameters["height"])
    for position, seed in enumerate(seeds(parameters["seed"], parameters["num_outputs"])):
        while done < (position + 1) * steps:
            yield from _sleeping(seconds, _progress(done, total))
            done += 1
            yield _progress(done, total)
            yield Checkpoint(str(done).encode())
            if done == position * steps + (steps + 1) // 2:
                yield Preview(position=position, frames=_drawn(seed, 1, (_PREVIEW_SIDE, _PREVIEW_SIDE)))
        time.sleep(float(said.get("linger") or 0))
        yield Output(position=position, frames=_mixed(_drawn(seed, count, size), parameters), seed=seed)


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


def _read(checkpoint: bytes | None, total: int) -> int:
    """The steps done before."""
    digits = checkpoint or b""
    return int(digits) if digits.isdigit() and int(digits) <= total else 0


def _sleeping(seconds: float, progress: Progress) -> Iterator[_Asleep]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield _Asleep(progress)


def _progress(done: int, total: int) -> Progress:
    return Progress(fraction=done / total, step=done, steps=total, stage="denoising")


def _mixed(frames: Frames, parameters: Mapping[str, Any]) -> Frames:
    """`strength` says how much of the input picture gives way, and the mask where it does: in white."""
    if "input" not in parameters:
        return frames
    size = (frames.shape[2], frames.shape[1])
    start = np.asarray(brought(parameters["input"]).convert("RGB").resize(size))
    share = parameters["strength"]
    if "mask" in parameters:
        share = share * np.asarray(brought(parameters["mask"]).convert("L").resize(size))[..., None] / 255
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
