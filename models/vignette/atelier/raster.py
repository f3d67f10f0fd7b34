"""Pictures of concepts at one size: RGBA, premultiplied, 8 bits."""

import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from atelier.concepts import Concept, code_of, slug
from atelier.sources import Source, members, read_json

SIDE = 128
Bytes = NDArray[np.uint8]
_FAINTEST = 4  # mean alpha under which a picture is empty
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{w}" height="{h}" '
    'viewBox="{left} {top} {w} {h}">{body}</svg>'
)


class Drawn(NamedTuple):
    """A source's picture of a concept, still as text (SVG) or bytes (WebP)."""

    code: str
    style: str
    content: str | bytes


def drawings(source: Source, archive: Path, concepts: Iterable[Concept]) -> Iterator[Drawn]:
    """The source's picture of each concept that it has."""
    if source.package.startswith("@iconify-json/"):
        yield from _icons(source, archive, concepts)
        return
    wanted = {concept.code for concept in concepts}
    for name, content in members(archive, ".webp"):
        if code_of(name) in wanted:
            yield Drawn(code_of(name), source.style, content)


def _icons(source: Source, archive: Path, concepts: Iterable[Concept]) -> Iterator[Drawn]:
    icons = read_json(archive, "icons.json")
    try:
        by_code = {code_of(code): name for code, name in read_json(archive, "chars.json").items()}
    except KeyError:
        by_code = {}
    for concept in concepts:
        known = slug(concept.label)
        for name in (by_code.get(concept.code), known, known.replace("-", "")):
            icon = _icon(icons, name)
            if icon:
                yield Drawn(concept.code, source.style, _svg(icons, icon))
                break


def _icon(icons: dict[str, Any], name: str | None) -> dict[str, Any] | None:
    alias = icons.get("aliases", {}).get(name)
    if alias and not {"rotate", "hFlip", "vFlip"} & set(alias):
        name = alias["parent"]
    icon: dict[str, Any] | None = icons["icons"].get(name)
    return icon


def _svg(icons: dict[str, Any], icon: dict[str, Any]) -> str:
    width, height = (icon.get(key, icons.get(key, 16)) for key in ("width", "height"))
    return _SVG.format(w=width, h=height, left=icon.get("left", 0), top=icon.get("top", 0), body=icon["body"])


def rasterised(drawn: Drawn) -> Bytes | None:
    """(SIDE, SIDE, 4), or None where it cannot be drawn or shows nothing."""
    try:
        if isinstance(drawn.content, str):
            import resvg_py  # noqa: PLC0415 - each process of the pool loads it once

            svg = resvg_py.svg_to_bytes(svg_string=drawn.content, width=2 * SIDE, height=2 * SIDE)
            picture = Image.open(io.BytesIO(bytes(svg)))
        else:
            picture = Image.open(io.BytesIO(drawn.content))
        small = shrunk(picture)
    except (OSError, ValueError):
        return None
    return small if small[..., 3].mean() >= _FAINTEST else None


def shrunk(picture: Image.Image, side: int = SIDE) -> Bytes:
    """Square and premultiplied, so that no colour of the invisible bleeds in."""
    layers = picture.convert("RGBA").convert("RGBa")
    across = max(layers.size)
    if layers.size != (across, across):
        square = Image.new("RGBa", (across, across))
        square.paste(layers, ((across - layers.width) // 2, (across - layers.height) // 2))
        layers = square
    way = Image.Resampling.BOX if across % side == 0 else Image.Resampling.LANCZOS
    return np.asarray(layers.resize((side, side), way))


def rasterise(all_drawn: list[Drawn], processes: int) -> Iterator[tuple[Drawn, Bytes]]:
    """Those that can be drawn, in order."""
    with ProcessPoolExecutor(processes) as pool:
        for drawn, picture in zip(all_drawn, pool.map(rasterised, all_drawn, chunksize=32), strict=True):
            if picture is not None:
                yield drawn, picture
