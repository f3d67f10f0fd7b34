"""What one more job, and one more worker, cost the database and the API: the inputs of benchmarks/scaling.py."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import psycopg
import pytest
from PIL import Image
from tests.bench.figures import Figure, Figures
from tests.postgres import eventually
from tests.service import Person, Service, running

pytestmark = pytest.mark.bench

IDLE_SECONDS = 12
JOBS = 120
MORE_WORKERS = 4
SLOW = "[steps 400] [sleep 0.05] a cat"
MEBIBYTE = 1024 * 1024
SUBJECT = "What one more costs"
ABOUT = "The inputs of [the simulation](../benchmarks/scaling.py) that [Scaling](scaling.md) comes from."


@pytest.fixture
def installed(server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with server("18").database() as url, running(url, tmp_path_factory.mktemp("costs")) as started:
        yield started


def spent(process: psutil.Process) -> float:
    """CPU seconds of a process and its descendants that live; the kernel counts them in nanoseconds here alone."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        for told in Path(f"/proc/{one.pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                total += int(told.read_text().split()[0])
    return total / 1e9


def database_of(service: Service) -> psutil.Process:
    with psycopg.connect(service.database_url) as connection:
        return psutil.Process(connection.info.backend_pid).parent()


@contextlib.contextmanager
def more_workers(service: Service, count: int) -> Iterator[None]:
    command = [sys.executable, "-m", "estampe", "worker"]
    started = [subprocess.Popen(command, env=service.environment, start_new_session=True) for _ in range(count)]
    try:
        wanted = "select count(*) from workers where seen_at > now() - interval '5 seconds'"
        eventually(lambda: service.rows(wanted) == [(count + 1,)], "the workers")
        yield
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGTERM)
        for process in started:
            process.wait(timeout=30)


def idle(service: Service, database: psutil.Process) -> float:
    """CPU seconds of the database in a second in which nobody asks for anything."""
    before = spent(database)
    time.sleep(IDLE_SECONDS)
    return (spent(database) - before) / IDLE_SECONDS


def a_job(person: Person, database: psutil.Process, at_rest: float) -> float:
    """CPU seconds of the database for one job, asked for when the one before has ended."""
    before, began = spent(database), time.monotonic()
    for _ in range(JOBS):
        person.make("a cat", width=64, height=64)
    return (spent(database) - before - at_rest * (time.monotonic() - began)) / JOBS


def test_the_costs_of_a_job_and_of_a_worker(installed: Service, figures: Figures):
    database, api = database_of(installed), psutil.Process(installed.processes["api"].pid)
    with installed.person() as ana:
        ana.make("a cat", width=64, height=64)
        alone = idle(installed, database)
        api_before = spent(api)
        one = a_job(ana, database, alone)
        api_one = (spent(api) - api_before) / JOBS
        running_job = ana.ask(SLOW, width=64, height=64)
        ana.reaches(running_job, "running")
        busy = idle(installed, database)
        assert ana.ended(running_job)["status"] == "succeeded"
        with more_workers(installed, MORE_WORKERS):
            connections = installed.rows(
                "select application_name, count(*) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() group by 1 order by 1"
            )
            many = idle(installed, database)
            herd = a_job(ana, database, many)
        served = _serving(ana, api)

    worker = (many - alone) / MORE_WORKERS
    rows = {
        "database CPU of one job": f"{one * 1e3:.2f} ms",
        "more of it for each idle worker that it wakes": f"{(herd - one) / MORE_WORKERS * 1e3:.2f} ms",
        "database CPU of an idle worker": f"{worker * 1e3:.2f} ms a second",
        "database CPU of one idle API and worker": f"{alone * 1e3:.2f} ms a second",
        "database CPU while a job tells its progress": f"{(busy - alone) * 1e3:.2f} ms a second",
        "API CPU of serving a file": f"{served * 1e3:.2f} ms a MiB",
        "API CPU of one job, asked for and waited for": f"{api_one * 1e3:.2f} ms",
        f"connections of 1 API and {MORE_WORKERS + 1} workers": f"{sum(count for _, count in connections)}",
    }
    figures.add(SUBJECT, *(Figure(what, value) for what, value in rows.items()), about=ABOUT)
    assert 0 < one < 1
    assert served > 0


def _serving(person: Person, api: psutil.Process) -> float:
    """CPU seconds of the API for a MiB of a file that it carries itself."""
    noise = np.random.default_rng(1).integers(0, 256, (1600, 1600, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).save(content, "PNG", compress_level=0)
    said = person.post("/api/uploads", content=content.getvalue(), headers={"Content-Type": "image/png"}).json()
    before = spent(api)
    times = 20
    for _ in range(times):
        assert len(person.get(said["url"]).content) == said["bytes"]
    return (spent(api) - before) / (times * said["bytes"] / MEBIBYTE)


def test_the_cost_of_a_notice_by_how_many_hear_it(server, figures: Figures):
    """Every process hears of every job: what one notice costs grows with those that listen."""
    told, costs = 400, {}
    with server("18").database() as url, contextlib.ExitStack() as open_connections:
        teller = open_connections.enter_context(psycopg.connect(url, autocommit=True))
        database = psutil.Process(teller.info.backend_pid).parent()
        listening = 0
        for wanted in (1, 11, 51):
            while listening < wanted:
                ear = open_connections.enter_context(psycopg.connect(url, autocommit=True))
                ear.execute("listen estampe_jobs")
                listening += 1
            before = spent(database)
            for number in range(told):
                teller.execute("select pg_notify('estampe_jobs', %s)", (f"{number:0200d}",))
                time.sleep(0.002)
            time.sleep(1)
            costs[wanted] = (spent(database) - before) / told
    more = (costs[51] - costs[1]) / 50
    figures.add(
        SUBJECT,
        Figure("database CPU of one notice", f"{costs[1] * 1e3:.3f} ms"),
        Figure("more of it for each that hears it", f"{more * 1e3:.3f} ms"),
        about=ABOUT,
    )
    assert costs[51] > costs[1]
