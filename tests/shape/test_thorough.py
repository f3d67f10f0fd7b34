"""What `make test` leaves out says why; and CI leaves nothing out."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.longest import LONGEST
from tests.thorough import thorough

ROOT = Path(__file__).parents[2]
MARKS = {"thorough", "all_here"}
OUTCOME = re.compile(r"(\d+) (passed|deselected)")


def marks() -> Iterator[tuple[str, list[ast.expr]]]:
    """Where each mark stands, and what it is given."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.name == "thorough.py" or "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in MARKS:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args


def test_every_mark_has_its_reason():
    found = dict(marks())

    silent = [where for where, said in found.items() if not (said and len(str(ast.literal_eval(said[0]))) > 5)]
    assert found
    assert silent == []


def test_there_is_no_other_way_to_mark():
    named = re.compile(r"mark\.thorough")
    files = (ROOT / "tests").rglob("test_*.py")

    assert [path.name for path in files if named.search(path.read_text("utf-8")) and path != Path(__file__)] == []


def outcome(folder: Path, *flags: str, **environment: str) -> dict[str, int]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TESTS_THOROUGH", "PYTEST"))}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), *flags, folder],
        env=kept | environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return {said: int(count) for count, said in OUTCOME.findall(ran.stdout.splitlines()[-1])}


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param([], id="alone"),
        pytest.param(["-n", "2"], id="shared out", marks=thorough("starts three processes")),
    ],
)
def test_one_variable_chooses_and_the_summary_says_what_was_left_out(tmp_path: Path, flags: list[str]):
    (tmp_path / "conftest.py").write_text(
        "from tests.thorough import pytest_collection_modifyitems, pytest_configure\n"
        "__all__ = ['pytest_collection_modifyitems', 'pytest_configure']\n"
    )
    (tmp_path / "test_both.py").write_text(
        "from tests.thorough import thorough\n"
        "def test_quick(): pass\n"
        "@thorough('takes its time')\n"
        "def test_long(): pass\n"
    )

    assert outcome(tmp_path, *flags) == {"passed": 1, "deselected": 1}
    assert outcome(tmp_path, *flags, TESTS_THOROUGH="1") == {"passed": 2}


def test_what_is_begun_first_is_there():
    assert [name for name in LONGEST if not (ROOT / "tests" / name).exists()] == []


def test_ci_runs_everything():
    assert "TESTS_THOROUGH=1" in (ROOT / ".ci" / "run").read_text()
