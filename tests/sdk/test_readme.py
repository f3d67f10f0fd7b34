"""Every snippet of the package's page, run as it stands and in order."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from estampe_client import AsyncClient, Client
from estampe_client._operation import Resource, iteration, operation
from PIL import Image
from tests.service import Person, Service

PACKAGE = Path(__file__).parents[2] / "sdk" / "python"
PAGE = (PACKAGE / "README.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_snippets_run_in_order(service: Service, ana: Person, tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ESTAMPE_")}
    environment |= {"ESTAMPE_PUBLIC_URL": service.url, "ESTAMPE_TOKEN": ana.token}
    environment |= {"PYTHONPATH": str(PACKAGE / "src")}
    said = []

    for code in SNIPPETS:
        command = [sys.executable, "-W", "error", "-c", code]
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{code}\n{ran.stderr}"
        said.append(ran.stdout)

    with Image.open(tmp_path / "apple.png") as picture:
        assert picture.format == "PNG"
    assert "100%" in said[1]
    assert "('/width', " in "".join(said)


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_the_table_names_every_method(client):
    told = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE))
    with_quotes = {of: set(re.findall(r"`(\w+)`", methods)) for of, methods in told.items()}
    made = client("http://127.0.0.1:9", "token")

    for of, methods in with_quotes.items():
        for name in re.findall(r"`(\w+)`", of):
            group = getattr(made, name)
            assert isinstance(group, Resource)
            assert methods == _methods(type(group)), name
    assert _methods(client) <= with_quotes["the client"]


def _methods(kind: type) -> set[str]:
    found = (name for name in dir(kind) if isinstance(getattr(kind, name), operation | iteration))
    return {name for name in found if not name.startswith("_")}
