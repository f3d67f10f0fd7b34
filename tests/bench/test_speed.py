"""How fast the service is on this machine, from one run; nothing is asserted here but that it works."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.bench.figures import Figure, Figures, at_most
from tests.service import Person, Service, running

pytestmark = pytest.mark.bench

FIRST = "A first picture"
GOALS = {"image": 1.5, "video": 3.0}


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
def test_from_post_to_succeeded(vignette: Service, figures: Figures, kind: str, prompt: str):
    with vignette.person() as ana:
        seconds_to_succeed(ana, kind, prompt=prompt)
        times = [seconds_to_succeed(ana, kind, prompt=prompt, seed=seed) for seed in range(10)]

    goal = at_most(GOALS[kind], statistics.median(times), " s")
    said = f"median {statistics.median(times):.2f} s, worst of 10 {max(times):.2f} s"
    figures.add(FIRST, Figure(f"{kind} “{prompt}”, from POST to succeeded", said, goal=goal))
    assert times


def test_start_of_the_api(vignette: Service, figures: Figures):
    loads = "import estampe.bootstrap.api, estampe.cli.serve"
    code = f"import time; t=time.perf_counter(); {loads}; print(time.perf_counter()-t)"
    imports = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(5)]
    starts = []
    for _ in range(3):
        vignette.stop("api")
        started = time.perf_counter()
        vignette.start("api")
        vignette.wait_until_ready()
        starts.append(time.perf_counter() - started)

    figures.add(
        FIRST,
        Figure("API: import", f"{statistics.median(imports):.2f} s"),
        Figure(
            "API: import and start, until ready",
            f"{statistics.median(starts):.2f} s",
            goal=at_most(3, statistics.median(starts), " s"),
        ),
    )
    assert imports


def test_where_the_bytes_are(figures: Figures):
    weights = Path(sys.modules["estampe"].__file__).parent / "engines" / "_vignette"
    total = sum(path.stat().st_size for path in weights.iterdir() if path.is_file())

    size = f"{total / 1e6:.1f} MB"
    figures.add(FIRST, Figure("weights of vignette in the package", size, goal=at_most(20, total / 1e6, " MB")))
    assert total
