"""What a wait outlives: its token, its server, its line and its machine's sleep; and nothing is ever made twice."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from estampe_client import AsyncClient, errors
from tests.cut_line import Line, line_to
from tests.postgres import eventually
from tests.sdk.doors import Made, statuses
from tests.service import Person, Service, running, until_free
from tests.thorough import thorough

SMALL = {"width": 64, "height": 64}
SECONDS = "[steps 40] [sleep 0.15] a cat"


@pytest.fixture
def line(service: Service) -> Iterator[Line]:
    with line_to(service.port) as opened:
        yield opened


def short_tokens(service: Service, user: str, org: str | None = None, seconds: float = 2) -> Callable[[], str]:
    return lambda: service.local.issue(user, org, ttl_seconds=seconds)


def jobs_of(service: Service, user: str) -> int:
    ((count,),) = service.rows("select count(*) from jobs where user_id = %s", user)
    return count


def in_background(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """What it returned, or raised, stands in the list once the thread has ended."""
    said: list[object] = []

    def run() -> None:
        try:
            said.append(work())
        except BaseException as error:  # noqa: BLE001 - it is what the test asks about
            said.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, said


def test_a_job_longer_than_its_tokens_ends_with_its_result(make: Made, service: Service, ana: Person):
    issued = []
    client = make(service.url, lambda: issued.append(1) or service.local.issue(ana.user, ana.org, ttl_seconds=2))
    heard = statuses(client)

    result = client.images.generate(SECONDS, **SMALL)

    assert result.status == "succeeded"
    assert len(issued) >= 3
    assert jobs_of(service, ana.user) == 1
    assert 403 not in heard


def test_a_credential_withdrawn_in_the_middle_is_replaced(make: Made, service: Service, ana: Person, boss: Person):
    with service.person(ana.user, ana.org, "org:admin") as admin:
        made = [admin.post("/api/keys", json={"name": f"key {number}"}).json() for number in range(2)]
        given: list[str | None] = []

        class Rotated:
            def token(self, refused: str | None) -> str:
                given.append(refused)
                return made[0 if refused is None else 1]["key"]

        client = make(service.url, Rotated())
        heard = statuses(client)
        accepted = client.images.create(SECONDS, **SMALL)
        thread, said = in_background(lambda: client.images.wait(accepted))
        ana.reaches(accepted.job_id, "running")
        admin.delete(f"/api/keys/{made[0]['key_id']}")
        thread.join()

    assert said[0].status == "succeeded"
    assert given == [None, made[0]["key"]]
    assert heard.count(401) <= 1
    assert jobs_of(service, ana.user) == 1


def test_a_server_killed_and_started_again_in_the_middle(make: Made, service: Service, ana: Person):
    client = make(service.url, short_tokens(service, ana.user, ana.org, seconds=5))
    accepted = client.images.create("[steps 60] [sleep 0.15] a cat", **SMALL)
    seen = []
    thread, said = in_background(lambda: client.images.wait(accepted, on_progress=seen.append))
    eventually(lambda: any(job.progress for job in seen), "some progress")

    with service.mended("api"):
        service.kill("api")
    thread.join()

    assert said[0].status == "succeeded", said
    assert jobs_of(service, ana.user) == 1


@thorough("as a server that is killed in the middle")
def test_a_server_that_stops_and_comes_back_with_the_job_done(make: Made, own_service: Service):
    client = make(own_service.url, short_tokens(own_service, "user_ana", seconds=60))
    accepted = client.images.create("[steps 10] [sleep 0.1] a cat", **SMALL)
    thread, said = in_background(lambda: client.jobs.wait(accepted.job_id))
    assert own_service.stop("api") == 0

    def done() -> bool:
        return own_service.rows("select status from jobs") == [("succeeded",)]

    eventually(done, "a job done while nobody could ask")
    own_service.start("api")
    thread.join()

    assert said[0].status == "succeeded", said


@thorough("as a create that times out")
def test_a_create_while_the_server_is_away_is_made_when_it_is_back(make: Made, own_service: Service):
    client = make(own_service.url, short_tokens(own_service, "user_ana", seconds=60)).with_options(retries=12)
    own_service.kill("api")
    until_free(own_service.port)
    thread, said = in_background(lambda: client.images.create("a cat", **SMALL))
    own_service.start("api")
    thread.join()

    assert client.jobs.wait(said[0]).status == "succeeded"
    assert jobs_of(own_service, "user_ana") == 1


def test_an_outage_that_lasts_too_long_ends_the_wait(make: Made, service: Service, ana: Person):
    client = make(service.url, ana.token).with_options(outage_seconds=1)
    accepted = client.images.create("[steps 400] [sleep 0.1] a cat", **SMALL)

    with service.mended("api"):
        service.kill("api")
        with pytest.raises(errors.ConnectionLost) as lost:
            client.jobs.wait(accepted)

    assert lost.value.job_id == accepted.job_id
    ana.post(f"/api/jobs/{accepted.job_id}/cancel")


@pytest.mark.parametrize("lost", [1, 2])
def test_a_create_whose_answers_are_lost_makes_one_job(make: Made, line: Line, service: Service, ana: Person, lost):
    line.deaf = lost
    client = make(f"http://127.0.0.1:{line.port}", ana.token)

    result = client.images.generate("a cat", **SMALL)

    assert line.calls > lost
    assert [job["job_id"] for job in ana.get("/api/jobs").json()["jobs"]] == [result.job_id]


def test_a_create_that_times_out_makes_one_job(make: Made, service: Service, ana: Person):
    """The server is stopped in its tracks with the request in its hands, and goes on when the client has given up."""
    client = make(service.url, ana.token)
    client.me()
    api = service.processes["api"]
    os.killpg(api.pid, signal.SIGSTOP)
    hasty = client.with_options(timeout_seconds=0.5, retries=12)
    thread, said = in_background(lambda: hasty.images.create("a cat", **SMALL))
    thread.join(1.5)
    os.killpg(api.pid, signal.SIGCONT)
    thread.join()

    assert client.jobs.wait(said[0]).status == "succeeded"
    assert jobs_of(service, ana.user) == 1


def test_an_upload_whose_answer_is_lost_is_not_sent_again(make: Made, line: Line, ana: Person, tmp_path):
    line.deaf = 1
    client = make(f"http://127.0.0.1:{line.port}", ana.token)

    with pytest.raises(errors.ConnectionLost) as lost:
        client.uploads.create(b"\x89PNG")

    assert lost.value.sent
    assert line.calls == 1


def test_a_delete_whose_answer_is_lost_has_happened(make: Made, line: Line, ana: Person):
    job = ana.make("a cat", **SMALL)
    line.deaf = 1

    make(f"http://127.0.0.1:{line.port}", ana.token).jobs.delete(job["job_id"])

    assert ana.get(f"/api/jobs/{job['job_id']}").status_code == 404


def test_a_line_cut_again_and_again_is_taken_up_again(make: Made, line: Line, service: Service, ana: Person):
    client = make(f"http://127.0.0.1:{line.port}", short_tokens(service, ana.user, ana.org))
    accepted = client.images.create("[steps 2000] [sleep 0.05] a cat", **SMALL)
    seen = []
    thread, said = in_background(lambda: client.images.wait(accepted, on_progress=seen.append))
    for _ in range(3):
        before = len(seen)
        eventually(lambda: len(seen) > before + 2 or not thread.is_alive(), "news")  # noqa: B023 - called at once
        calls = line.calls
        line.cut()
        eventually(lambda: line.calls > calls or not thread.is_alive(), "another call")  # noqa: B023 - called at once
    ana.post(f"/api/jobs/{accepted.job_id}/cancel")
    thread.join()

    assert isinstance(said[0], errors.JobCanceled), said  # the end, told to who had waited all along
    assert line.calls > 3


@pytest.fixture
def crowded(server, tmp_path_factory) -> Iterator[Service]:
    """A service with room for one watcher."""
    folder = tmp_path_factory.mktemp("crowded")
    with server("18").database() as url, running(url, folder, max_watchers=1) as started:
        yield started


def test_a_service_with_no_room_for_a_watcher_is_asked_instead(make: Made, crowded: Service):
    with crowded.person("user_ana") as ana:
        client = make(crowded.url, ana.token)
        heard, seen = statuses(client), []
        with ana.stream("GET", "/api/events"):
            result = client.images.generate("[steps 20] [sleep 0.1] a cat", **SMALL, on_progress=seen.append)

    assert result.status == "succeeded"
    assert 429 in heard
    assert len(seen) > 2


class Withholding(Line):
    """A gateway that holds every stream of events back, as those that buffer do."""

    def _carry(self, source: socket.socket, sink: socket.socket, lost: bool) -> None:  # noqa: FBT001 - as Line calls it
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if b"/events HTTP" in piece:
                    self.held.add(sink)
                if source not in self.held:
                    sink.sendall(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def __init__(self, port: int) -> None:
        self.held: set[socket.socket] = set()
        super().__init__(port)


def test_a_gateway_that_holds_events_back_is_gone_round(make: Made, service: Service, ana: Person, monkeypatch):
    monkeypatch.setattr("estampe_client._follow.SILENCE_SECONDS", 0.5)
    gateway, seen = Withholding(service.port), []
    client = make(f"http://127.0.0.1:{gateway.port}", ana.token)

    result = client.images.generate("[steps 30] [sleep 0.1] a cat", **SMALL, on_progress=seen.append)
    gateway.close()

    assert result.status == "succeeded"
    assert gateway.held
    assert len([job for job in seen if job.progress]) > 1


async def test_a_task_that_is_canceled_leaves_the_job_to_others(service: Service, ana: Person):
    async with AsyncClient(service.url, ana.token) as client:
        accepted = await client.images.create("[steps 20] [sleep 0.1] a cat", **SMALL)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await client.images.wait(accepted)
        several = await asyncio.gather(*[client.jobs.wait(accepted) for _ in range(20)])

    assert {result.status for result in several} == {"succeeded"}
