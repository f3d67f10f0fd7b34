"""The small model that ships: text → picture or clip on a CPU in a second or two."""

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from estampe.domain import Model, Progress
from estampe.engines import Checkpoint, Engine, Event, Frames, Notes, Output, Preview, Render, Request, Told, in_turn
from estampe.engines._parameters import number, schema, seeds
from estampe.engines._vignette.canvas import FILLED, Bytes, columns, cut_out, framed, on, posed, together
from estampe.engines._vignette.halfway import Halfway, read_halfway
from estampe.engines._vignette.lexicon import Lexicon, lexicon
from estampe.engines._vignette.motion import poses
from estampe.engines._vignette.network import Floats, Network, Step, schedule
from estampe.engines._vignette.prompt import Reading, read
from estampe.errors import EngineError, Text

PREVIEWS = 4
MAX_BATCH = 4
MOST_NAMED = 40  # subjects of all sorts, to whoever named none
_PREVIEW_SIDE = 256
_SIDE, _LIVELY_SIDE = 256, 128  # what is drawn is made as large as this; larger costs time that the eye does not see
_SHAPE = ("width", "height", "num_outputs", "num_inference_steps")


class Vignette(Engine):
    """Draws subjects, like stickers, and composes them on their background.

    The words come from a table, so that what is not understood is said, not guessed. Several subjects are drawn
    each for itself and put side by side. A motion moves what was drawn; only a subject marked `lively`, and alone,
    also changes shape, as the network learned. Other weights than those that ship may lie in a folder.
    """

    name = "vignette"

    def __init__(self, weights: Path | None = None) -> None:
        self._weights = weights
        self._network: Network | None = None

    def models(self) -> Sequence[Model]:
        guidance = number(1, 5, 1.5)
        count = len(lexicon(self._weights).subjects)
        return [
            Model(
                name="vignette",
                kind="image",
                engine=self.name,
                title="Vignette",
                description=f"Small stickers of {count} subjects, in English or French, on a plain CPU.",
                parameters=schema("image", num_inference_steps=number(1, 50, 12), guidance_scale=guidance),
                default=True,
                max_batch=MAX_BATCH,
                batch_by=_SHAPE,
            ),
            Model(
                name="vignette-clip",
                kind="video",
                engine=self.name,
                title="Vignette clip",
                description="A sticker that moves in a loop: say how, or it sways.",
                parameters=schema("video", num_inference_steps=number(1, 50, 6), guidance_scale=guidance),
                default=True,
                max_batch=MAX_BATCH,
                batch_by=(*_SHAPE, "num_frames"),
            ),
        ]

    def setup(self) -> None:
        self._network = Network(self._weights)

    def run(self, model: str, batch: Sequence[Request]) -> Iterator[Told]:
        if self._network is None:
            self.setup()
        network, known, moving = self._network, lexicon(self._weights), model == "vignette-clip"
        assert network is not None  # noqa: S101 - setup made it
        return in_turn(lambda request: _Drawing(network, known, request, moving=moving).events(), batch)


class _Drawing:
    """One request on its way."""

    def __init__(self, network: Network, known: Lexicon, request: Request, *, moving: bool) -> None:
        parameters: Mapping[str, Any] = request.parameters
        self._network = network
        self._known = known
        self._given = parameters
        self._moving = moving
        self._reading = read(parameters["prompt"], moving=moving, choice=parameters["seed"], known=known)
        self._unwanted = read(parameters.get("negative_prompt", ""), known=known)
        self._size = (parameters["width"], parameters["height"])
        self._steps = parameters["num_inference_steps"]
        self._background = known.backgrounds[self._reading.background]
        self._things = self._reading.drawn
        subject = self._reading.subject
        self._alive = moving and len(self._things) == 1 and subject is not None and subject.lively
        self._count = parameters["num_frames"] if moving else 1
        self._way = schedule(self._steps) * (1 + self._alive)
        self._total = parameters["num_outputs"] * (len(self._way) + self._count)
        self._halfway = read_halfway(
            request.checkpoint, edition=network.edition, shape=network.shape, longest=len(self._way)
        )
        self._done = len(self._halfway.finished) * (len(self._way) + self._count) + self._halfway.step

    def events(self) -> Iterator[Event]:
        ignored = dict.fromkeys(self._reading.ignored + self._unwanted.ignored)
        mended = {"read_as": list(self._reading.read_as)} if self._reading.read_as else {}
        yield Notes({"understood": list(self._reading.understood), "ignored": list(ignored), **mended})
        if self._reading.subject is None:
            raise EngineError(_no_subject(self._reading, self._known))
        finished = list(self._halfway.finished)
        for position, seed in enumerate(seeds(self._given["seed"], self._given["num_outputs"])):
            again = position < len(finished)
            if not again:
                yield from self._denoised(position, seed)
                finished.append(self._halfway.latent)
                self._halfway = Halfway(tuple(finished))
            drawn = self._network.decode(finished[position])
            frames = yield from self._frames(drawn, steps=0 if again else 1)
            yield Output(position, frames, seed, enlarged_from=self._enlarged_from(drawn))

    def _enlarged_from(self, drawn: Bytes) -> tuple[int, int] | None:
        side = drawn.shape[1] * columns(len(self._things))
        return (side, side) if min(self._size) * FILLED > side else None

    def _denoised(self, position: int, seed: int) -> Iterator[Event]:
        """Alone in its batch, so that its seed makes it again. Leaves its latent in `halfway`."""
        every = math.ceil(self._steps / PREVIEWS)
        for step in self._steps_of(self._network.noise(seed, len(self._things))):
            count = self._halfway.step + 1
            picture = step.latent if count <= self._steps else self._halfway.picture
            self._halfway = Halfway(self._halfway.finished, count, step.latent, picture)
            yield self._progress("denoising")
            yield Checkpoint(self._halfway.packed(self._network.edition))
            if count % every == 0 and count < self._steps:
                yield self._preview(position, step.estimate)

    def _steps_of(self, start: Floats) -> Iterator[Step]:
        """Those that are left: of drawing, then of moving what was drawn."""
        wanted = [self._network.condition(tokens) for tokens in self._tokens()]
        step, latent = self._halfway.step, self._halfway.latent
        if step < self._steps:
            words = [*wanted, self._network.condition(self._unwanted.tokens)]
            guidance = self._given["guidance_scale"]
            latent = latent if step else start
            yield from self._network.draw(latent, words, guidance=guidance, steps=self._way[step : self._steps])
            step = self._steps
        if self._alive:
            latent = latent if step > self._steps else np.repeat(start, self._count, 0)
            yield from self._network.animate(latent, wanted[0], self._halfway.picture, self._way[step:])

    def _tokens(self) -> list[tuple[str, ...]]:
        """What the network learned to move, it learned in relief."""
        relief = ("3d",) if self._alive and self._reading.style is None else ()
        return [(*tokens, *relief) for tokens in self._things]

    def _progress(self, stage: str, *, steps: int = 1) -> Progress:
        self._done += steps
        return Progress(fraction=self._done / self._total, step=self._done, steps=self._total, stage=stage)

    def _preview(self, position: int, estimate: Floats) -> Preview:
        scale = min(1.0, _PREVIEW_SIDE / max(self._size))
        size = (max(1, round(self._size[0] * scale)), max(1, round(self._size[1] * scale)))
        return Preview(position, lambda: self._still(self._network.decode(estimate), size))

    def _picture(self, drawn: Bytes, *, side: int = 0) -> Image.Image:
        scale = max(1, side // drawn.shape[1])
        return on(together([cut_out(one, scale=scale) for one in drawn]), self._background)

    def _still(self, drawn: Bytes, size: tuple[int, int], *, side: int = 0) -> Frames:
        return framed(self._picture(drawn, side=side), size, self._background)[None]

    def _frames(self, drawn: Bytes, *, steps: int) -> Generator[Event, None, Frames | Render]:
        """Those of a clip one at a time: whoever cancels waits for one only."""
        if not self._moving:
            yield self._progress("decoding", steps=steps)
            return partial(self._still, drawn, self._size, side=_SIDE)
        frames = []
        for frame in self._clip(drawn):
            frames.append(frame)
            yield self._progress("decoding", steps=steps)
        return np.stack(frames)

    def _clip(self, drawn: Bytes) -> Iterator[Bytes]:
        if not self._alive or self._reading.motion is not None:
            return self._moved(drawn)
        return (self._still(shape[None], self._size, side=_LIVELY_SIDE)[0] for shape in drawn)

    def _moved(self, drawn: Bytes) -> Iterator[Bytes]:
        subject = self._reading.subject
        heading = subject.heading if subject else (-1.0, 0.0)
        side = min(self._size)
        picture = None
        for frame, pose in enumerate(poses(self._reading.motion or "sway", self._count, heading, self._size)):
            if picture is None or self._alive:
                shown, large = (drawn[frame : frame + 1], _LIVELY_SIDE) if self._alive else (drawn, _SIDE)
                small = self._picture(shown, side=large)
                picture = small.resize((side, side), Image.Resampling.LANCZOS)
            yield posed(picture, self._size, self._background, pose)


def _no_subject(reading: Reading, known: Lexicon) -> Text:
    heard = ", ".join(reading.understood)
    count = len(known.subjects)
    english, french = (", ".join(_some(known.names[language])) for language in ("en", "fr"))
    more = count > MOST_NAMED
    return Text(
        (f"I read “{heard}”, but nothing I can draw. " if heard else "I know none of these words. ")
        + f"This small model draws {count} subjects{', such as' if more else ':'} {english}. "
        + "Add a colour, a style (flat, 3d, glossy), a background, or a motion for a clip.",
        (f"J'ai lu « {heard} », mais rien que je sache dessiner. " if heard else "Je ne connais aucun de ces mots. ")
        + f"Ce petit modèle dessine {count} sujets{', comme' if more else ' :'} {french}. "
        + "Ajoutez une couleur, un style (plat, 3d, brillant), un fond, ou un mouvement pour un clip.",
    )


def _some(names: Sequence[str]) -> Sequence[str]:
    """Of all sorts; those of one word are what people ask for."""
    short = [name for name in names if " " not in name]
    return short[:: math.ceil(len(short) / MOST_NAMED)]
