"""ENGINE: parameters in, events out. An engine knows no tenant, no HTTP, no database and no file format."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from estampe.domain import Model, Progress

Frames = NDArray[np.uint8]


class Preview(msgspec.Struct, frozen=True):
    """A look at output `position` before it is done: frames shaped (1, height, width, 3 or 4)."""

    position: int
    frames: Frames


class Output(msgspec.Struct, frozen=True):
    """Output `position`, finished: frames shaped (count, height, width, 3 or 4), 8 bits a channel.

    A picture has one frame. `seed` is the one that makes this very output again when asked for alone.
    """

    position: int
    frames: Frames
    seed: int


class Notes(msgspec.Struct, frozen=True):
    """What the person should know of how the request was read, such as `understood` and `ignored` words."""

    values: dict[str, list[str]]


Event = Progress | Preview | Output | Notes


class Engine(ABC):
    """One way to make media. Heavy imports and weights belong in `setup`, nowhere else."""

    name: str

    @abstractmethod
    def models(self) -> Sequence[Model]:
        """What can be made, told without loading anything heavy."""

    def setup(self) -> None:
        """Load what `run` needs. Called once, in the process that will run."""

    @abstractmethod
    def run(self, model: str, parameters: Mapping[str, Any]) -> Iterator[Event]:
        """Make what `parameters` ask (they match the model's schema, every default is filled, `seed` is set).

        `Notes` come first, progress never falls, and each position yields one `Output`. Closing the
        iterator cancels. Raises `EngineError` for what cannot be made. The same parameters give the same
        bytes in any process, unless the model says `deterministic=False`. An input picture or mask comes
        as a `pathlib.Path` under `input` and `mask`.
        """
