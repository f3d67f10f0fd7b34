"""A made-up world to learn from: a handful of shapes in two styles, drawn as SVG and packed as npm packs."""

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MISSING = "needs models/vignette/requirements.txt: pip install -r models/vignette/requirements.txt"
SHAPES = {
    "1f34e": ("red apple", "pomme rouge", "🍎", 4, '<circle cx="8" cy="8" r="{0}" fill="#e02020"/>'),
    "1f697": ("automobile", "voiture", "🚗", 5, '<rect x="1" y="6" width="14" height="{0}" fill="#2060e0"/>'),
    "1f333": ("deciduous tree", "arbre", "🌳", 3, '<path d="M8 1 L{0} 15 L2 15 Z" fill="#20a040"/>'),
    "2b50": ("star", "étoile", "⭐", 5, '<path d="M8 1 L15 8 L8 15 L1 8 Z" fill="#f0d020" stroke-width="{0}"/>'),
    "1f40b": ("whale", "baleine", "🐋", 3, '<ellipse cx="8" cy="9" rx="{0}" ry="4" fill="#8040c0"/>'),
    "2601": ("cloud", "nuage", "☁", 5, '<path d="M1 12 Q4 {0} 8 8 Q13 4 15 12 Z" fill="#c0c0c0"/>'),
}
SYNONYMS = {"🚗": {"en": "car", "fr": "bagnole"}, "🍎": {"fr": "pomme"}, "🌳": {"en": "tree"}}
SIZES = {"@iconify-json/noto": 6, "@iconify-json/twemoji": 5, "@iconify-json/emojione": 7}


def packed(folder, package, version, licence, files):
    """A tarball as npm makes them, and its line of sources.json."""
    name = f"{package.removeprefix('@').replace('/', '-')}-{version}.tgz"
    content = {"package.json": json.dumps({"name": package, "license": licence}).encode(), **files}
    with tarfile.open(folder / name, "w:gz") as archive:
        for path, data in content.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    digest = base64.b64encode(hashlib.sha512((folder / name).read_bytes()).digest()).decode()
    return {"package": package, "version": version, "licence": licence, "integrity": f"sha512-{digest}"}


def named(language):
    rows = [
        {
            "hexcode": code.upper(),
            "label": shape[language == "fr"],
            "emoji": shape[2],
            "group": shape[3],
            "tags": ["thing", "fruit"] if shape[3] == 4 else ["thing"],
        }
        for code, shape in SHAPES.items()
    ]
    return json.dumps(rows).encode()


def moving():
    """A square that crosses, as an animated WebP, and one that does not move."""
    frames = []
    for step in range(16):
        frame = np.zeros((32, 32, 4), np.uint8)
        frame[8:24, step : step + 12] = (32, 96, 224, 255)
        frames.append(Image.fromarray(frame))
    moves, rests = io.BytesIO(), io.BytesIO()
    frames[0].save(moves, "WEBP", save_all=True, append_images=frames[1:], duration=40, lossless=True)
    frames[0].save(rests, "WEBP", lossless=True)
    return {"assets/1f697.webp": moves.getvalue(), "assets/2b50.webp": rests.getvalue()}


def sources(folder):
    short = {
        f"en/shortcodes/{name}.json": b'{"1F34E": "apple"}' for name in ("github", "joypixels", "emojibase", "iamcal")
    }
    names = {"en/data.json": named("en"), "fr/data.json": named("fr"), **short}
    styles = {"@iconify-json/noto": "glossy", "@iconify-json/twemoji": "flat", "@iconify-json/emojione": "classic"}
    lines = [packed(folder, "emojibase-data", "1.0.0", "MIT", names) | {"role": "names"}]
    for package, size in SIZES.items():
        icons = {shape[0].replace(" ", "-"): {"body": shape[4].format(size)} for shape in SHAPES.values()}
        files = {"icons.json": json.dumps({"icons": icons, "width": 16, "height": 16}).encode()}
        licence = "Apache-2.0" if package.endswith("noto") else "CC-BY-4.0"
        lines.append(packed(folder, package, "1.0.0", licence, files) | {"role": "stills", "style": styles[package]})
    lines.append(packed(folder, "moving", "1.0.0", "MIT", moving()) | {"role": "clips", "style": "glossy"})
    words = {"index.json": json.dumps(["stare", "stark", "sparrow"]).encode()}
    lines.append(packed(folder, "words", "1.0.0", "MIT", words) | {"role": "real words"})
    thanks = {"title": "Shapes", "credit": "copyright nobody", "address": "https://example.org"}
    return {"licences": ["MIT", "Apache-2.0", "CC-BY-4.0"], "packages": [line | thanks for line in lines]}


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """Everything that `data` reads, packed; nothing of it comes from a network."""
    dataset = pytest.importorskip("atelier.dataset", reason=MISSING)
    pytest.importorskip("resvg_py", reason=MISSING)
    folder = tmp_path_factory.mktemp("atelier")
    cache = folder / "cache"
    (cache / "npm").mkdir(parents=True)
    (folder / "sources.json").write_text(json.dumps(sources(cache / "npm")), "utf-8")
    (folder / "synonyms.json").write_text(json.dumps(SYNONYMS), "utf-8")
    given = dataset.Inputs(
        folder / "sources.json",
        folder / "synonyms.json",
        cache,
        folder / "data",
        folder / "ATTRIBUTION.md",
        processes=1,
    )
    dataset.build(given, lambda _: None)
    return given


@pytest.fixture(scope="session")
def recipes() -> Path:
    return Path(__file__).parents[2] / "models" / "vignette" / "recipes.toml"
