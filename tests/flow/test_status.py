"""How a job stands: answered in few steps to who asks often, and just as on the ordinary way."""

import itertools

import httpx
import pytest
from tests.postgres import eventually
from tests.service import PLAIN, Person, Service, running

SMALL = {"width": 64, "height": 64}
# A query is a wish: it takes the ordinary way.
ORDINARY = {"wait": "0"}
NEVER = "job_" + "a" * 24
SHAPES = ("/api/images/{}/status", "/api/jobs/{}", "/api/videos/{}/status")


def told(person: Person, path: str, **how) -> tuple[int, list, bytes]:
    """Everything an answer says but when, and how much is left."""
    answer = person.get(path, headers={"X-Request-Id": "same"} | how.pop("headers", {}), **how)
    said = [(name, value) for name, value in answer.headers.multi_items() if name not in {"date", "ratelimit"}]
    return answer.status_code, said, answer.content


@pytest.mark.parametrize("path", SHAPES)
def test_both_ways_answer_alike(ana: Person, boss: Person, bob: Person, path: str):
    made, failed = ana.make("a cat", **SMALL)["job_id"], ana.ask("[fail] a cat", **SMALL)
    ana.ended(failed)
    for person, job_id, language in itertools.product((ana, boss, bob), (made, failed, NEVER), ("fr", "en")):
        asked = {"headers": {"Accept-Language": language}}
        where = path.format(job_id)
        told(person, where, **asked)  # so that the token is known
        # Now and then, a quarter of an hour ends in between, and with it the links.
        assert any(told(person, where, **asked) == told(person, where, params=ORDINARY, **asked) for _ in range(2))


def test_a_colleague_who_does_not_manage_jobs_sees_nothing(service: Service, ana: Person, boss: Person):
    job_id = ana.make("a cat", **SMALL)["job_id"]
    with service.person("user_eve", ana.org, "org:member") as eve:
        for _ in range(2):
            answers = [told(eve, shape.format(one)) for shape in SHAPES for one in (job_id, NEVER)]
            assert {status for status, *_ in answers} == {404}
            assert told(eve, SHAPES[1].format(job_id))[2].replace(job_id.encode(), b"ID") == told(
                eve, SHAPES[1].format(NEVER)
            )[2].replace(NEVER.encode(), b"ID")
    assert [boss.get(SHAPES[1].format(job_id)).status_code for _ in range(2)] == [200, 200]


def test_the_next_answer_after_a_change_says_so(service: Service, ana: Person):
    job_id = ana.ask("[steps 400] [sleep 0.05] a cat", **SMALL)
    ana.reaches(job_id, "running")
    for step in range(1, 40):
        service.execute(
            "update jobs set version = version + 1, metadata = jsonb_build_object('step', %s::text) where id = %s",
            step,
            job_id,
        )
        assert ana.job(job_id)["metadata"] == {"step": str(step)}
    ana.post(f"/api/jobs/{job_id}/cancel")


def test_a_withdrawn_session_is_refused_here_too(service: Service, ana: Person):
    job_id = ana.make("a cat", **SMALL)["job_id"]
    token = service.local.issue(ana.user, ana.org, session_id="sess_gone", ttl_seconds=3600)
    headers = {"Authorization": f"Bearer {token}"}
    assert [ana.get(f"/api/jobs/{job_id}", headers=headers).status_code for _ in range(3)] == [200] * 3

    service.execute(
        "insert into revocations (issuer, session_id, until) values (%s, 'sess_gone', now() + interval '1 hour')",
        service.local.issuer,
    )

    refused = ana.get(f"/api/jobs/{job_id}", headers=headers)
    while refused.status_code == 200:
        refused = ana.get(f"/api/jobs/{job_id}", headers=headers)
    assert refused.status_code == 401


def test_two_credentials_are_refused_here_too(ana: Person):
    job_id = ana.make("a cat", **SMALL)["job_id"]
    twice = [("Authorization", f"Bearer {ana.token}")] * 2

    with httpx.Client(base_url=str(ana.base_url), **PLAIN) as client:
        assert client.get(f"/api/jobs/{job_id}", headers=twice).json()["code"] == "invalid_request"


def test_every_request_counts_once_whichever_way_it_goes(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("counted")
    with (
        server("18").database() as url,
        running(url, folder, requests_per_minute_user=30) as service,
        service.person("user_counted") as ana,
    ):
        job_id = ana.make("a cat", **SMALL)["job_id"]
        left = []
        while (answer := ana.get(f"/api/jobs/{job_id}" if len(left) % 2 else f"/api/jobs/{NEVER}")).status_code != 429:
            left.append(int(answer.headers["ratelimit"].split("r=")[1].split(";")[0]))
        assert answer.json()["code"] == "rate_limited"
    # A minute may have ended meanwhile, and the count begun again.
    steps = [before - after for before, after in itertools.pairwise(left)]
    assert sum(step == 1 for step in steps) >= len(steps) - 1


def test_it_is_counted_among_the_requests(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("metered")
    with server("18").database() as url, running(url, folder, metrics="public") as service, service.person() as ana:
        job_id = ana.make("a cat", **SMALL)["job_id"]

        def counted() -> float:
            line = 'estampe_requests_total{method="GET",route="/api/images/{job_id}/status",status="200"} '
            lines = ana.get("/metrics").text.splitlines()
            return next((float(one[len(line) :]) for one in lines if one.startswith(line)), 0)

        before = counted()
        for _ in range(7):
            assert ana.get(f"/api/images/{job_id}/status").status_code == 200
        # A request is counted once its answer is sent.
        assert eventually(lambda: (more := counted() - before) >= 7 and more, "the counts") == 7
