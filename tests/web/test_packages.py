"""The packages themselves: their types, their size, what is in them, and that none is behind the API."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.web.conftest import ROOT, WEB

from estampe import __version__

if TYPE_CHECKING:
    from tests.service import Service
    from tests.web.conftest import Node

SOURCES = sorted(path for name in ("client", "react") for path in (WEB / name / "src").glob("*.ts*"))
FROM_OUTSIDE = ("react", "react/jsx-runtime", "@tanstack/react-query", "@estampe/client")
MOST_BYTES = {"client/dist/index.js": 6000, "react/dist/index.js": 5000, "react/dist/clerk.js": 1000}


def test_the_types_are_those_of_the_api():
    spec = importlib.util.spec_from_file_location("generate", WEB / "client" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)

    assert generate.TARGET.read_text("utf-8") == generate.generated(), "run web/client/generate.py"


def test_the_versions_are_the_service_s():
    said = {
        name: json.loads((WEB / name / "package.json").read_text("utf-8"))["version"] for name in ("client", "react")
    }

    assert set(said.values()) == {__version__}


def test_the_client_depends_on_nothing():
    package = json.loads((WEB / "client" / "package.json").read_text("utf-8"))

    assert not {"dependencies", "peerDependencies"} & set(package)


@pytest.mark.parametrize("lock", ["web", "examples/nextjs-clerk"])
def test_no_registry_stands_in_a_lock(lock: str):
    text = (ROOT / lock / "package-lock.json").read_text("utf-8")

    assert re.findall(r'"resolved": "(?!file:|client"|react"|react-18"|studio")[^"]*"', text) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_a_source_file_is_short_and_says_what_it_is_for(path: Path):
    text = path.read_text("utf-8")

    assert text.startswith("/**")
    assert path.name == "generated.ts" or len(text.splitlines()) <= 300
    assert max(map(len, text.splitlines())) <= 120 or path.name == "generated.ts"


@pytest.mark.parametrize("project", ["client/test", "react/test"])
def test_the_types_are_strict_and_kept(node: Node, project: str):
    node.tool("tsc", "--project", project)


@pytest.mark.parametrize("entry", MOST_BYTES)
def test_a_package_is_small(node: Node, entry: str, tmp_path: Path):
    outside = [f"--external:{name}" for name in FROM_OUTSIDE]
    made = tmp_path / "bundle.js"
    node.tool("esbuild", entry, "--bundle", "--minify", "--format=esm", f"--outfile={made}", *outside)

    assert len(gzip.compress(made.read_bytes(), 9)) <= MOST_BYTES[entry]


@pytest.mark.parametrize("name", ["client", "react"])
def test_a_package_holds_what_it_needs_and_nothing_else(node: Node, name: str):
    done = node.npm(WEB / name, "pack", "--dry-run", "--json", "--ignore-scripts")

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    (packed,) = report if isinstance(report, list) else report.values()
    files = {file["path"] for file in packed["files"]}
    assert {"package.json", "README.md", "LICENSE", "NOTICE", "dist/index.js", "dist/index.d.ts"} <= files
    assert len([path for path in files if not path.startswith("dist/")]) == 4


def test_the_client_needs_nothing_that_the_edge_lacks(node: Node, live: Service, tmp_path: Path):
    bundle = tmp_path / "client.js"
    entry = ("client/dist/index.js", "--bundle", "--format=iife", "--global-name=estampe", "--platform=neutral")
    node.tool("esbuild", *entry, f"--outfile={bundle}")
    with live.person("user_edge") as person:
        said = node.run(WEB / "client" / "test", "edge.mjs", str(bundle), live.url, person.token)

    assert said.stdout == "succeeded in the dark", said.stderr


def test_the_sources_are_formatted(node: Node):
    node.tool("prettier", "--check", ".")
