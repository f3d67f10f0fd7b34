"""What people do with the jobs they have."""

import time

import pytest
from tests.postgres import eventually
from tests.service import Person, Service

SLOW = "[steps 200] [sleep 0.05]"


def test_jobs_are_listed_newest_first_page_by_page(ana: Person):
    made = [ana.ask(f"number {n}", width=64, height=64) for n in range(5)]

    seen, cursor = [], None
    while True:
        page = ana.get("/api/jobs", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [job["job_id"] for job in page["jobs"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == made[::-1]


def test_jobs_are_found_by_words_kind_status_and_model(ana: Person):
    cat = ana.make("a 100% blue_cat", width=64, height=64)["job_id"]
    dog = ana.ended(ana.ask("[fail] a dog"))["job_id"]
    clip = ana.make("a cat that walks", "video", num_frames=8, width=64, height=64)["job_id"]

    def found(**query: str) -> set[str]:
        return {job["job_id"] for job in ana.get("/api/jobs", params=query).json()["jobs"]}

    assert found(q="cat") == {cat, clip}
    assert found(q="CAT walks") == {clip}
    assert found(q="100%") == {cat}
    assert found(q="e_c") == {cat}
    assert found(q="0_b") == set()
    assert found(kind="image") == {cat, dog}
    assert found(status="failed") == {dog}
    assert found(model="fake-video") == {clip}
    assert found(created_after="2099-01-01T00:00:00Z") == set()
    assert found(created_before="2020-01-01T00:00:00Z") == set()
    made_at = ana.job(dog)["created_at"]
    assert found(created_before=made_at) == {job for job in (cat, dog, clip) if ana.job(job)["created_at"] < made_at}
    assert found(user_id=ana.user) == {cat, dog, clip}
    assert found(user_id=ana.user, q="cat", kind="image", created_before="2099-01-01T00:00:00Z") == {cat}


def test_a_member_sees_her_own_jobs_and_an_administrator_sees_all(ana: Person, boss: Person):
    hers, his = ana.ask("hers"), boss.ask("his")

    assert {job["job_id"] for job in ana.get("/api/jobs").json()["jobs"]} == {hers}
    assert {job["job_id"] for job in boss.get("/api/jobs").json()["jobs"]} == {hers, his}
    assert {job["job_id"] for job in boss.get("/api/jobs", params={"mine": "true"}).json()["jobs"]} == {his}
    assert boss.get(f"/api/jobs/{hers}").status_code == 200
    assert ana.get(f"/api/jobs/{his}").status_code == 404


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-03T04:05:06"])
@pytest.mark.parametrize("side", ["created_after", "created_before"])
def test_the_first_and_last_moments_of_the_calendar_are_moments(ana: Person, side: str, moment: str):
    assert ana.get("/api/jobs", params={side: moment}).status_code in {200, 400}


def test_one_person_s_jobs_are_for_who_sees_all(ana: Person, boss: Person, bob: Person):
    hers, his = ana.ask("hers"), boss.ask("his")

    def found(person: Person, **query: str) -> set[str]:
        return {job["job_id"] for job in person.get("/api/jobs", params=query).json()["jobs"]}

    assert found(boss, user_id=ana.user) == {hers}
    assert found(boss, user_id=boss.user) == {his}
    assert found(boss, user_id="user_nobody") == found(boss, user_id=ana.user, mine="true") == set()
    assert found(ana, user_id=boss.user) == found(bob, user_id=ana.user) == set()
    assert found(ana, user_id=ana.user) == {hers}


def test_who_sees_all_is_told_who_made_things(ana: Person, boss: Person, bob: Person):
    ana.ask("one")
    ana.ask("two")
    last = boss.job(boss.ask("three"))

    everyone = boss.get("/api/people").json()["people"]
    assert [(one["user_id"], one["jobs"]) for one in everyone] == [(boss.user, 1), (ana.user, 2)]
    assert everyone[0]["last_at"] == last["created_at"]
    assert [(one["user_id"], one["jobs"]) for one in ana.get("/api/people").json()["people"]] == [(ana.user, 2)]
    assert bob.get("/api/people").json() == {"people": []}


def test_pages_stay_as_they_were_while_jobs_come_in(ana: Person):
    asked = [ana.ask(f"cat {number}", width=64, height=64) for number in range(5)]
    seen, cursor = [], None
    for late in ("late one", "late two", None):
        query = {"limit": 2, "q": "cat", "user_id": ana.user, "created_before": "2099-01-01T00:00:00Z"}
        page = ana.get("/api/jobs", params=query | ({"cursor": cursor} if cursor else {})).json()
        seen, cursor = seen + [job["job_id"] for job in page["jobs"]], page["next_cursor"]
        if late:
            ana.ask(f"a {late} cat", width=64, height=64)

    assert cursor is None
    assert seen == asked[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "user_id=%00",
        "created_before=yesterday",
        "cursor=nonsense",
        "cursor=%00",
        "limit=0",
        "limit=101",
        "status=done",
        "x=1",
        "q=%00",
    ],
)
def test_a_query_that_means_nothing_is_refused(ana: Person, query: str):
    assert ana.get(f"/api/jobs?{query}").status_code == 400


def test_a_running_job_tells_how_far_it_is(ana: Person):
    job_id = ana.ask(f"{SLOW} a cat")

    told = eventually(lambda: (job := ana.job(job_id))["status"] != "queued" and job["progress"] and job, "progress")

    assert told["status"] == "running"
    assert 0 <= told["progress"]["fraction"] < 1
    assert told["progress"]["steps"] == 200
    assert told["started_at"] is not None
    ana.post(f"/api/jobs/{job_id}/cancel")


def test_a_running_job_stops_when_canceled(ana: Person):
    job_id = ana.ask(f"{SLOW} a cat")
    ana.reaches(job_id, "running")

    answer = ana.post(f"/api/jobs/{job_id}/cancel")
    job = ana.ended(job_id)

    assert answer.status_code == 202
    assert answer.json()["status"] in {"canceling", "canceled"}
    assert job["status"] == "canceled"
    assert (job["outputs"], job["usage"]["units"]) == ([], 0)
    assert ana.get(f"/api/images/{job_id}/result").json()["code"] == "job_canceled"


def test_a_queued_job_is_canceled_at_once_and_never_runs(ana: Person):
    first = ana.ask(f"{SLOW} a cat")
    ana.reaches(first, "running")
    second = ana.ask("a dog")
    assert ana.job(second)["status"] == "queued"

    assert ana.post(f"/api/jobs/{second}/cancel").json()["status"] == "canceled"
    ana.post(f"/api/jobs/{first}/cancel")
    ana.make("a bird", width=64, height=64)

    job = ana.job(second)
    assert (job["status"], job["attempts"], job["started_at"]) == ("canceled", 0, None)


def test_canceling_twice_or_too_late_changes_nothing(ana: Person):
    job = ana.make("a cat", width=64, height=64)

    again = ana.post(f"/api/jobs/{job['job_id']}/cancel")

    assert (again.status_code, again.json()["status"]) == (202, "succeeded")


def test_a_child_that_does_not_listen_is_ended_when_its_job_is_canceled(ana: Person):
    job_id = ana.ask("[hang] a cat")
    ana.reaches(job_id, "running")

    ana.post(f"/api/jobs/{job_id}/cancel")

    assert ana.ended(job_id)["status"] == "canceled"
    assert ana.make("a dog", width=64, height=64)["status"] == "succeeded"


def test_jobs_wait_in_line_and_know_their_place(ana: Person):
    running = ana.ask(f"{SLOW} a cat")
    ana.reaches(running, "running")
    waiting = [ana.ask("a dog"), ana.ask("a bird")]

    assert [ana.job(job_id)["queue_position"] for job_id in waiting] == [0, 1]
    assert ana.job(running)["queue_position"] is None
    for job_id in [*waiting, running]:
        ana.post(f"/api/jobs/{job_id}/cancel")


def test_a_retry_makes_the_very_same_picture(ana: Person):
    first = ana.make("a cat", width=64, height=64, embed_metadata=False)

    answer = ana.post(f"/api/jobs/{first['job_id']}/retry")
    second = ana.ended(answer.json()["job_id"])

    assert answer.status_code == 202
    assert second["retry_of"] == first["job_id"] != second["job_id"]
    assert second["parameters"] == first["parameters"]
    assert second["outputs"][0]["sha256"] == first["outputs"][0]["sha256"]


def test_a_deleted_job_leaves_neither_row_nor_file(service: Service, ana: Person):
    job = ana.make("a cat", width=64, height=64)
    asset = job["outputs"][0]["asset_id"]
    assert [path for path in service.files() if asset in path.name]

    assert ana.delete(f"/api/jobs/{job['job_id']}").status_code == 204

    assert ana.get(f"/api/jobs/{job['job_id']}").status_code == 404
    assert ana.get(f"/api/assets/{asset}").status_code == 404
    assert ana.delete(f"/api/jobs/{job['job_id']}").status_code == 404
    eventually(lambda: not [path for path in service.files() if asset in path.name], "an erased file")


def test_a_running_job_can_be_deleted_and_keeps_nothing(service: Service, ana: Person):
    job_id = ana.ask(f"{SLOW} a cat")
    ana.reaches(job_id, "running")

    assert ana.delete(f"/api/jobs/{job_id}").status_code == 204

    assert ana.make("a dog", width=64, height=64)["status"] == "succeeded"
    assert service.rows("select count(*) from assets where job_id = %s", job_id) == [(0,)]


def test_a_deleted_job_frees_its_key(ana: Person):
    key = {"Idempotency-Key": "again"}
    first = ana.ask("a cat", headers=key)
    ana.ended(first)
    ana.delete(f"/api/jobs/{first}")

    assert ana.ask("a cat", headers=key) != first


def test_a_long_poll_answers_when_the_job_changes(ana: Person):
    job_id = ana.ask(f"{SLOW} a cat")
    etag = ana.get(f"/api/jobs/{job_id}").headers["etag"]

    answer = ana.get(f"/api/images/{job_id}/status", params={"wait": 20}, headers={"If-None-Match": etag})

    assert answer.headers["etag"] != etag
    ana.post(f"/api/jobs/{job_id}/cancel")


def test_a_long_poll_with_old_news_answers_at_once(ana: Person):
    first = ana.ask(f"{SLOW} a cat")
    ana.reaches(first, "running")
    waiting = ana.ask("a dog")
    started = time.monotonic()

    ana.get(f"/api/jobs/{waiting}", params={"wait": 60}, headers={"If-None-Match": '"v0"'})

    assert time.monotonic() - started < 30
    for job_id in (waiting, first):
        ana.post(f"/api/jobs/{job_id}/cancel")


def test_a_result_asked_too_early_says_when_to_come_back(ana: Person):
    job_id = ana.ask(f"{SLOW} a cat")

    answer = ana.get(f"/api/images/{job_id}/result")

    assert (answer.status_code, answer.json()["code"]) == (409, "job_not_finished")
    assert int(answer.headers["retry-after"]) >= 1
    ana.post(f"/api/jobs/{job_id}/cancel")


def test_a_clip_is_not_found_among_pictures(ana: Person):
    job_id = ana.ask("a cat", "video", num_frames=8, width=64, height=64)

    assert ana.get(f"/api/images/{job_id}/status").status_code == 404
    assert ana.get(f"/api/videos/{job_id}/status").status_code == 200
