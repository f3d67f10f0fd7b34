"""Engines that tests bring along: installed for every process that is started meanwhile, as an outside package is."""

import os
from pathlib import Path

import pytest

_START = '''
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from estampe.domain import Model, Progress
from estampe.engines import Ended, Engine, Notes, Output
from estampe.engines._parameters import number, schema
from estampe.errors import EngineError, Text

HERE = Path(__file__).parent


def picture(position=0):
    return Output(position=position, frames=np.zeros((1, 64, 64, 3), np.uint8), seed=1)


class Plain(Engine):
    name = "guest"

    def models(self):
        parameters = schema("image", num_inference_steps=number(1, 50, 4))
        return [Model(name="guest", kind="image", engine="guest", title="Guest", parameters=parameters, default=True)]

    def run(self, model, batch):
        for member, request in enumerate(batch):
            for event in self.make(request.parameters):
                yield member, event
            yield member, Ended()

    def make(self, parameters):
        yield from (picture(position) for position in range(parameters["num_outputs"]))


class Guest(Plain):
    """What it does another way."""

'''


def install_guest(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str) -> None:
    """An engine called `guest`, whose model is `guest`: a class whose `body` says what it does another way."""
    (folder / "guest_engine.py").write_text(_START + body)
    facts = folder / "guest_engine-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: guest-engine\nVersion: 1\n")
    (facts / "entry_points.txt").write_text("[estampe.engines]\nguest = guest_engine:Guest\n")
    before = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *([before] if before else [])]))
