"""What the networks learn from, as it lies on the disk: pictures, clips, and what is known of each."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from atelier.clips import gather_clips, read_clip
from atelier.colours import COLOURS, hue_of
from atelier.concepts import Concept, read_concepts
from atelier.raster import Bytes, drawings, rasterise
from atelier.sources import Source, attribution, fetch, read_json, read_sources
from atelier.wording import lexicon_of, real_words, write_lexicon

LEARNED_STYLES = ("glossy", "simple", "flat", "3d")
HELD_OUT_STYLES = ("classic", "blob", "fx")  # what the judge alone sees
GROUPS = ("animals", "food", "travel", "activities", "objects", "faces")


class Inputs(NamedTuple):
    """Where the data come from and go to."""

    sources: Path
    synonyms: Path
    cache: Path
    data: Path
    attribution: Path
    groups: tuple[str, ...] = GROUPS
    processes: int = 2


class Dataset(NamedTuple):
    """Pictures are premultiplied RGBA: (count, side, side, 4), clips (count, 16, side, side, 4).

    Rows say of each its `code`, and of pictures also `style`, `hue` in degrees or -1, and `native` colour.
    """

    concepts: list[Concept]
    stills: Bytes
    still_rows: list[dict[str, Any]]
    clips: Bytes
    clip_rows: list[dict[str, Any]]


def build(inputs: Inputs, say: Callable[[str], None] = print) -> None:
    """Each part once: what is there and newer than what it is made from stays."""
    sources = read_sources(inputs.sources)
    npm = inputs.cache / "npm"
    told = {source.package: fetch(source, npm) for source in sources if source.role != "clips"}
    say(f"{len(told)} packages proven")
    names = next(told[source.package] for source in sources if source.role == "names")
    concepts = read_concepts(names, inputs.groups)
    inputs.data.mkdir(parents=True, exist_ok=True)
    write_json(inputs.data / "concepts.json", concepts)
    if _is_older(inputs.data / "stills.json", inputs.sources):
        pictures = [source for source in sources if source.role == "stills"]
        say(_build_stills(inputs, [(source, told[source.package]) for source in pictures], concepts))
    clips = [source for source in sources if source.role == "clips"]
    if _is_older(inputs.data / "clips.json", inputs.sources):
        say(_build_clips(inputs, clips, concepts))
    if _is_older(inputs.data / "lexicon.json", inputs.sources, inputs.synonyms):
        real = [word for source in sources if source.role == "real words" for word in _words(told[source.package])]
        say(_build_lexicon(inputs, concepts, real))
    inputs.attribution.write_text(attribution(sources, set(LEARNED_STYLES)), "utf-8")


def _is_older(path: Path, *parents: Path) -> bool:
    return not path.exists() or any(path.stat().st_mtime < parent.stat().st_mtime for parent in parents)


def real_word_list(sources: Path, cache: Path) -> list[str]:
    """English and French."""
    named = [source for source in read_sources(sources) if source.role == "real words"]
    return [word for source in named for word in _words(fetch(source, cache / "npm"))]


def _words(archive: Path) -> list[str]:
    read: list[str] = read_json(archive, "index.json")
    return read


def _build_stills(inputs: Inputs, sources: list[tuple[Source, Path]], concepts: list[Concept]) -> str:
    drawn = [one for source, archive in sources for one in drawings(source, archive, concepts)]
    rows, pictures = [], []
    for one, picture in rasterise(drawn, inputs.processes):
        hue = hue_of(picture)
        rows.append({"code": one.code, "style": one.style, "hue": round(hue.degrees, 1), "native": hue.native})
        pictures.append(picture)
    np.save(inputs.data / "stills.npy", np.stack(pictures))
    write_json(inputs.data / "stills.json", rows)
    return f"{len(rows)} pictures of {len({row['code'] for row in rows})} concepts, {len(drawn) - len(rows)} left out"


def _build_clips(inputs: Inputs, sources: list[Source], concepts: list[Concept]) -> str:
    paths = gather_clips(sources, inputs.cache, {concept.code for concept in concepts}, inputs.processes)
    clips = [read_clip(path) for path in paths]
    np.save(inputs.data / "clips.npy", np.stack(clips) if clips else np.zeros((0, 16, 1, 1, 4), np.uint8))
    write_json(inputs.data / "clips.json", [{"code": path.stem} for path in paths])
    return f"{len(paths)} clips"


def _build_lexicon(inputs: Inputs, concepts: list[Concept], real: Iterable[str]) -> str:
    synonyms = json.loads(inputs.synonyms.read_text("utf-8"))
    known = lexicon_of(concepts, synonyms, colours=list(COLOURS), styles=list(LEARNED_STYLES))
    known["real_words"] = real_words(known, real)
    write_lexicon(inputs.data / "lexicon.json", known)
    return f"{len(known['subjects'])} subjects named, {len(known['real_words'].split())} words kept from mending"


def write_json(path: Path, value: Any) -> None:
    half = path.with_suffix(".half")
    half.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    half.rename(path)


def read_dataset(folder: Path) -> Dataset:
    """The pictures stay on the disk until they are asked for."""
    stills, clips = (np.load(folder / name, mmap_mode="r") for name in ("stills.npy", "clips.npy"))
    rows, clip_rows, concepts = (
        json.loads((folder / name).read_text("utf-8")) for name in ("stills.json", "clips.json", "concepts.json")
    )
    return Dataset([Concept(*row) for row in concepts], stills, rows, clips, clip_rows)
