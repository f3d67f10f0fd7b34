"""ENGINE: parameters in, events out. An engine knows no tenant, no HTTP, no database and no file format."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from estampe.domain import Model, Progress

Frames = NDArray[np.uint8]
Render = Callable[[], Frames]
"""Makes frames of what was drawn, where they are wanted: once or never, in another thread, while the engine goes on."""


class _Drawn(msgspec.Struct, frozen=True):
    position: int
    frames: Frames | Render

    def rendered(self) -> Frames:
        return self.frames() if callable(self.frames) else self.frames


class Preview(_Drawn, frozen=True):
    """A look at output `position` before it is done: frames shaped (1, height, width, 3 or 4)."""


class Output(_Drawn, frozen=True):
    """Output `position`, finished: frames shaped (count, height, width, 3 or 4), 8 bits a channel.

    A picture has one frame. `seed` is the one that makes this very output again when asked for alone. `enlarged_from`
    is the width and height that the model itself drew, where its frames were made larger afterwards.
    """

    seed: int
    enlarged_from: tuple[int, int] | None = None


class Notes(msgspec.Struct, frozen=True):
    """What the person should know of how the request was read, such as `understood` and `ignored` words.

    More of it than 15 MiB fails the member, as does a refusal's text of that length.
    """

    values: dict[str, list[str]]


class Checkpoint(msgspec.Struct, frozen=True):
    """Enough to go on from here in another process, and to make the same bytes as if nothing had happened.

    To be had after every step: the newest is kept every other second, where it is at most 8 MiB.
    """

    data: bytes


class Ended(msgspec.Struct, frozen=True):
    """The last event of each member: all its outputs were yielded, or `error` says why not.

    An `EngineError` is told to the person; any other exception is a fault of the engine, and tried again. So is an end
    without an output for each position: `num_outputs` of them, or one where the model has no such parameter.
    """

    error: Exception | None = None


Event = Progress | Preview | Output | Notes | Checkpoint | Ended
Told = tuple[int, Event]
"""An event, and which member of the batch it is of."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a batch.

    `parameters` match the model's schema; every default is filled, `seed` is set, and an input picture or
    mask comes as a `pathlib.Path` under `input` and `mask`: the file as a person made it, which may lie on its side
    or have 16 bits. `estampe.media.brought` opens it as they see it. `checkpoint` is what an earlier run of this
    very request left, maybe of another version: what cannot be read is ignored. Once `wanted` says no,
    events of this member are for nobody.
    """

    parameters: Mapping[str, Any]
    checkpoint: bytes | None = None
    wanted: Callable[[], bool] = lambda: True


class Engine(ABC):
    """One way to make media. Heavy imports and weights belong in `setup`, nowhere else."""

    name: str

    @abstractmethod
    def models(self) -> Sequence[Model]:
        """What can be made, told without loading anything heavy."""

    def setup(self) -> None:
        """Load what `run` needs. Called once, in the process that will run; it has `setup_seconds`."""

    @abstractmethod
    def run(self, model: str, batch: Sequence[Request]) -> Iterator[Told]:
        """Make what the members of the batch ask: at most the model's `max_batch`, alike in its `batch_by`.

        Of each member `Notes` come first, progress never falls, each position yields one `Output`, and
        `Ended` comes last. What cannot be made of one member is its `Ended(error)`, so that the others go
        on; what this raises ends them all. Closing the iterator cancels. The same parameters give the same
        bytes in any process and any batch, unless the model says `deterministic=False`. Time is charged to
        the members that have begun and not ended, in equal shares.
        """


def in_turn(make: Callable[[Request], Iterator[Event]], batch: Sequence[Request]) -> Iterator[Told]:
    """The `run` of an engine that makes one request at a time: the first member never waits for the others.

    `make` raises what cannot be made, and yields no `Ended`.
    """
    for member, request in enumerate(batch):
        events = make(request)
        error = None
        try:
            while request.wanted() and (event := next(events, None)) is not None:
                yield member, event
        except Exception as raised:  # noqa: BLE001 - whatever it is, it is this member's, and the others go on
            error = raised
        finally:
            _close(events)
        yield member, Ended(error)


def _close(events: Iterator[Event]) -> None:
    close = getattr(events, "close", None)
    if close is not None:
        close()
