"""Thousands of open streams on one API process: how late an event is, what a watcher weighs, what a delivery costs."""

import json
import time

import psycopg
import pytest
from tests.bench.figures import Figure, Figures, at_most
from tests.bench.measured import Watchers, beside_the_floor, cpu_seconds, pss_bytes, request, tree
from tests.service import Service

from estampe.domain import Tenant, new_id

pytestmark = pytest.mark.bench

JOBS, PEOPLE, SECONDS = 100, 20, 20
GOAL_MS, GOAL_KB = 150, 20


@pytest.fixture
def measured(server, tmp_path_factory):
    """A fresh process each time: memory once used is seldom given back."""
    folder = tmp_path_factory.mktemp("fanout")
    with server("18").database() as url, beside_the_floor(url, folder, max_watchers=8000) as service:
        service.stop("worker")  # it would take over the jobs of the bench, which nobody runs
        yield service


def running_jobs(service: Service) -> tuple[list[str], list[str]]:
    """Ids, and a request for the stream of each."""
    ids, requests = [], []
    with psycopg.connect(service.database_url) as connection:
        for number in range(JOBS):
            user, org = f"user_{number % PEOPLE}", f"org_{number % PEOPLE}"
            tenant = Tenant(issuer=service.local.issuer, organization_id=org)
            connection.execute(
                "insert into tenants (id, issuer, organization_id) values (%s, %s, %s) on conflict do nothing",
                [tenant.id, tenant.issuer, org],
            )
            ids.append(new_id("job_"))
            connection.execute(
                "insert into jobs (id, tenant_id, user_id, organization_id, kind, model, status, attempt, parameters)"
                " values (%s, %s, %s, %s, 'image', 'fake', 'running', 1, %s)",
                [ids[-1], tenant.id, user, org, json.dumps({"prompt": "a cat on a mat", "width": 512, "height": 512})],
            )
            token = service.local.issue(user, org, role="org:member", ttl_seconds=3600)
            requests.append(request(f"/api/jobs/{ids[-1]}/events", token))
    return ids, requests


def tell(connection: psycopg.Connection, ids: list[str]) -> None:
    connection.execute(
        "update jobs set version = version + 1, progress = jsonb_build_object('fraction', 0.5, 'step', version,"
        " 'steps', 100000, 'stage', 'denoising', 'eta_s', %s::float) where id = any(%s)",
        [time.monotonic(), ids],
    )


def every_second(connection: psycopg.Connection, ids: list[str], *, at_once: bool) -> None:
    """Each job tells its progress once a second: all in the same instant, or one after the other."""
    for second in range(SECONDS):
        began = time.monotonic()
        for number in range(1 if at_once else JOBS):
            tell(connection, ids if at_once else [ids[number]])
            time.sleep(max(0.0, began + (number + 1) * (1.0 if at_once else 1 / JOBS) - time.monotonic()))
        del second


@pytest.mark.parametrize("at_once", [False, True], ids=["spread over the second", "all in one instant"])
@pytest.mark.parametrize("count", [2000, 5000])
def test_one_event_a_second_for_each_of_many(measured: Service, figures: Figures, count: int, *, at_once: bool):
    ids, requests = running_jobs(measured)
    api = tree(measured.processes["api"].pid)
    Watchers(measured.port, requests, JOBS).close()  # what is needed once is no watcher's weight
    time.sleep(0.5)
    before = pss_bytes(api)
    watchers = Watchers(measured.port, requests, count)
    with psycopg.connect(measured.database_url, autocommit=True) as connection:
        tell(connection, ids)
        time.sleep(2)
        weight = (pss_bytes(api) - before) / count / 1000
        watchers.forget()
        spent = cpu_seconds(api)
        every_second(connection, ids, at_once=at_once)
        time.sleep(0.5)
        spent = cpu_seconds(api) - spent
    seen = watchers.close()

    late = f"p50 {seen['p50_ms']:.0f}, p99 {seen['p99_ms']:.0f}, worst {seen['worst_ms']:.0f} ms"
    who = f"{count:,} watchers, {'all in one instant' if at_once else 'spread over the second'}"
    # All in one instant is as fast as cores are free, and the client needs one as well: told, not judged.
    goal = None if at_once else at_most(GOAL_MS, seen["p99_ms"], " ms")
    figures.add(
        "Watching",
        Figure(f"{who}: how late", late, goal=goal),
        Figure(f"{who}: delivered of {count * SECONDS:,}", f"{seen['events']:,}"),
        Figure(f"{who}: memory", f"{weight:.1f} kB a watcher", goal=at_most(GOAL_KB, weight, " kB")),
        Figure(f"{who}: CPU of the API", f"{spent / seen['events'] * 1e6:.0f} µs a delivery"),
        about=f"{JOBS} running jobs, each of which tells its progress once a second for {SECONDS} s, and open streams "
        "on one API process, read by one client process on the same machine. Late is from the database's write to the "
        "client's read.",
    )
    assert watchers.opened == count
    assert seen["lost"] == 0
    assert seen["events"] > 0.9 * count * SECONDS
