"""What a status read costs beside the same server's bare hello, and beside the shape this project began with."""

import random

import pytest
from tests.bench.figures import Figure, Figures, at_least
from tests.bench.floor import FLOOR
from tests.bench.measured import (
    beside_the_floor,
    cpu_seconds,
    flask_and_pyjwt,
    load,
    median,
    request,
    tree,
)
from tests.service import Service

pytestmark = pytest.mark.bench

PEOPLE, CONNECTIONS, SECONDS, ROUNDS = 64, 64, 1.0, 12
GOAL = 0.40
ABOUT = (
    f"One API process and a client with {CONNECTIONS} connections, medians of {ROUNDS} rounds in shuffled turns. Each "
    "status is read with a verified token, an ownership check and a look at the database; hello is the same server's "
    "answer with nothing behind it. Flask verifies a token's signature for each request and reads nothing. Ratios are "
    "to hello; the clock's include what the client costs."
)


@pytest.fixture(scope="module")
def measured(server, tmp_path_factory):
    with server("18").database() as url, beside_the_floor(url, tmp_path_factory.mktemp("status")) as service:
        yield service


def asked(service: Service) -> list[str]:
    """The status of a job each: half of them run, half have succeeded."""
    requests = []
    for number in range(PEOPLE):
        with service.person(f"user_ana{number}", f"org_{number % 16}", "org:member") as person:
            job_id = person.make("a cat", width=64, height=64)["job_id"]
            requests.append(request(f"/api/images/{job_id}/status", person.token))
    service.execute(
        'update jobs set status = \'running\', progress = \'{"fraction": 0.5, "step": 10, "steps": 20}\''
        " where id in (select id from jobs order by id limit %s)",
        PEOPLE // 2,
    )
    return requests


def test_a_status_beside_a_bare_hello(measured: Service, figures: Figures):
    requests = asked(measured)
    api = tree(measured.processes["api"].pid)
    with flask_and_pyjwt(measured.local, measured.data_dir) as (flask_port, flask_pid):
        flask = tree(flask_pid)
        shapes = {
            "hello": (api, {"port": measured.port, "requests": [request(FLOOR)]}),
            "status": (api, {"port": measured.port, "requests": requests}),
            "status, one at a time": (api, {"port": measured.port, "requests": requests, "connections": 1}),
            "Flask and PyJWT": (flask, {"port": flask_port, "requests": requests}),
        }
        costs: dict[str, list[float]] = {name: [] for name in shapes}
        rates: dict[str, list[float]] = {name: [] for name in shapes}
        for number in range(ROUNDS + 1):
            for name in random.sample(list(shapes), len(shapes)):
                processes, how = shapes[name]
                before = cpu_seconds(processes)
                seen = load(**{"do": "ask", "connections": CONNECTIONS, "seconds": SECONDS} | how)
                assert seen["bad"] == 0, seen
                if number:  # the first round warms up
                    costs[name].append((cpu_seconds(processes) - before) / seen["answers"] * 1e6)
                    rates[name].append(seen["answers"] / SECONDS)
    cost = {name: median(each) for name, each in costs.items()}
    rate = {name: median(each) for name, each in rates.items()}
    rows = [
        Figure(
            name,
            f"{cost[name]:.0f} µs of CPU, {rate[name]:,.0f}/s",
            f"{cost['hello'] / cost[name]:.2f} by CPU, {rate[name] / rate['hello']:.2f} by the clock",
            at_least(GOAL, cost["hello"] / cost[name]) if name == "status" else None,
        )
        for name in shapes
    ]
    times = cost["Flask and PyJWT"] / cost["status"]
    rows.append(Figure("status, times cheaper than Flask and PyJWT", f"{times:.1f}", goal=at_least(1, times)))
    figures.add("The status route", *rows, about=ABOUT)
    assert all(rates.values())
