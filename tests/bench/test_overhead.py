"""What the service adds to a job, over calling the model in a loop."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

import psutil
import psycopg
import pytest
from tests.bench.figures import Figure, Figures, at_most
from tests.bench.measured import cpu_seconds, tree
from tests.service import Person, Service, running

from estampe import plugins
from estampe.db.embedded import EmbeddedPostgres
from estampe.db.migrate import migrate
from estampe.domain import Model
from estampe.engines import Engine, Output, Request
from estampe.media.parameters import resolve

pytestmark = pytest.mark.bench

JOBS = 40
ROUNDS = 5
PROMPTS = ("red apple", "blue cat on a yellow background", "papillon", "green turtle")


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """On a PostgreSQL that waits for its disk."""
    folder = tmp_path_factory.mktemp("overhead")
    embedded = EmbeddedPostgres(folder)
    try:
        url = embedded.start()
        migrate(url)
        with running(url, folder, engines="vignette") as started:
            yield started
    finally:
        embedded.release()


def in_a_loop(engine: Engine, model: Model, seeds: range) -> float:
    """Seconds a picture."""
    started = time.perf_counter()
    for seed in seeds:
        parameters = resolve({"prompt": PROMPTS[seed % len(PROMPTS)], "seed": seed}, model)
        events = engine.run(model.name, [Request(parameters=parameters)])
        assert [event.rendered() for _, event in events if isinstance(event, Output)]
    return (time.perf_counter() - started) / len(seeds)


def as_jobs(service: Service, person: Person, seeds: range) -> float:
    """Seconds a picture, from the first one's start to the last one's end."""
    jobs = [person.ask(PROMPTS[seed % len(PROMPTS)], seed=seed) for seed in seeds]
    assert {person.ended(job)["status"] for job in jobs} == {"succeeded"}
    ((seconds,),) = service.rows(
        "select extract(epoch from max(finished_at) - min(started_at)) from jobs where id = any (%s)", jobs
    )
    return float(seconds) / len(jobs)


class Spent:
    """CPU seconds of each part of the service, from when this is made."""

    def __init__(self, service: Service) -> None:
        child = service.child()
        with psycopg.connect(service.database_url) as connection:
            postmaster = psutil.Process(connection.info.backend_pid).parent()
        self._parts = {
            "engine and files": lambda: [child],
            "worker": lambda: [child.parent()],
            "database": lambda: tree(postmaster.pid),
            "API": lambda: tree(service.processes["api"].pid),
        }
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        return {name: cpu_seconds(processes()) for name, processes in self._parts.items()}

    def since(self) -> dict[str, float]:
        now = self._now()
        return {name: now[name] - before for name, before in self._before.items()}


def test_what_a_job_costs_over_the_model_itself(service: Service, figures: Figures):
    engine: Any = plugins.load("engines", "vignette")()
    engine.setup()
    model = next(model for model in engine.models() if model.kind == "image")
    loops, jobs, looped = [], [], 0.0
    with service.person() as ana:
        in_a_loop(engine, model, range(2))
        as_jobs(service, ana, range(2))
        spent = Spent(service)
        for number in range(1, ROUNDS + 1):
            seeds = range(number * JOBS, (number + 1) * JOBS)
            began = time.process_time()
            loops.append(in_a_loop(engine, model, seeds))
            looped += time.process_time() - began
            jobs.append(as_jobs(service, ana, seeds))
        parts = spent.since()

    loop, job = statistics.median(loops), statistics.median(jobs)
    ratios = sorted(job / loop for loop, job in zip(loops, jobs, strict=True))
    ratio = statistics.median(ratios)
    pictures = JOBS * ROUNDS
    told = ", ".join(f"{name} {1000 * seconds / pictures:.0f}" for name, seconds in parts.items())
    figures.add(
        "What the service adds to a job",
        Figure("vignette, called in a loop", f"{1000 * loop:.0f} ms a picture"),
        Figure(
            "the same pictures as jobs",
            f"{1000 * job:.0f} ms a picture",
            f"{ratio:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            at_most(1.10, ratio),
        ),
        Figure("CPU, in a loop", f"{1000 * looped / pictures:.0f} ms a picture"),
        Figure("CPU, as jobs", f"{told} ms a picture", f"{sum(parts.values()) / looped:.2f}"),
        about="Queued jobs on one worker, made, encoded, kept, charged and told of, against the same pictures drawn by "
        f"the engine in a loop and thrown away, with as many threads: {ROUNDS} turns of {JOBS} pictures each, medians "
        "and the median of the ratios.",
    )
    assert loop > 0
