"""A process loads what it runs: each that does not would start later, weigh more, and every one is started often."""

import subprocess
import sys

import pytest

DRAWING = {"av", "numpy", "onnxruntime"}
SERVING = {"granian", "jsonschema", "joserfc", "starlette"}


@pytest.mark.parametrize(
    ("process", "spared"),
    [
        ("estampe.bootstrap.api", DRAWING),
        ("estampe.cli.work", DRAWING | SERVING),
        ("estampe.worker.child", SERVING | {"procrastinate", "psycopg"}),
    ],
)
def test_a_process_knows_every_kind_of_media_and_loads_nothing_that_it_does_not_run(process: str, spared: set[str]):
    loads = f"import {process}, sys; from estampe.media import kinds"
    told = f"{loads}; print(*kinds()); print(*{spared!r} & sys.modules.keys())"

    answer = subprocess.check_output([sys.executable, "-c", told], text=True).split("\n")

    assert answer[:2] == ["image video", ""]
