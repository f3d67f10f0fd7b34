"""How fast the service is on this machine, from one run; nothing is asserted here but that it works."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.service import Person, Service, running

pytestmark = pytest.mark.bench


@pytest.fixture(scope="module")
def vignette(server, tmp_path_factory):
    with server("18").database() as url, running(url, tmp_path_factory.mktemp("b"), engines="vignette") as service:
        yield service


def seconds_to_succeed(person: Person, kind: str, **asked: object) -> float:
    """From POST to the row's own `succeeded`, as the client sees it with a held request."""
    started = time.perf_counter()
    answer = person.post(f"/api/{kind}s/generate", json=asked, headers={"Prefer": "wait=30"})
    assert answer.status_code == 200, answer.text
    return time.perf_counter() - started


@pytest.mark.parametrize(("kind", "prompt"), [("image", "red apple"), ("video", "papillon")])
def test_from_post_to_succeeded(vignette: Service, kind: str, prompt: str):
    with vignette.person() as ana:
        seconds_to_succeed(ana, kind, prompt=prompt)
        times = [seconds_to_succeed(ana, kind, prompt=prompt, seed=seed) for seed in range(10)]

    print(f"\n{kind}: median {statistics.median(times):.2f} s, worst of 10 {max(times):.2f} s from POST to succeeded")
    assert times


def test_start_of_the_api(vignette: Service):
    code = (
        "import time; t=time.perf_counter(); import estampe.bootstrap, estampe.cli.serve; print(time.perf_counter()-t)"
    )
    imports = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(5)]
    starts = []
    for _ in range(3):
        vignette.stop("api")
        started = time.perf_counter()
        vignette.start("api")
        vignette.wait_until_ready()
        starts.append(time.perf_counter() - started)

    print(
        f"\nAPI: import {statistics.median(imports):.2f} s, import and start to ready {statistics.median(starts):.2f} s"
    )
    assert imports


def test_where_the_bytes_are(vignette: Service):
    weights = Path(sys.modules["estampe"].__file__).parent / "engines" / "_vignette"
    total = sum(path.stat().st_size for path in weights.iterdir() if path.is_file())

    print(f"\nvignette: {total / 1e6:.1f} MB in the package")
    assert total
