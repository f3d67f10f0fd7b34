"""The studio's own rules: which part may know which, how long a file may be, and how much a first visit loads."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.web.conftest import ROOT, WEB, absent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web.conftest import Node

STUDIO = WEB / "studio" / "src"
FILES = sorted(path for path in STUDIO.rglob("*.ts*"))
PAGE = ROOT / "src" / "estampe" / "http" / "page"
MOST_LINES = {".ts": 300, ".tsx": 250}
FIRST_LOAD_BYTES = 180_000
# An upper one may import a lower one, never the reverse; those of one line do not know each other.
LAYERS = [{"main.tsx"}, {"app"}, {"features", "sign-in"}, {"media"}, {"server"}, {"ui"}]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)['"]""")

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(STUDIO))


def part(path: Path) -> tuple[str, ...]:
    """The layer of a file and, of a feature, which one."""
    steps = path.relative_to(STUDIO).parts
    return steps[:2] if steps[0] == "features" else steps[:1]


def imported(path: Path) -> Iterator[Path]:
    for found in IMPORT.findall(path.read_text("utf-8")):
        yield (path.parent / found).resolve()


def may_import(here: tuple[str, ...], there: tuple[str, ...]) -> bool:
    return here == there or RANK[here[0]] < RANK[there[0]]


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_is_short_typed_and_says_what_it_is_for(path: Path):
    text = path.read_text("utf-8")

    assert text.startswith("/**")
    assert len(text.splitlines()) <= MOST_LINES[path.suffix]
    assert re.findall(r"(?::|<|\bas) *any\b", COMMENT.sub("", text)) == []
    assert re.findall(r"@ts-\w+|eslint-", text) == []


@pytest.mark.parametrize("path", FILES, ids=named)
def test_imports_go_one_way_and_no_feature_knows_another(path: Path):
    there = [other for other in imported(path) if not may_import(part(path), part(other))]

    assert [named(other) for other in there] == []


@pytest.mark.parametrize(
    ("here", "there", "may"),
    [
        (("features", "create"), ("features", "gallery"), False),
        (("features", "create"), ("features", "create"), True),
        (("features", "create"), ("sign-in",), False),
        (("ui",), ("server",), False),
        (("app",), ("features", "usage"), True),
        (("server",), ("ui",), True),
    ],
)
def test_the_layers_are_told_apart(here: tuple[str, ...], there: tuple[str, ...], may: bool):  # noqa: FBT001 - pytest names it
    assert may_import(here, there) is may


@pytest.mark.parametrize("path", FILES, ids=named)
def test_no_model_or_engine_is_named(path: Path):
    assert re.findall(r"vignette|diffusers|fake-(?:image|clip)", path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", sorted(STUDIO.rglob("*.css")), ids=named)
def test_colours_stand_in_the_theme_alone(path: Path):
    if path.name == "theme.css":
        return
    said = re.findall(r"#[0-9a-f]{3,8}\b|\brgb\(", path.read_text("utf-8"))

    # White paper under a print, and what darkens or lightens whatever is below it, are the same by day and by night.
    assert set(said) <= {"#fff", "rgb("}


def test_the_types_are_strict_and_kept(node: Node):
    node.tool("tsc", "--project", "studio")


def test_a_first_visit_loads_little_script():
    manifest = PAGE / "manifest.json"
    if not manifest.exists():
        absent("the studio is not built: run make studio")
    chunks = json.loads(manifest.read_text("utf-8"))
    wanted = {"index.html", "src/features/create/Page.tsx"}
    loaded: set[str] = set()
    while wanted:
        name = wanted.pop()
        loaded.add(name)
        wanted |= set(chunks[name].get("imports", [])) - loaded
    sizes = {name: len(gzip.compress((PAGE / chunks[name]["file"]).read_bytes(), 9)) for name in loaded}

    assert sum(sizes.values()) <= FIRST_LOAD_BYTES, sizes
