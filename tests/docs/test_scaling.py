"""The page on scaling shows what the simulation prints, and the simulation behaves."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.scaling import Costs, Plant, simulate, table

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
