"""Following jobs as they happen."""

import itertools
import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import httpx
import pytest
from tests.postgres import eventually
from tests.service import Person, Service, running

SMALL = {"width": 64, "height": 64}
SLOW = "[steps 200] [sleep 0.05]"


def events(answer: httpx.Response) -> Iterator[tuple[str, dict, str | None]]:
    """Name, data and id of each event."""
    name, data, number = "", {}, None
    for line in answer.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data = json.loads(value)
        elif field == "id":
            number = value
        elif not line and name:
            yield name, data, number
            name, data, number = "", {}, None


def test_a_job_is_followed_from_a_snapshot_to_its_end(ana: Person):
    job_id = ana.ask("[steps 60] [sleep 0.05] a cat", width=64, height=64)

    with ana.stream("GET", f"/api/jobs/{job_id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        heard = list(events(answer))

    names = [name for name, _, _ in heard]
    assert names[0] == "snapshot"
    assert names[-1] == "done"
    assert {"progress", "preview"} <= set(names)
    fractions = [data["progress"]["fraction"] for name, data, _ in heard if name == "progress" and data["progress"]]
    assert fractions == sorted(fractions)
    assert heard[-1][1]["status"] == "succeeded"
    assert len(heard[-1][1]["outputs"]) == 1
    numbers = [int(number) for _, _, number in heard]
    assert numbers == sorted(numbers)


def test_news_come_at_most_four_times_a_second(service: Service, ana: Person):
    job_id = ana.ask("[steps 150] [sleep 0.01] a cat", width=64, height=64)

    with ana.stream("GET", f"/api/jobs/{job_id}/events") as answer:
        told = sum(name == "progress" for name, _, _ in events(answer))
    job = ana.job(job_id)

    ((seconds,),) = service.rows("select extract(epoch from finished_at - started_at) from jobs where id = %s", job_id)
    assert job["status"] == "succeeded"
    assert 1 <= told <= 4 * float(seconds) + 2


def test_a_stream_of_a_job_that_ended_says_so_and_ends(ana: Person):
    job_id = ana.make("a cat", width=64, height=64)["job_id"]

    with ana.stream("GET", f"/api/jobs/{job_id}/events", headers={"Last-Event-ID": "1"}) as answer:
        names = [name for name, _, _ in events(answer)]

    assert names == ["snapshot", "done"]


def test_all_of_one_s_jobs_come_in_one_stream_and_no_one_else_s(ana: Person, boss: Person):
    earlier = ana.make("earlier", width=64, height=64)["job_id"]

    with ana.stream("GET", "/api/events") as answer:
        heard = events(answer)
        name, first, _ = next(heard)
        assert name == "snapshot"
        assert [job["job_id"] for job in first["jobs"]] == [earlier]
        boss.make("of the boss", width=64, height=64)
        mine = ana.ask("mine", width=64, height=64)
        seen = set()
        for name, data, _ in heard:
            seen.add(data["job_id"])
            if name == "done":
                break

    assert seen == {mine}
    assert data["outputs"][0]["width"] == 64


def test_a_waiting_job_s_place_in_line_is_told_as_it_changes(ana: Person):
    first = ana.ask("[steps 2000] [sleep 0.05] a cat")  # the places are looked at every five seconds
    ana.reaches(first, "running")
    second, third = ana.ask("a dog", width=64, height=64), ana.ask(f"{SLOW} a bird")

    with ana.stream("GET", "/api/events") as answer:
        heard = events(answer)
        assert next(heard)[0] == "snapshot"
        ana.post(f"/api/jobs/{second}/cancel")
        place = next(
            data["queue_position"]
            for name, data, _ in heard
            if name == "progress" and data["job_id"] == third and data["queue_position"] is not None
        )

    assert place == 0
    for job_id in (first, third):
        ana.post(f"/api/jobs/{job_id}/cancel")


def test_a_stream_ends_with_its_token(service: Service, ana: Person):
    job_id = ana.ask(f"{SLOW} a cat")
    token = service.local.issue(ana.user, ana.org, ttl_seconds=2)

    headers = {"Authorization": f"Bearer {token}"}
    with ana.stream("GET", f"/api/jobs/{job_id}/events", headers=headers) as answer:
        names = [name for name, _, _ in events(answer)]

    assert names[-1] == "reauthenticate"
    ana.post(f"/api/jobs/{job_id}/cancel")


def test_a_stopping_server_says_goodbye_to_its_streams(service: Service, ana: Person):
    job_id = ana.ask(f"{SLOW} a cat")
    with ana.stream("GET", f"/api/jobs/{job_id}/events") as answer:
        heard = events(answer)
        assert next(heard)[0] == "snapshot"
        with service.mended("api"):
            code = service.stop("api")
            names = [name for name, _, _ in heard]

    ana.post(f"/api/jobs/{job_id}/cancel")
    assert names[-1] == "bye"
    assert code in {0, -signal.SIGTERM}  # uvicorn ends by the signal that it was told with


def test_a_stream_lives_through_a_restart_of_the_database_connection(service: Service, ana: Person):
    job_id = ana.ask("[steps 60] [sleep 0.05] a cat", width=64, height=64)

    with ana.stream("GET", f"/api/jobs/{job_id}/events") as answer:
        heard = events(answer)
        assert next(heard)[0] == "snapshot"
        service.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'estampe listen' and datname = current_database()"
        )
        names = [name for name, _, _ in heard]

    assert names[-1] == "done"


def test_a_watcher_that_leaves_is_forgotten(service: Service, ana: Person):
    job_id = ana.ask(f"{SLOW} a cat")
    for _ in range(3):
        with ana.stream("GET", f"/api/jobs/{job_id}/events") as answer:
            next(events(answer))

    assert eventually(lambda: ana.job(job_id)["status"] == "running", "a running job")
    ana.post(f"/api/jobs/{job_id}/cancel")
    assert ana.ended(job_id)["status"] == "canceled"


def test_a_stream_that_resumes_misses_nothing_and_tells_nothing_older(ana: Person):
    job_id = ana.ask("[steps 40] [sleep 0.05] a cat", **SMALL)
    last, numbers, names = "0", [], []
    while "done" not in names:
        with ana.stream("GET", f"/api/jobs/{job_id}/events", headers={"Last-Event-ID": last}) as answer:
            heard = list(itertools.islice(events(answer), 3))
        names += [name for name, _, _ in heard]
        numbers += [int(number) for _, _, number in heard]
        last = str(numbers[-1])

    assert numbers == sorted(numbers)
    assert heard[-1][1]["status"] == "succeeded"
    assert len(heard[-1][1]["outputs"]) == 1


def test_who_does_not_read_is_told_the_latest_once_they_do(service: Service, ana: Person):
    """Through a real connection: what nobody reads fills it, and is not kept for later.

    What the two ends of it hold is a few megabytes, and less than is told.
    """
    job_id = ana.ask("[steps 4000] [sleep 0.05] a cat", **SMALL)
    ana.reaches(job_id, "running")
    told = 16
    with socket.create_connection(("127.0.0.1", service.port)) as slow:
        said = f"Host: x\r\nConnection: close\r\nAuthorization: Bearer {ana.token}"
        slow.sendall(f"GET /api/jobs/{job_id}/events HTTP/1.1\r\n{said}\r\n\r\n".encode())
        with ana.stream("GET", f"/api/jobs/{job_id}/events") as answer:
            heard = events(answer)
            next(heard)
            for _ in range(told):
                service.execute(
                    "update jobs set version = version + 1, preview = sha256(random()::text::bytea) ||"
                    " decode(repeat('00', 1000000), 'hex') where id = %s",
                    job_id,
                )
                next(one for one in heard if one[0] == "preview")
        ana.post(f"/api/jobs/{job_id}/cancel")
        ana.ended(job_id)
        read = b"".join(iter(lambda: slow.recv(65536), b""))

    assert read.count(b"event: preview") < told
    assert b"event: done" in read[read.rindex(b"event: ") :]


@pytest.fixture(scope="module")
def small(server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Follows twenty streams, eight of one person."""
    folder = tmp_path_factory.mktemp("small")
    with server("18").database() as url, running(url, folder, max_watchers=20) as started:
        yield started


def opened(lines: ExitStack, person: Person, path: str = "/api/events") -> httpx.Response:
    """A stream that has begun, or its refusal."""
    answer = lines.enter_context(person.stream("GET", path))
    if answer.is_success:
        heard = events(answer)
        next(heard)
        lines.callback(heard.close)  # for what nobody holds would be closed at once
    return answer


def test_one_person_has_a_part_of_the_streams_and_leaves_the_rest_to_others(small: Service):
    with small.person("user_ana", "org_acme") as ana, small.person("user_eve", "org_acme") as eve, ExitStack() as open_:
        job_id = ana.ask(f"{SLOW} a cat", **SMALL)
        stream = partial(opened, open_)

        streams = [stream(ana, path) for path in ("/api/events", f"/api/jobs/{job_id}/events") * 4]
        assert {answer.status_code for answer in streams} == {200}
        refused = [stream(ana), stream(ana, f"/api/jobs/{job_id}/events")]
        refused.append(ana.post("/v1/images/generations", json={"prompt": "a", "size": "64x64"}))
        assert [answer.status_code for answer in refused] == [429] * 3
        assert {"5"} == {answer.headers["retry-after"] for answer in refused}
        assert stream(eve).status_code == 200
        with small.person("user_ana", "org_other") as elsewhere:
            assert stream(elsewhere).status_code == 200

        streams[0].close()
        eventually(lambda: stream(ana).status_code == 200, "room for another")
        ana.post(f"/api/jobs/{job_id}/cancel")


def test_who_has_as_many_streams_as_one_may_is_not_waited_with(small: Service):
    with small.person("user_mia") as mia, ExitStack() as open_:
        assert {opened(open_, mia).status_code for _ in range(8)} == {200}

        began = time.monotonic()
        asked = mia.post("/api/images/generate", json={"prompt": f"{SLOW} a", **SMALL}, headers={"Prefer": "wait=60"})
        job_id = asked.json()["job_id"]
        told = mia.get(f"/api/jobs/{job_id}", params={"wait": 60})

        assert (asked.status_code, told.status_code) == (202, 200)
        assert time.monotonic() - began < 30
        mia.post(f"/api/jobs/{job_id}/cancel")
