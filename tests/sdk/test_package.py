"""The package: its types are the service's, its errors are the service's, it is typed, small, and it builds."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import estampe_client
import pytest
from estampe_client import errors
from tests.shape.test_sizes import LONGEST_FILE, LONGEST_FUNCTION, VAGUE, functions
from tests.thorough import thorough

from estampe.http import table

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sdk" / "python"
SOURCE = PACKAGE / "src" / "estampe_client"
FILES = sorted(SOURCE.rglob("*.py"))
WRITTEN = [path for path in FILES if path.name != "types.py"]
NODE = Path(__file__).parent / "pyright"
COMMAND = "curl -s http://127.0.0.1:9006/openapi.json | .venv/bin/python sdk/python/generate_types.py -"


@pytest.fixture(scope="module")
def document() -> dict:
    """As a client reads it."""
    return json.loads(json.dumps(table(32 * 1024 * 1024).document()))


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("generate_types", PACKAGE / "generate_types.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_types_are_those_of_the_service(document: dict, generator):
    same = generator.written(document) == (SOURCE / "types.py").read_text("utf-8")

    assert same, f"the service's shapes have changed: {COMMAND}"


def test_every_code_of_the_service_is_an_error_of_its_own(document: dict):
    told = {
        code
        for path, methods in document["paths"].items()
        if path.startswith("/api/")
        for operation in methods.values()
        for answer in operation["responses"].values()
        for kind, content in answer.get("content", {}).items()
        if kind == "application/problem+json"
        for code in content["schema"]["allOf"][1]["properties"]["code"]["enum"]
    }
    never_declared = {"draining", "identity_mismatch", "method_not_allowed", "idempotency_in_progress"}

    assert told - set(errors.KNOWN) == set()
    assert set(errors.KNOWN) - told <= never_declared


def test_every_error_stands_in_the_drawn_tree():
    for name in errors.__all__:
        if name[0].isupper() and name != "Refusal":
            assert re.search(rf"\b{name}\b", errors.__doc__), name
            assert getattr(errors, name).__doc__


def named(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_the_limits_of_the_house_hold_here_too(path: Path):
    text = path.read_text("utf-8")

    assert len(text.splitlines()) <= (150 if path.stem.endswith("client") else LONGEST_FILE)
    assert ast.get_docstring(ast.parse(text))
    assert [name for name, lines in functions(path) if lines > LONGEST_FUNCTION] == []
    assert path.stem.strip("_") not in VAGUE


def test_only_the_drivers_touch_the_network():
    performing = {"client.py", "async_client.py", "_sources.py"}
    found = {
        named(path)
        for path in FILES
        if re.search(r"\.send\([^)]*stream=|iter_bytes|time\.sleep|asyncio\.sleep", path.read_text("utf-8"))
    }

    assert found == performing


def test_the_version_is_said_once():
    said = [path for path in FILES if f'"{estampe_client.__version__}"' in path.read_text("utf-8")]

    assert [path.name for path in said] == ["_version.py"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distributions, built from a copy, so that nothing is left in the tree."""
    folder = tmp_path_factory.mktemp("built")
    copy = shutil.copytree(PACKAGE, folder / "python", ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), "."]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist"


def test_the_wheel_is_whole_typed_and_asks_for_little(built: Path):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = [archive.read(name).decode() for name in names if name.endswith("METADATA")]

    assert {f"estampe_client/{named(path)}" for path in FILES} | {"estampe_client/py.typed"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "Requires-Python: >=3.10" in metadata
    asked = re.findall(r"^Requires-Dist: ([a-z-]+)", metadata, re.MULTILINE)
    assert sorted(asked) == ["httpx", "typing-extensions"]


def test_the_wheel_works_where_it_is_installed(built: Path, tmp_path: Path):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "import estampe_client; print(estampe_client.__file__, estampe_client.__version__)"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.stdout.split() == [str(tmp_path / "estampe_client" / "__init__.py"), estampe_client.__version__]


def test_the_sources_make_the_wheel_again(built: Path):
    (sources,) = built.glob("*.tar.gz")
    with tarfile.open(sources) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"pyproject.toml", "README.md", "LICENSE", "generate_types.py", "src/estampe_client/py.typed"} <= names


USE = """
import asyncio
from pathlib import Path
from typing import assert_type
import estampe_client as e

def told(job: e.types.Snapshot) -> None: ...
async def told_later(job: e.types.Snapshot) -> None: ...

client = e.Client("http://127.0.0.1:9006", "token")
result = client.images.generate("a cat", width=64, seed=1, on_progress=told)
assert_type(result, e.types.Result)
assert_type([event.job for event in client.jobs.stream(result)], list[e.types.Snapshot])
assert_type(client.assets.download(result.outputs[0], "a.png"), Path)
assert_type(client.with_options(retries=1).me(), e.types.Me)

async def main() -> None:
    async with e.AsyncClient(token=lambda: "token") as client:
        result = await client.videos.generate("a bird", num_frames=8, on_progress=told_later)
        assert_type(result, e.types.Result)
        async for job in client.jobs.list(status="failed"):
            assert_type(job, e.types.Snapshot)

asyncio.run(main())
"""
MISUSE = """
import estampe_client as e
client = e.Client("http://127.0.0.1:9006", "token")
client.images.generate("a cat", widht=64)
client.images.generate("a cat", num_frames=8)
client.images.generate(7)
client.images.generate("a cat").nothing
client.jobs.list(status="done")
e.AsyncClient().me().user_id
"""
MISUSES = len(MISUSE.strip().splitlines()) - 2


@pytest.fixture
def uses(tmp_path: Path) -> Path:
    (tmp_path / "use.py").write_text(USE)
    (tmp_path / "misuse.py").write_text(MISUSE)
    return tmp_path


def test_mypy_knows_what_is_right_and_what_is_not(uses: Path):
    def checked(name: str) -> list[str]:
        command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(uses / "cache"), name]
        environment = os.environ | {"MYPYPATH": str(SOURCE.parent)}
        done = subprocess.run(command, cwd=uses, env=environment, capture_output=True, text=True, check=False)
        return [line for line in done.stdout.splitlines() if ": error:" in line]

    assert checked("use.py") == []
    assert len({line.split(":")[1] for line in checked("misuse.py")}) == MISUSES


@pytest.fixture(scope="session")
def pyright() -> list[str]:
    node, npm = shutil.which("node"), shutil.which("npm")
    why = None if node and npm else "node and npm are needed for pyright"
    if why is None and not (NODE / "node_modules" / "pyright").exists():
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        installed = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=False)
        why = None if installed.returncode == 0 else f"npm could not install pyright: {installed.stderr[-500:]}"
    if why is not None:
        (pytest.fail if os.environ.get("TESTS_REQUIRE_NODE") else pytest.skip)(why)
    return [node, str(NODE / "node_modules" / "pyright" / "index.js"), "--pythonpath", sys.executable, "--outputjson"]


@thorough("needs Node, and pyright from npm; mypy looks at it in make check")
def test_pyright_has_nothing_to_say_of_the_package(pyright: list[str]):
    done = subprocess.run([*pyright, "-p", str(PACKAGE)], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)

    assert told["summary"]["filesAnalyzed"] == len(FILES)
    assert told["generalDiagnostics"] == []


@thorough("needs Node, and pyright from npm; mypy is asked the same")
def test_pyright_knows_what_is_right_and_what_is_not(pyright: list[str], uses: Path):
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(SOURCE.parent)], "include": ["."]}
    (uses / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run([*pyright, "-p", str(uses)], capture_output=True, text=True, check=False)
    told = [one for one in json.loads(done.stdout)["generalDiagnostics"] if one["severity"] == "error"]

    assert [one for one in told if one["file"].endswith("/use.py")] == []
    assert len({one["range"]["start"]["line"] for one in told}) == MISUSES
