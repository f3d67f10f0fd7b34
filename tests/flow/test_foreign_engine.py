"""An engine that somebody else wrote and installed, with a schema of its own."""

from collections.abc import Callable

import pytest
from tests import postgres
from tests.service import running

ENGINE = """
import numpy as np

from estampe.domain import Model
from estampe.engines import Engine, Output, in_turn

FIELDS = {
    "prompt": {"type": "string"},
    "seed": {"type": "integer", "minimum": 0, "maximum": 65535},
    "output_format": {"type": "string", "enum": ["png"], "default": "png"},
}


class Theirs(Engine):
    name = "theirs"

    def models(self):
        schema = {"type": "object", "properties": FIELDS, "required": ["prompt"], "additionalProperties": False}
        return [Model(name="plain", kind="image", engine=self.name, title="Plain", parameters=schema)]

    def run(self, model, batch):
        return in_turn(self._made, batch)

    def _made(self, request):
        yield Output(0, np.full((1, 8, 8, 3), 90, np.uint8), request.parameters["seed"])
"""


def test_a_model_without_a_number_of_outputs_makes_one_from_a_seed_that_it_takes(
    server: Callable[[str], postgres.Server], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    installed, home = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("home")
    (installed / "theirs.py").write_text(ENGINE)
    told = installed / "theirs-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[estampe.engines]\ntheirs = theirs:Theirs\n")
    monkeypatch.setenv("PYTHONPATH", str(installed), prepend=":")

    with server("18").database() as url, running(url, home, engines="theirs") as service, service.person() as ana:
        job = ana.make("anything")

        assert 0 <= job["parameters"]["seed"] <= 65535
        assert [output["seed"] for output in job["outputs"]] == [job["parameters"]["seed"]]
        assert job["usage"]["units"] == 1
