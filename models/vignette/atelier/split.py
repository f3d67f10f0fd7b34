"""What the drawing network never sees together, so that it can be asked for it later."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class HeldOut(NamedTuple):
    """Pairs of a concept's code with a colour, style, ground, count, and unordered pairs of codes."""

    colours: frozenset[tuple[str, str]]
    styles: frozenset[tuple[str, str]]
    grounds: frozenset[tuple[str, str]]
    counts: frozenset[tuple[str, str]]
    pairs: frozenset[tuple[str, str]]


def read_prompts(path: Path) -> list[dict[str, Any]]:
    prompts: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return prompts


def held_out(prompts: Iterable[Mapping[str, Any]]) -> HeldOut:
    """All that the prompts ask for together."""
    prompts = list(prompts)
    pairs = {tuple(sorted((row["code"], row["other"]))) for row in prompts if row.get("other")}
    return HeldOut(
        *(
            frozenset((row["code"], str(row[what])) for row in prompts if row.get(what))
            for what in ("colour", "style", "ground", "count")
        ),
        frozenset((one, other) for one, other in pairs),
    )
