"""What can be drawn, and how it is called in English and French."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from atelier.sources import read_json

GROUPS = {0: "faces", 1: "people", 3: "animals", 4: "food", 5: "travel", 6: "activities", 7: "objects"}
_LEFT_OUT = re.compile(r"o.clock|-thirty|^keycap|mobile phone off|no .* under")
_SHORT_NAMES = ("github", "joypixels", "emojibase", "iamcal")


class Concept(NamedTuple):
    """One thing, by the code of its sign; `hints` are words that go with it but do not name it."""

    code: str
    sign: str
    group: str
    label: str
    names: dict[str, list[str]]
    hints: dict[str, list[str]]


def code_of(text: str) -> str:
    """One spelling of a sign's code, whichever set it comes from."""
    return "-".join(part for part in text.lower().split("-") if part != "fe0f")


def slug(label: str) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def read_concepts(archive: Path, groups: Iterable[str]) -> list[Concept]:
    """All concepts of `groups`, in the order of the source."""
    english, french = (
        {code_of(row["hexcode"]): row for row in read_json(archive, f"{language}/data.json")}
        for language in ("en", "fr")
    )
    short = [read_json(archive, f"en/shortcodes/{name}.json") for name in _SHORT_NAMES]
    nicknames: dict[str, list[str]] = {}
    for table in short:
        for code, told in table.items():
            nicknames.setdefault(code_of(code), []).extend([told] if isinstance(told, str) else told)
    wanted = set(groups)
    return [
        _concept(row, french.get(code, row), nicknames.get(code, []))
        for code, row in english.items()
        if GROUPS.get(row.get("group", -1)) in wanted and not _LEFT_OUT.search(row["label"])
    ]


def _concept(row: Mapping[str, Any], french: Mapping[str, Any], nicknames: list[str]) -> Concept:
    spoken = [name.replace("_", " ") for name in nicknames if re.fullmatch(r"[a-z_]{3,}", name)]
    return Concept(
        code=code_of(row["hexcode"]),
        sign=row["emoji"].replace("\ufe0f", ""),
        group=GROUPS[row["group"]],
        label=row["label"],
        names={"en": list(dict.fromkeys([row["label"], *spoken])), "fr": [french["label"]]},
        hints={"en": list(row.get("tags", [])), "fr": list(french.get("tags", []))},
    )
