"""Nobody waits for another's backlog: ten thousand jobs in line, then twenty tenants with one each."""

import httpx
import pytest
from tests.service import Person, Service
from tests.thorough import thorough
from tests.unit.jobs.conftest import House
from tests.unit.jobs.line import Line, person

LATE = 20


@pytest.fixture
async def line(database_url: str):
    house = House(database_url)
    await house.database.open()
    async with Line(house) as opened:
        yield opened
    await house.database.close()


@pytest.mark.parametrize(
    ("backlog", "at_most"),
    [pytest.param(10_000, 1, marks=thorough("ten times the backlog of the quick one")), (1_000, 4)],
)
async def test_behind_a_deep_backlog_twenty_others_start_within_the_first_forty(line: Line, backlog: int, at_most: int):
    deep = person("deep")
    for _ in range(backlog // 500):
        await line.submit_many(deep, 500, batch_key="deep")
    for number in range(LATE):
        await line.house.submit(person(f"late{number}"), batch_key="late")

    started = [job.organization_id for job in await line.run(60, at_most)]

    worst = max(started.index(f"org_late{number}") for number in range(LATE)) + 1
    assert worst <= 40, f"in batches of at most {at_most}"
    assert started.count("org_deep") >= 60 - LATE, "and the deep line went on meanwhile"


def places(who: Person, *jobs: str) -> list[int]:
    return [who.job(job)["queue_position"] for job in jobs]


def test_a_person_is_told_what_priority_does(own_service: Service):
    with own_service.person() as ana, own_service.person("user_bob") as bob:
        ana.make("[steps 10] [sleep 0.05] a cat", width=64, height=64)
        busy = ana.ask("[steps 400] [sleep 0.05] a cat", width=64, height=64)
        ana.reaches(busy, "running")
        slow = ana.ask("a house", priority="low")
        first, second = ana.ask("a dog"), ana.ask("a bird")
        urgent = ana.ask("a fire engine", priority="high")
        other = bob.ask("a fish")

        assert places(ana, urgent, first, second) == sorted(places(ana, urgent, first, second))
        assert places(ana, slow) == [4]
        assert places(bob, other)[0] <= 1
        progress = ana.job(second)["progress"]
        assert (progress["fraction"], progress["stage"]) == (0, "queued")
        assert progress["eta_s"] > 0

        ana.post(f"/api/jobs/{busy}/cancel")
        jobs = [ana.ended(job) for job in (urgent, first, second, slow)]
        assert [job["started_at"] for job in jobs] == sorted(job["started_at"] for job in jobs)


@pytest.mark.parametrize("said", ["urgent", "", 1, None])
def test_a_priority_that_is_none_is_refused(ana: Person, said: object):
    answer: httpx.Response = ana.post("/api/images/generate", json={"prompt": "a cat", "priority": said})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/priority")


def test_a_retry_keeps_its_priority(ana: Person, service: Service):
    job = ana.make("a cat", width=64, height=64, priority="low")

    again = ana.post(f"/api/jobs/{job['job_id']}/retry").json()["job_id"]

    assert service.rows("select priority from jobs where id = %s", again) == [("low",)]
    ana.ended(again)
