"""The limits of the house, which a linter does not know: long functions, long files, vague names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "estampe"
FILES = sorted(SOURCE.rglob("*.py"))
MODELS = sorted((Path(__file__).parents[2] / "models").glob("*/*/*.py"))
LONGEST_FUNCTION, LONGEST_FILE = 40, 300
VAGUE = {"utils", "helpers", "common", "base", "manager", "service", "misc"}


def named(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function and its lines, its docstring left out."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body
            first = body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            said = first.end_lineno - first.lineno + 1 if documented else 0
            yield node.name, node.end_lineno - node.lineno + 1 - said


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_is_short_and_says_what_it_is_for(path: Path):
    text = path.read_text("utf-8")

    assert len(text.splitlines()) <= LONGEST_FILE
    assert ast.get_docstring(ast.parse(text))
    assert not {part.strip("_") for part in path.relative_to(SOURCE).with_suffix("").parts} & VAGUE


@pytest.mark.parametrize("path", FILES + MODELS, ids=lambda path: path.stem)
def test_a_function_is_short(path: Path):
    assert [name for name, lines in functions(path) if lines > LONGEST_FUNCTION] == []


def test_only_the_settings_look_at_the_environment():
    allowed = {"settings.py", "cli/language.py", "cli/serve.py", "cli/up.py", "telemetry.py"}

    looking = {named(path) for path in FILES if "os.environ" in path.read_text("utf-8")}

    assert looking <= allowed


def test_every_tenant_s_rows_are_reached_through_their_own_door():
    allowed = {"access", "assets", "bootstrap", "cli", "db", "identity", "jobs", "worker"}

    # What an identity provider tells of its own people is of no one tenant.
    told = {"http/webhooks.py"}

    reaching = {path for path in FILES if ".system()" in path.read_text("utf-8")}

    assert {path.relative_to(SOURCE).parts[0] for path in reaching if named(path) not in told} <= allowed


def test_only_who_may_see_every_tenant_has_a_connection_of_its_own():
    """`Direct` works as the system does: whoever asks through it says in each statement whose rows it wants."""
    having = {named(path) for path in FILES if "db.direct" in path.read_text("utf-8")}

    assert having <= {"bootstrap/api.py", "jobs/reader.py"}


def test_nothing_but_the_plugins_names_an_engine():
    engines = [path.stem for path in (SOURCE / "engines").glob("[a-z]*.py")]
    for path in FILES:
        if path.parent.name in {"engines", "_vignette"} or path.name == "settings.py":
            continue
        text = path.read_text("utf-8")
        for engine in engines:
            assert f'"{engine}"' not in text, f"{named(path)} names {engine}"
