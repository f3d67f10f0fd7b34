"""Who passes and who is refused is counted, kept, slowed down when it bursts; and no secret is written anywhere."""

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests import dump
from tests.people import SERVERS, running
from tests.postgres import eventually
from tests.service import PLAIN, Person, Service
from tests.thorough import thorough

MEASURE = 20


@pytest.fixture(scope="module", params=SERVERS)
def watched(request, server, tmp_path_factory) -> Iterator[Service]:
    """Behind one proxy, two API processes."""
    settings = {
        "server": request.param,
        "trusted_proxies": 1,
        "refusals_per_minute": MEASURE,
        "operators": "user_operator",
        "api_processes": 2,
        "log_level": "debug",
    }
    with server("18").database() as url, running(url, tmp_path_factory.mktemp("watched"), **settings) as started:
        yield started


@pytest.fixture
def operator(watched: Service) -> Iterator[Person]:
    with watched.person("user_operator") as person:
        yield person


def metrics(operator: Person) -> dict[str, float]:
    answer = operator.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def total(counted: dict[str, float], name: str, **labels: str) -> float:
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(value for key, value in counted.items() if key.startswith(name + "{") and all(w in key for w in wanted))


def asks(service: Service, token: str | None = None, source: str = "203.0.113.1", path: str = "/api/me"):
    headers = {"X-Forwarded-For": source} | ({"Authorization": f"Bearer {token}"} if token else {})
    return httpx.get(service.url + path, headers=headers, **PLAIN)


def forged(person: Person) -> str:
    head, claims, signature = person.token.split(".")
    return f"{head}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def test_only_operators_read_the_metrics(watched: Service, operator: Person):
    with watched.person("user_ana") as ana:
        assert ana.get("/metrics").status_code == 403
    assert asks(watched, path="/metrics").status_code == 401
    assert operator.get("/metrics").status_code == 200


def test_every_acceptance_and_refusal_is_counted_whichever_process_saw_it(watched: Service, operator: Person):
    before = metrics(operator)
    with watched.person("user_ana") as ana:
        for _ in range(20):
            asks(watched, ana.token)
            asks(watched, forged(ana), source=f"203.0.113.{secrets.randbelow(200)}")
            asks(watched)

    issuer = watched.local.issuer
    route = {"route": "/api/me"}
    answers = {"name": "estampe_request_seconds_count", "method": "GET", **route}

    def noted() -> dict[str, float] | None:
        now = metrics(operator)
        return now if total(now, **answers) >= total(before, **answers) + 60 else None

    # A request is noted once its answer is sent, and the other process may tell the counts before.
    after = eventually(noted, "the notes of all")

    def more(name: str, **labels: str) -> float:
        return total(after, name, **labels) - total(before, name, **labels)

    assert more("estampe_auth_total", reason="accepted", issuer=issuer, **route) == 20
    assert more("estampe_auth_total", reason="token_invalid_signature", issuer=issuer, **route) == 20
    assert more("estampe_auth_total", reason="token_missing", issuer="unknown", **route) == 20
    assert more("estampe_requests_total", status="401", method="GET", **route) == 40
    assert more(**answers) == 60
    assert total(after, "estampe_token_cache_total", result="hit") > 0


def test_streams_and_jobs_are_counted(watched: Service, operator: Person):
    with watched.person("user_ana") as ana:
        ana.make("a cat", width=64, height=64)
        with ana.stream("GET", "/api/events") as stream:
            lines = stream.iter_lines()
            next(lines)
            assert metrics(operator)["estampe_watchers"] >= 1
        eventually(lambda: metrics(operator)["estampe_watchers"] == 0, "no watcher")
    eventually(lambda: metrics(operator).get('estampe_jobs{status="succeeded"}', 0) >= 1, "the job's count")


def test_what_a_client_chooses_is_no_label(watched: Service, operator: Person):
    for number in range(30):
        asks(watched, path=f"/nowhere/{number}")
        asks(watched, path=f"/api/jobs/job_{number}")
    httpx.request("BREW", f"{watched.url}/api/me", **PLAIN)

    text = operator.get("/metrics").text

    assert "nowhere" not in text
    assert "job_1" not in text
    assert "BREW" not in text
    assert 'route="/api/jobs/{job_id}"' in text


def test_a_tenant_s_admin_sees_their_own_and_an_operator_all(watched: Service, operator: Person):
    since = datetime.now(UTC) - timedelta(minutes=2)
    org = f"org_{secrets.token_hex(4)}"
    with watched.person("user_boss", org, "org:admin") as boss, watched.person("user_ana", org, "org:member") as ana:
        boss.get("/api/me")
        for _ in range(3):
            ana.get("/api/me")
            assert ana.get("/api/auth-events").status_code == 403
        asks(watched, forged(ana), source="203.0.113.210")

        def seen() -> dict:
            return boss.get("/api/auth-events", params={"from": since.isoformat()}).json()

        # Each process writes its own, every few seconds.
        wanted = {"permission_missing": 3, "accepted": 2}
        page = eventually(lambda: (one := seen())["counts"].items() >= wanted.items() and one, "the refusals")
    assert "token_invalid_signature" not in page["counts"]
    refused = [one for one in page["events"] if one["reason"] == "permission_missing"]
    assert {(one["user_id"], one["route"]) for one in refused} == {("user_ana", "/api/auth-events")}

    def all_seen() -> dict:
        return operator.get("/api/auth-events", params={"from": since.isoformat(), "limit": 1000}).json()

    # The forged token may have met the other process.
    everything = eventually(
        lambda: (one := all_seen())["counts"].get("token_invalid_signature") and one, "the forged token"
    )
    assert "203.0.113" not in str(everything)
    refused = [one for one in everything["events"] if one["reason"] == "token_invalid_signature"]
    assert {one["tenant_id"] for one in refused} == {None}


def test_refusals_are_told_by_the_hour_and_by_reason(watched: Service):
    since = datetime.now(UTC) - timedelta(minutes=2)
    org = f"org_{secrets.token_hex(4)}"
    with watched.person("user_boss", org, "org:admin") as boss, watched.person("user_ana", org, "org:member") as ana:
        assert ana.get("/api/auth-events").status_code == 403
        assert boss.get("/api/auth-events", params={"from": since.isoformat()}).json()["groups"] == []
        wanted = {"from": since.isoformat(), "group_by": "hour", "refused": "true"}

        def seen() -> dict:
            return boss.get("/api/auth-events", params=wanted).json()

        page = eventually(lambda: (one := seen())["counts"].get("permission_missing") and one, "the refusal")
        reasons = {one["reason"]: one["count"] for one in page["groups"]}
        assert reasons["permission_missing"] == 1
        assert {datetime.fromisoformat(one["at"]).minute for one in page["groups"]} == {0}
        assert {one["reason"] for one in page["events"]} == {"permission_missing"}
        nothing = boss.get("/api/auth-events", params=wanted | {"reason": "key_revoked"}).json()
        assert nothing["events"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
        {"limit": "0"},
        {"from": "1999-01-01T00:00:00Z"},
        {"to": "0001-01-01T00:00:00Z"},
        {"from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z", "group_by": "hour"},
        {"group_by": "minute"},
        {"reason": "\0"},
    ],
)
def test_a_time_that_makes_no_sense_is_refused(operator: Person, query: dict[str, str]):
    assert operator.get("/api/auth-events", params=query).status_code == 400


def test_a_burst_from_one_source_is_slowed_and_who_is_genuine_passes(watched: Service):
    source, other = "203.0.113.220", "203.0.113.221"
    with watched.person("user_ana") as ana:
        answers = [asks(watched, forged(ana), source) for _ in range(6 * MEASURE)]

        refusals = [answer.status_code for answer in answers]
        assert set(refusals[:MEASURE]) == {401}
        # Each process has its own measure.
        assert refusals.count(401) <= 2 * MEASURE
        assert set(refusals) == {401, 429}
        slowed = next(answer for answer in answers if answer.status_code == 429)
        assert slowed.json()["code"] == "rate_limited"
        assert 0 < int(slowed.headers["retry-after"]) <= 60
        assert asks(watched, ana.token, source).status_code == 200
        assert asks(watched, forged(ana), other).status_code == 401
        stale = watched.local.issue("user_ana", ttl_seconds=-60)
        assert asks(watched, stale, source).json()["code"] == "token_expired"
        assert asks(watched, None, source).json()["code"] == "token_missing"


@thorough("floods for a while")
def test_a_flood_stays_small_in_the_database(watched: Service, operator: Person):
    with watched.person("user_ana") as ana:
        for _ in range(300):
            asks(watched, forged(ana), "203.0.113.230")

    counted = "from auth_events where reason = 'token_invalid_signature' and count >= 50"
    eventually(lambda: watched.rows(f"select 1 {counted}"), "the counted flood")
    ((rows,),) = watched.rows(f"select count(*) {counted}")
    assert rows <= 8


def test_no_secret_is_written_anywhere(watched: Service, operator: Person):
    prompt = f"a prompt nobody shall log {secrets.token_hex(8)}"
    with watched.person("user_ana", "org_quiet", "org:admin") as ana:
        made = ana.post("/api/keys", json={"name": "ci"}).json()["key"]
        false_key = made[:-1] + ("a" if made[-1] != "a" else "b")
        for token in (made, false_key, forged(ana), watched.local.issue("user_ana", ttl_seconds=-60), "not.a.token",
                      "garbage" * 200):  # fmt: skip
            asks(watched, token, source="203.0.113.240")
            asks(watched, path=f"/api/me?token={token}")
        ana.make(prompt, width=64, height=64)
        ana.post("/api/images/generate", json={"prompt": prompt, "width": "wrong"})
        shown = [part for token in (ana.token, forged(ana), operator.token) for part in token.split(".")[1:]]
        shown += [made, false_key, made.removeprefix("esk_")[9:], "garbage" * 3]
        watched.until_sign_ins_are_written()
        written = {
            "metrics": operator.get("/metrics").text,
            "log": watched.log.read_text("utf-8", "replace"),
            "database": dump.rows(watched.database_url),
            "events": operator.get("/api/auth-events").text,
        }

    for place, text in written.items():
        for secret in shown:
            assert secret not in text, place
            # Not even in part.
            assert secret[8:40] not in text, place
        if place != "database":
            assert prompt not in text, place
    assert prompt not in dump.rows(watched.database_url, "jobs", "procrastinate_jobs")
    assert re.search(r"\d+", written["events"])
