"""What a tenant may use: reserved when it asks, settled when it gets, given back when it does not."""

import csv
import io
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from tests.people import SERVERS
from tests.postgres import eventually
from tests.service import Person, Service, running
from tests.thorough import thorough

from estampe.domain import Tenant

SLOW = "[steps 200] [sleep 0.05]"
SMALL = {"width": 64, "height": 64}
PLANS = {
    "default": {},
    "five": {"quotas": {"images": 5}},
    "one": {"period": "day", "quotas": {"images": 1}},
    "seconds": {"quotas": {"video_seconds": 1, "gpu_seconds": 1000}},
    "line": {"max_queued": 2},
    "alone": {"max_running": 1},
}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def house(server, tmp_path_factory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("limits")
    settings = {
        "plans": json.dumps(PLANS),
        "prices": json.dumps({"*": {"unit": 0.02}, "fake-video": {"unit": 0.5, "gpu_second": 1.0}}),
        "currency": "CHF",
    }
    with server("18").database() as url, running(url, folder, **settings) as started:
        yield started


def someone(house: Service, plan: str | None = None, role: str = "org:member") -> Person:
    """A person of a new organisation that is held to a plan."""
    person = house.person("=user_ana", f"org_limits{next(_numbers)}", role)
    if plan is not None:
        tenant = Tenant(issuer=house.local.issuer, organization_id=person.org)
        house.execute("insert into tenant_limits (tenant_id, plan) values (%s, %s)", tenant.id, plan)
    return person


def estampe(house: Service, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "estampe", *words]
    return subprocess.run(command, env=house.environment, capture_output=True, text=True, check=False, timeout=60)


def asked(person: Person, prompt: str = "a cat", kind: str = "image", **more):
    return person.post(f"/api/{kind}s/generate", json={"prompt": prompt, **(SMALL | more)})


def left(person: Person) -> dict:
    return person.get("/api/me").json()["allowance"]["quotas"]


def test_of_twenty_racing_requests_a_quota_of_five_lets_five_through(house: Service):
    with someone(house, "five") as ana, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: asked(ana), range(20)))

        assert sorted(answer.status_code for answer in answers) == [202] * 5 + [402] * 15
        refusal = next(answer for answer in answers if answer.status_code == 402)
        assert refusal.json()["code"] == "quota_exhausted"
        assert "0 of 5 are left" in refusal.json()["detail"]
        assert 0 < int(refusal.headers["retry-after"]) <= 31 * 86400
        for answer in answers:
            if answer.status_code == 202:
                ana.ended(answer.json()["job_id"])
        assert left(ana)["images"] == {"limit": 5, "spent": 5, "reserved": 0, "left": 0}


def test_what_ends_without_a_picture_is_not_charged(house: Service):
    with someone(house, "one") as ana:
        running_ = ana.ask(f"{SLOW} a cat", **SMALL)
        ana.reaches(running_, "running")
        assert asked(ana).status_code == 402
        ana.post(f"/api/jobs/{running_}/cancel")
        ana.ended(running_)

        failed = ana.ended(ana.ask("[fail] a cat", **SMALL))
        deleted = ana.ask(f"{SLOW} a dog", **SMALL)
        ana.delete(f"/api/jobs/{deleted}")
        late = ana.ask(f"{SLOW} a bird", deadline_s=0.5, **SMALL)
        assert ana.ended(late)["status"] == "expired"

        made = ana.make("a cat", **SMALL)
        assert asked(ana).status_code == 402
        assert (failed["usage"]["units"], failed["usage"]["cost"]) == (0, 0.0)
        assert (made["usage"]["units"], made["usage"]["cost"], made["usage"]["currency"]) == (1, 0.02, "CHF")


def test_a_retry_is_charged_anew(house: Service):
    with someone(house, "five") as ana:
        first = ana.make("a cat", **SMALL)
        again = ana.post(f"/api/jobs/{first['job_id']}/retry")
        ana.ended(again.json()["job_id"])

        assert left(ana)["images"]["spent"] == 2


def test_asking_again_with_the_same_key_costs_nothing_even_when_all_is_spent(house: Service):
    with someone(house, "one") as ana:
        key = {"Idempotency-Key": "once"}
        first = ana.ask("a cat", headers=key, **SMALL)

        assert ana.ask("a cat", headers=key, **SMALL) == first
        assert asked(ana).status_code == 402


def test_clips_are_counted_in_seconds(house: Service):
    with someone(house, "seconds") as ana:
        clip = ana.make("a cat", "video", num_frames=8, fps=16, **SMALL)

        assert clip["usage"]["units"] == 0.5
        assert clip["usage"]["cost"] == pytest.approx(0.25 + clip["usage"]["gpu_seconds"], abs=1e-5)
        assert left(ana)["video_seconds"]["left"] == 0.5
        assert left(ana)["gpu_seconds"]["spent"] == clip["usage"]["gpu_seconds"]
        assert asked(ana, kind="video", num_frames=16, fps=16).status_code == 402
        assert ana.make("a dog", **SMALL)["status"] == "succeeded"


def test_a_full_queue_asks_to_come_back_soon(house: Service):
    with someone(house) as bob, someone(house, "line") as ana:
        busy = bob.ask(f"{SLOW} a cat", **SMALL)
        bob.reaches(busy, "running")
        waiting = [ana.ask("a cat", **SMALL) for _ in range(2)]

        refusal = asked(ana)

        assert (refusal.status_code, refusal.json()["code"]) == (429, "queue_full")
        assert 1 <= int(refusal.headers["retry-after"]) <= 60
        ana.post(f"/api/jobs/{waiting[0]}/cancel")
        assert asked(ana).status_code == 202
        bob.post(f"/api/jobs/{busy}/cancel")


@thorough("tests/flow/test_takeover.py counts the charge, this one the quota too")
def test_a_killed_worker_s_job_is_charged_once(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    plans = json.dumps({"default": {"quotas": {"images": 1}}})
    with server("18").database() as url, running(url, folder, plans=plans) as house, house.person() as ana:
        job_id = ana.ask("[steps 60] [sleep 0.05] a cat", **SMALL)
        ana.reaches(job_id, "running")
        house.kill("worker")
        assert left(ana)["images"]["reserved"] == 1
        house.start("worker")

        job = ana.ended(job_id)

        assert (job["status"], job["attempts"]) == ("succeeded", 2)
        assert house.rows("select attempt, outcome, units from usage_ledger") == [(2, "succeeded", 1)]
        assert left(ana)["images"] == {"limit": 1, "spent": 1, "reserved": 0, "left": 0}
        assert estampe(house, "ledger", "check").returncode == 0


@thorough("as racing workers in tests/unit/jobs/order/test_line.py, by real ones")
def test_a_tenant_that_may_run_one_at_a_time_leaves_the_other_worker_to_others(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    with server("18").database() as url, running(url, folder, plans=json.dumps(PLANS)) as house:
        house.processes["first worker"] = house.processes.pop("worker")
        house.start("worker")
        workers = lambda: house.rows("select count(*) from workers")[0][0] == 2  # noqa: E731
        eventually(workers, "two workers")
        with someone(house, "alone") as ana, house.person("user_bob", "org_bob") as bob:
            hers = [ana.ask(f"{said} a cat", **SMALL) for said in ("[steps 2000] [sleep 0.05]", "", "")]
            ana.reaches(hers[0], "running")

            assert bob.make("a dog", **SMALL)["status"] == "succeeded"

            most = ana.get("/api/me").json()["allowance"]["running"]
            ana.post(f"/api/jobs/{hers[0]}/cancel")
            while not all(ana.job(job_id)["finished_at"] for job_id in hers):
                most = max(most, ana.get("/api/me").json()["allowance"]["running"])
            assert most == 1
        ends = house.rows("select started_at, finished_at from jobs where slot = 0 order by started_at")
        assert all(one[1] <= next_[0] for one, next_ in itertools.pairwise(ends))


def test_usage_is_told_by_group_to_who_may_read_it(house: Service):
    with someone(house, role="org:admin") as boss, house.person("user_eve", boss.org, "org:member") as eve:
        boss.make("a cat", num_outputs=2, **SMALL)
        eve.ended(eve.ask("[fail] a cat", **SMALL))
        clip = eve.make("a cat", "video", num_frames=8, fps=16, **SMALL)

        told = boss.get("/api/usage", params={"group_by": "user,kind"}).json()
        assert [(row["user_id"], row["kind"], row["attempts"], row["units"]) for row in told["rows"]] == [
            ("=user_ana", "image", 1, {"images": 2.0}),
            ("user_eve", "image", 1, {"images": 0.0}),
            ("user_eve", "video", 1, {"video_seconds": 0.5}),
        ]
        assert told["rows"][2]["cost"] == clip["usage"]["cost"]
        assert told["allowance"]["plan"] == "default"
        by_day = boss.get("/api/usage").json()["rows"]
        assert [row["succeeded"] for row in by_day] == [2]

        refused = eve.get("/api/usage")
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        assert 'scope="usage:read"' in refused.headers["www-authenticate"]
        mine = eve.get("/api/usage", params={"mine": "true", "group_by": "user"}).json()["rows"]
        assert [row["user_id"] for row in mine] == ["user_eve"]


def test_usage_opens_in_a_spreadsheet(house: Service):
    with someone(house, role="org:admin") as boss:
        boss.make("a cat", **SMALL)

        answer = boss.get("/api/usage", params={"group_by": "user,model"}, headers={"Accept": "text/csv"})

        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"].startswith('attachment; filename="usage-')
        head, row = csv.reader(io.StringIO(answer.text))
        assert head == ["user_id", "model", "attempts", "succeeded", "images", "gpu_seconds", "cost", "currency"]
        assert row[:5] == ["'=user_ana", "fake-image", "1", "1", "1.0"]
        assert row[6:] == ["0.02", "CHF"]


@pytest.mark.parametrize(
    "query", ["from=2026-02-02&to=2026-02-01", "from=soon", "group_by=prompt", "group_by=", "from=2020-01-01", "x=1"]
)
def test_a_report_that_means_nothing_is_refused(house: Service, query: str):
    with someone(house, role="org:admin") as boss:
        assert boss.get(f"/api/usage?{query}").status_code == 400


def test_another_tenant_s_usage_is_nobody_s(house: Service):
    with someone(house, role="org:admin") as ana, someone(house, role="org:admin") as bob:
        ana.make("a cat", **SMALL)

        assert bob.get("/api/usage", params={"group_by": "user"}).json()["rows"] == []


def test_an_operator_sets_limits_and_proves_the_ledger(house: Service):
    with someone(house) as ana:
        ana.make("a cat", **SMALL)
        tenant = ana.get("/api/me").json()["tenant_id"]
        changed = estampe(house, "limits", "set", tenant, "--plan", "five", "--quota", "images=1", "--max-running", "2")
        assert changed.stdout == '{"plan":"five","max_running":2,"quotas":{"images":1.0}}\n', changed.stderr
        assert left(ana)["images"]["left"] == 0
        assert asked(ana).status_code == 402
        for wrong in (
            ["--plan", "gold"],
            ["--quota", "pictures=1"],
            ["--quota", "images=many"],
            ["--max-running", "0"],
            ["--quota", "images=inf"],
        ):
            refused = estampe(house, "limits", "set", tenant, *wrong)
            assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1), refused.stderr
        assert "images = inf is no amount; for no limit, write unlimited" in refused.stderr
        assert estampe(house, "limits", "clear", tenant).returncode == 0
        assert estampe(house, "limits", "show", tenant).stdout == '{"plan":null}\n'
        assert left(ana) == {}

    eventually(lambda: not house.rows("select 1 from jobs where status in ('queued', 'running', 'canceling')"), "rest")
    agreed = estampe(house, "ledger", "check")
    assert (agreed.returncode, agreed.stderr) == (0, ""), agreed.stdout
    house.execute("update quota_counters set spent = spent + 1 where tenant_id = %s", tenant)
    found = estampe(house, "ledger", "check")
    house.execute("update quota_counters set spent = spent - 1 where tenant_id = %s", tenant)
    assert found.returncode == 1
    assert tenant in found.stdout
    assert len(found.stdout.splitlines()) == 1


@pytest.mark.parametrize("server_name", SERVERS)
def test_requests_are_limited_by_the_minute(server, tmp_path_factory, server_name: str):
    folder = tmp_path_factory.mktemp("rates")
    limits = {"requests_per_minute_user": 30, "requests_per_minute_tenant": 50, "server": server_name}
    with server("18").database() as url, serving(url, folder, **limits) as house:
        ana, eve = house.person("user_ana", "org_a"), house.person("user_eve", "org_a")
        first = ana.get("/api/me")
        answers = [ana.get("/api/me") for _ in range(60)]
        refused = [answer for answer in answers if answer.status_code == 429]

        assert first.headers["ratelimit-policy"] == '"user";q=30;w=60, "tenant";q=50;w=60'
        assert first.headers["ratelimit"].startswith('"user";r=29;t=')
        assert refused[0].json()["code"] == "rate_limited"
        assert 1 <= int(refused[0].headers["retry-after"]) <= 60
        assert refused[0].headers["ratelimit"].startswith('"user";r=0;t=')
        assert eve.get("/api/me").status_code == 200
        ana.close()
        eve.close()


@contextmanager
def serving(url: str, folder: Path, **settings: object) -> Iterator[Service]:
    """An API without a worker, and without the looking that would count as requests."""
    house = Service(url, folder, **settings)
    house.start("api")
    try:
        ready = f"{house.url}/readyz"
        with httpx.Client(trust_env=False) as client:
            eventually(lambda: until(lambda: client.get(ready).is_success), "a ready API")
        yield house
    finally:
        house.close()


def until(asks: Callable[[], bool]) -> bool:
    with suppress(httpx.TransportError):
        return asks()
    return False
