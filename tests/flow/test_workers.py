"""Workers come, say what they can make, and go: by themselves, or killed without a word."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.postgres import eventually
from tests.service import Person, Service, running
from tests.thorough import thorough


@pytest.fixture(scope="module")
def spread(server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An API, and one worker with one engine."""
    folder = tmp_path_factory.mktemp("spread")
    with server("18").database() as url, running(url, folder, operators="user_operator") as started:
        yield started


@contextlib.contextmanager
def another_worker(service: Service, engines: str) -> Iterator[subprocess.Popen[bytes]]:
    """As on another host: it has nothing but the database and the store in common with the first."""
    with service.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "estampe", "worker"],
            env=service.environment | {"ESTAMPE_ENGINES": engines},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def offered(person: Person) -> set[str]:
    return {model["name"] for model in person.get("/api/models").json()["models"]}


def gauge(operator: Person, name: str) -> float | None:
    """As Prometheus would read it."""
    lines = dict(line.rsplit(" ", 1) for line in operator.get("/metrics").text.splitlines() if line[:1] != "#")
    return float(lines[name]) if name in lines else None


@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=thorough("the same, with a word"))])
def test_what_only_a_gone_worker_could_make_is_offered_no_more(spread: Service, how: signal.Signals):
    with spread.person() as ana, spread.person("user_operator") as operator:
        first = offered(ana)
        assert all(name.startswith("fake") for name in first)
        with another_worker(spread, "vignette") as other:
            eventually(lambda: "vignette" in offered(ana), "the second worker's models")
            assert offered(ana) > first
            eventually(lambda: gauge(operator, "estampe_live_workers") == 2, "two workers")
            assert gauge(operator, 'estampe_workers{model="vignette"}') == 1

            other.send_signal(how)

            eventually(lambda: offered(ana) == first, "the end of its models")
            refused = ana.post("/api/images/generate", json={"prompt": "a cat", "model": "vignette"})
            assert (refused.status_code, refused.json()["code"]) == (422, "unknown_model")
            eventually(lambda: gauge(operator, "estampe_live_workers") == 1, "one worker")
            assert not gauge(operator, 'estampe_workers{model="vignette"}')
        assert ana.make("a dog", width=64, height=64)["model"] in first


def test_the_queue_of_each_model_is_told_to_whoever_adds_workers(spread: Service):
    name = "estampe_queue_jobs", "estampe_running_jobs", "estampe_queue_gpu_seconds", "estampe_queue_oldest_seconds"
    queued, busy, seconds, oldest = (f'{one}{{model="fake-image"}}' for one in name)
    with spread.person() as ana, spread.person("user_operator") as operator:
        eventually(lambda: gauge(operator, queued) == 0, "an empty queue")
        jobs = [ana.ask("[hang] a cat", width=64, height=64)]
        ana.reaches(jobs[0], "running")  # what is alike and waits beside it would run with it
        jobs += [ana.ask("[hang] a cat", width=64, height=64) for _ in range(3)]

        eventually(lambda: gauge(operator, queued) == 3, "three that wait")

        assert gauge(operator, busy) == 1
        assert gauge(operator, seconds) > 0
        assert gauge(operator, oldest) > 0
        assert gauge(operator, 'estampe_jobs{status="queued"}') == 3
        for job_id in jobs:
            ana.post(f"/api/jobs/{job_id}/cancel")


def test_the_last_worker_s_end_leaves_nobody_to_ask(spread: Service):
    with spread.person() as ana:
        spread.kill("worker")

        eventually(lambda: offered(ana) == set(), "an empty list")

        refused = ana.post("/api/images/generate", json={"prompt": "a cat"})
        assert (refused.status_code, refused.json()["code"]) == (503, "no_worker")
        assert int(refused.headers["retry-after"]) > 0
