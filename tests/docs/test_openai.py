"""Every snippet of the page on OpenAI's clients, run as it stands and in order."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.docs.snippets import snippets
from tests.service import Person, Service

from estampe.settings import read

PAGE = "docs/openai.md"


@pytest.fixture
def environment(service: Service, boss: Person) -> dict[str, str]:
    """That of someone who exported what the page says, with a key of their own."""
    made = boss.post("/api/keys", json={"name": "n"}).json()
    said = {"OPENAI_BASE_URL": f"{service.url}/v1", "OPENAI_API_KEY": made["key"], "ESTAMPE_TOKEN": made["key"]}
    return os.environ | said | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def test_the_python_snippets_run_in_order(environment: dict[str, str], tmp_path: Path, boss: Person):
    for code in snippets(PAGE, "python"):
        ran = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, f"{code}\n{ran.stderr}"

    assert (tmp_path / "apple-1.png").stat().st_size > 1000
    assert (tmp_path / "butterfly.mp4").stat().st_size > 1000
    assert {job["status"] for job in boss.get("/api/jobs").json()["jobs"]} == {"succeeded"}


def test_the_commands_work_as_pasted(environment: dict[str, str], service: Service):
    (commands,) = snippets(PAGE, "sh")
    pasted = commands.replace("http://127.0.0.1:9006", service.url)

    ran = subprocess.run(["sh", "-euc", pasted], env=environment, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert '"fake-image"' in ran.stdout


def test_the_settings_are_settings(tmp_path: Path):
    (table,) = snippets(PAGE, "toml")
    file = tmp_path / "estampe.toml"
    file.write_text(table)

    assert read({}, file).openai_model_aliases == tomllib.loads(table)["openai_model_aliases"]
