"""An engine that somebody else wrote and installed, with a schema of its own."""

from collections.abc import Callable

import pytest
from tests import postgres
from tests.guests import install_guest
from tests.service import running

PLAIN_SCHEMA = """
    def models(self):
        fields = {
            "prompt": {"type": "string"},
            "seed": {"type": "integer", "minimum": 0, "maximum": 65535},
            "output_format": {"type": "string", "enum": ["png"], "default": "png"},
        }
        schema = {"type": "object", "properties": fields, "required": ["prompt"], "additionalProperties": False}
        return [Model(name="guest", kind="image", engine="guest", title="Guest", parameters=schema)]

    def make(self, parameters):
        yield Output(position=0, frames=np.full((1, 8, 8, 3), 90, np.uint8), seed=parameters["seed"])
"""


def test_a_model_without_a_number_of_outputs_makes_one_from_a_seed_that_it_takes(
    server: Callable[[str], postgres.Server], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    install_guest(monkeypatch, tmp_path_factory.mktemp("installed"), PLAIN_SCHEMA)
    home = tmp_path_factory.mktemp("home")

    with server("18").database() as url, running(url, home, engines="guest") as service, service.person() as ana:
        job = ana.make("anything")

    assert 0 <= job["parameters"]["seed"] <= 65535
    assert [output["seed"] for output in job["outputs"]] == [job["parameters"]["seed"]]
    assert job["usage"]["units"] == 1
