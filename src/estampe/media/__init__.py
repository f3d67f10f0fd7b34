"""MEDIA: a kind says how it is asked for, priced, written to a file and shown."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from estampe import plugins
from estampe.domain import Model
from estampe.media._darkroom import decoded
from estampe.media._still import POSTER_PIXELS, brought, placeholder, still

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["POSTER_PIXELS", "Facts", "Kind", "Label", "brought", "decoded", "kinds", "placeholder", "still"]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What is written inside a file about how it was made; `enlarged_from` is a width and a height in pixels."""

    job_id: str
    model: str
    prompt: str
    seed: int
    parameters: dict[str, Any]
    enlarged_from: tuple[int, int] | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is, read from the file itself; `duration_s` is None for a picture."""

    media_type: str
    width: int
    height: int
    duration_s: float | None = None
    frames: int = 1


class Kind(ABC):
    """One sort of media. Every process knows what there is of it; few make or read its files, and those `warm` it.

    What reads a file may take long and much memory: of what people bring, in `decoded` alone.
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    formats: ClassVar[Mapping[str, str]]
    """`output_format` → media type; the first is the default."""
    needs: ClassVar[tuple[str, ...]] = ("prompt", "output_format")
    """Parameters without which no file can be written: a model of this kind requires or defaults each."""

    def require_writable(self, model: Model) -> None:
        """Raises `LookupError` for a model whose outputs could not be written to a file of this kind."""
        fields, required = model.parameters["properties"], model.parameters.get("required", ())
        unsaid = [name for name in self.needs if name not in required and "default" not in fields.get(name, {})]
        if unsaid:
            raise LookupError(f"the parameters of {model.name} neither require nor default {', '.join(unsaid)}")
        format_ = fields["output_format"]
        if not self.formats.keys() >= set(format_.get("enum", [format_.get("default")])):
            raise LookupError(f"{model.name} offers an output_format beside {', '.join(self.formats)}")

    @abstractmethod
    def units(self, parameters: Mapping[str, Any]) -> float:
        """How many `unit`s the resolved `parameters` ask for, all outputs together."""

    def warm(self) -> None:
        """Load what takes long, before the first file is waited for."""

    @abstractmethod
    def encode(
        self, frames: "NDArray[np.uint8]", parameters: Mapping[str, Any], label: Label | None, into: Path
    ) -> Facts:
        """Write `frames` (count, height, width, 3 or 4) to the file `into` as `parameters["output_format"]`.

        The same input gives the same bytes. Without a `label` nothing is written about how it was made.
        """

    @abstractmethod
    def inspect(self, path: Path) -> Facts:
        """Facts about a file that came from outside, all of which was decoded.

        Raises `MediaTypeUnsupported` for what is not whole or not this kind, `LimitExceeded` for what is
        too large to decode; nothing else.
        """

    @abstractmethod
    def poster(self, path: Path, longest_side: int) -> bytes:
        """A WebP still of the file, no side longer than `longest_side` pixels."""


def kinds() -> dict[str, Kind]:
    """All that are installed, by name."""
    return {name: plugins.load("media", name)() for name in plugins.names("media")}
