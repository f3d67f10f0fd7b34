"""The page on scaling shows what the simulation prints, and the simulation behaves."""

import inspect
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.scaling import Costs, Plant, simulate, table

from estampe.bootstrap.worker import pool_size
from estampe.db import Database
from estampe.db.embedded import SERVER_SETTINGS
from estampe.stores import s3

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/scaling.md").read_text("utf-8")
FEW = 300


def test_the_page_s_table_is_what_the_simulation_prints():
    printed = subprocess.run(
        [sys.executable, "benchmarks/scaling.py"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    ).stdout

    assert printed.startswith("| GPUs |")
    assert printed in PAGE


def test_the_page_s_numbers_are_the_simulation_s_and_the_store_s():
    costs = Costs()
    for said in (
        f"a job {costs.submit + costs.claim + costs.finish:.1f} ms of\nthe database and {costs.api_job} ms of the API",
        f"woken {costs.look:.1f} ms, a worker {costs.worker_second} ms a second",
        f"{costs.hear} ms for each that hears it, a MiB carried {costs.api_mebibyte} ms",
        f"tried again for {s3.RETRY_SECONDS} seconds",
        f"ranges of {s3.READ_BYTES // 1024**2} MiB",
        f"parts of {s3.PART_BYTES // 1024**2} MiB",
    ):
        assert said in PAGE


# Of a worker: its queue's listener, `Notices` and `Heart`; of an API process: `Notices` and `Direct`.
OUTSIDE_A_WORKER_S_POOLS = 3
OUTSIDE_AN_API_S_POOL = 2
KEPT_FOR_SUPERUSERS = 3


def at_most(*, workers: int, concurrency: int, apis: int) -> int:
    pool = inspect.signature(Database).parameters["connections"].default
    worker = 2 * pool_size(concurrency) + OUTSIDE_A_WORKER_S_POOLS
    return workers * worker + apis * (pool + OUTSIDE_AN_API_S_POOL)


def test_the_page_counts_the_connections_that_processes_open():
    said = " ".join(PAGE.split()).replace("\N{MULTIPLICATION SIGN}", "x")
    one, eight = (at_most(workers=1, concurrency=concurrency, apis=0) for concurrency in (1, 8))
    api = at_most(workers=0, concurrency=1, apis=1)
    left = int(SERVER_SETTINGS["max_connections"]) - KEPT_FOR_SUPERUSERS
    resting, api_resting = 2 + OUTSIDE_A_WORKER_S_POOLS, 1 + OUTSIDE_AN_API_S_POOL
    fit, each = (left - api) // one, (eight - one) // 7

    for words in (
        (
            f"holds {resting} at rest and {one} at most: {pool_size(1)} of its pool, {pool_size(1)} of its queue's, and"
            f" {OUTSIDE_A_WORKER_S_POOLS} by themselves"
        ),
        f"with eight GPUs it holds {eight} at most, where eight workers hold {8 * one}",
        f"An API process holds {api_resting} at rest and {api} at most",
        f"{(left - api_resting) // resting} workers at rest, or {fit} at their most",
        f"**Connections**, from {fit + 1} workers on",
        f"({one - each} + {each} x concurrency) x worker processes + {api} x API processes + 20",
        f"{one} for each worker with a concurrency of 1, {eight} with 8",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("gpus", "plant"),
    [
        ("10", {"workers": 10, "concurrency": 1, "apis": 1}),
        ("100", {"workers": 100, "concurrency": 1, "apis": 4}),
        ("1,000", {"workers": 125, "concurrency": 8, "apis": 16}),
    ],
)
def test_the_page_s_plants_have_connections_enough(gpus: str, plant: dict[str, int]):
    (allowed,) = re.findall(rf"^\| {gpus} \|.*`max_connections` ([0-9,]+)", PAGE, re.MULTILINE)

    assert int(allowed.replace(",", "")) >= at_most(**plant) + 20


def test_the_same_plant_gives_the_same_table():
    plants = [Plant(gpus=10, job_seconds=5, database_cores=2)]
    assert table(plants, jobs=FEW) == table(plants, jobs=FEW)


def test_an_idle_database_starts_a_job_in_what_it_costs():
    costs = Costs()
    calm = simulate(Plant(gpus=10, job_seconds=60, database_cores=8), jobs=FEW)
    assert calm.start_p50_ms == pytest.approx(costs.submit + costs.claim + 2 * costs.round_trip, rel=0.1)
    assert calm.share < 0.05


def test_a_database_that_is_busy_with_those_who_hear_starts_nothing():
    drowned = simulate(Plant(gpus=1000, job_seconds=5, database_cores=16), jobs=FEW)
    assert drowned.start_p50_ms == math.inf
    assert drowned.share > 1


@pytest.mark.parametrize(
    "cheaper",
    [
        Plant(gpus=200, job_seconds=5, database_cores=8, slots=8),
        Plant(gpus=200, job_seconds=5, database_cores=8, wakes=4),
        Plant(gpus=200, job_seconds=5, database_cores=8, hears=False),
    ],
    ids=["fewer processes", "fewer woken", "fewer hear"],
)
def test_what_the_page_advises_spares_the_database(cheaper: Plant):
    plain = simulate(Plant(gpus=200, job_seconds=5, database_cores=8), jobs=FEW)
    spared = simulate(cheaper, jobs=FEW)
    assert spared.share < plain.share
    assert spared.start_p99_ms <= plain.start_p99_ms


def test_jobs_cost_the_database_the_same_however_many_workers_there_are():
    costs = Costs()
    for gpus in (20, 200):
        outcome = simulate(Plant(gpus=gpus, job_seconds=5, database_cores=16, slots=10), jobs=2000)
        each = outcome.jobs / outcome.plant.jobs_per_second
        assert each * 1000 == pytest.approx(costs.submit + costs.claim + costs.finish, rel=0.15)
