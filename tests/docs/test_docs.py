"""What is public is documented, and what is documented is true."""

import os
import re
import subprocess
from pathlib import Path

import msgspec
import pytest
from tests.terminal import Terminal
from tests.thorough import thorough

from estampe import domain, settings
from estampe.settings import OF_CLIENTS, Settings

ROOT = Path(__file__).parents[2]
FIELDS = [field.name for field in msgspec.structs.fields(Settings)]


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def snippets(name: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", read(name), re.DOTALL)


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_is_documented(name: str):
    assert f"`{name}`" in read("docs/settings.md")


def test_no_setting_is_documented_that_does_not_exist():
    documented = set(re.findall(r"`([a-z0-9_]+)` \(", read("docs/settings.md")))

    assert documented == set(FIELDS)


def test_the_defaults_are_the_documented_ones():
    defaults = Settings()
    for name, said in re.findall(r"`([a-z0-9_]+)` \(`([^`]+)`\)", read("docs/settings.md")):
        value = getattr(defaults, name)
        assert said == (",".join(value) if isinstance(value, tuple) else str(value)), name


def variables_that_people_are_shown() -> dict[str, str]:
    """Each `ESTAMPE_…`, and a file that says it."""
    told = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("sdk/python/README.md"),
        *ROOT.glob("web/*/README.md"),
    ]
    read_by_clients = [*ROOT.glob("sdk/python/src/**/*.py"), *ROOT.glob("web/*/src/**/*.ts*")]
    examples = [path for path in ROOT.glob("examples/**/*") if "node_modules" not in path.parts and path.is_file()]
    return {
        name: str(path.relative_to(ROOT))
        for path in [*told, *read_by_clients, *examples]
        for name in re.findall(r"(?<![A-Z_])ESTAMPE_[A-Z0-9][A-Z0-9_]*", path.read_text("utf-8", "ignore"))
    }


def test_a_shell_may_hold_every_variable_that_people_are_shown():
    shown = variables_that_people_are_shown()
    ours = {f"ESTAMPE_{name.upper()}" for name in FIELDS}
    foreign = {name: where for name, where in shown.items() if name not in ours | {"ESTAMPE_CONFIG"}}

    assert set(foreign) == OF_CLIENTS, foreign
    assert settings.read(dict.fromkeys(foreign, "http://127.0.0.1:9006")) == Settings()


def test_every_noun_is_in_the_glossary():
    nouns = {
        name for name, value in vars(domain).items() if isinstance(value, type) and value.__module__ == domain.__name__
    }

    assert {noun for noun in nouns if f"**{noun}**" not in read("docs/glossary.md")} == set()


def test_every_link_in_the_readme_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", read("README.md") + read("ARCHITECTURE.md"))

    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


@thorough("makes the newcomer's first picture and clip of tests/flow/test_up.py again")
def test_the_readme_s_commands_work_as_pasted(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path):
    commands = "\n".join(snippets("README.md")[1:])
    assert "curl" in commands
    terminal = Terminal(tmp_path_factory.mktemp("readme") / "data")
    pasted = commands.replace("127.0.0.1:9006", f"127.0.0.1:{terminal.port}")
    pasted = pasted.replace(".venv/bin/estampe", "estampe")
    environment = terminal.environment | {
        "PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{terminal.environment['PATH']}",
        "ESTAMPE_PORT": str(terminal.port),
        "ESTAMPE_DATA_DIR": str(terminal.folder),
    }

    with terminal.up() as up:
        up.link()
        said = subprocess.run(
            ["sh", "-euc", pasted],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert said.returncode == 0, said.stderr
    assert (tmp_path / "apple.png").stat().st_size > 1000
    assert (tmp_path / "papillon.mp4").stat().st_size > 1000
    assert '"status":"succeeded"' in said.stdout
