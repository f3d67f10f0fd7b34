"""Two processes, one revocation: what is withdrawn at one is refused at the other within a second."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import httpx
import psycopg
import pytest
from tests.postgres import eventually
from tests.service import PLAIN, Person, Service, running

from estampe.access import sessions as session
from estampe.db import Database
from estampe.http.broadcast import HEARTBEAT_SECONDS

WITHIN_SECONDS = 1.0


@pytest.fixture(scope="module")
def twins(server, tmp_path_factory) -> Iterator[tuple[Service, Service]]:
    """Two API processes over one database and one data folder."""
    folder = tmp_path_factory.mktemp("twins")
    with server("18").database() as url, running(url, folder) as service:
        other = Service(url, folder)
        try:
            other.start("api")
            other.wait_until_ready()
            yield service, other
        finally:
            other.close()


class Asker:
    """Asks again and again with one credential, and writes down when it asked and what it was told."""

    def __init__(self, service: Service, credential: str) -> None:
        self._headers = {"Authorization": f"Bearer {credential}"}
        self._service = service
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.told: list[tuple[float, int, str]] = []

    def _ask(self) -> None:
        with httpx.Client(base_url=self._service.url, headers=self._headers, **PLAIN) as client:
            while not self._stop.is_set():
                asked_at = time.monotonic()
                answer = client.get("/api/me")
                self.told.append((asked_at, answer.status_code, answer.json().get("code", "")))
                time.sleep(0.005)

    def __enter__(self) -> Self:
        self._thread.start()
        eventually(lambda: any(status == 200 for _, status, _ in self.told), "a first answer")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def refused(self) -> bool:
        return bool(self.told) and self.told[-1][1] == 401


def withdraws_everywhere(twins: tuple[Service, Service], credential: str, withdraw: Callable[[], None], code: str):
    with Asker(twins[0], credential) as here, Asker(twins[1], credential) as there:
        withdraw()
        done_at = time.monotonic()
        eventually(lambda: here.refused() and there.refused(), "a refusal at both")
        heard = len(here.told), len(there.told)
        eventually(lambda: len(here.told) > heard[0] + 20 and len(there.told) > heard[1] + 20, "more answers")
    for asker in (here, there):
        assert not [told for told in asker.told if told[1] == 200 and told[0] > done_at + WITHIN_SECONDS]
        statuses = [status for _, status, _ in asker.told]
        refused = statuses.index(401)
        assert set(statuses[:refused]) == {200}
        assert {(status, said) for _, status, said in asker.told[refused:]} == {(401, code)}


def is_once(within_seconds: float, measured: Callable[[], float]) -> bool:
    """A look at the streams takes half of the second: the other half may be the machine's, now and then."""
    return any(measured() < within_seconds for _ in range(3))


def make_key(person: Person) -> dict[str, str]:
    answer = person.post("/api/keys", json={"name": "ci"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_key_withdrawn_at_one_is_refused_at_both(twins: tuple[Service, Service]):
    with twins[0].person("user_ana", "org_acme", "org:admin") as ana:
        made = make_key(ana)
        withdraws_everywhere(twins, made["key"], lambda: ana.delete(f"/api/keys/{made['key_id']}"), "key_revoked")


LISTENING = "from pg_stat_activity where application_name = 'estampe listen'"


@contextmanager
def nobody_listens(database_url: str) -> Iterator[None]:
    """Cut every listening connection, as often as it comes back; in the end, all who listened listen again."""
    stop = threading.Event()
    cuts: list[int] = []

    def listeners(connection: psycopg.Connection) -> int:
        ((count,),) = connection.execute(f"select count(*) {LISTENING}").fetchall()
        return count

    def cut() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            while not stop.is_set():
                cuts.append(connection.execute(f"select pg_terminate_backend(pid) {LISTENING}").rowcount)
                time.sleep(0.01)

    thread = threading.Thread(target=cut)
    with psycopg.connect(database_url, autocommit=True) as connection:
        before = listeners(connection)
        thread.start()
        try:
            eventually(lambda: len(cuts) > 40, "deafness at both")
            yield
        finally:
            stop.set()
            thread.join()
        eventually(lambda: listeners(connection) >= before, "everybody's listening again")


def test_a_key_is_refused_even_by_who_cannot_hear(twins: tuple[Service, Service]):
    with twins[0].person("user_ana", "org_acme", "org:admin") as ana:
        made = make_key(ana)
        with nobody_listens(twins[0].database_url):
            withdraws_everywhere(twins, made["key"], lambda: ana.delete(f"/api/keys/{made['key_id']}"), "key_revoked")


def new_code(service: Service) -> str:
    async def make() -> str:
        database = Database(service.database_url, connections=1)
        await database.open()
        try:
            return await session.new_code(database, user_id="user_ana", organization_id=None, role=None, ttl_seconds=60)
        finally:
            await database.close()

    return asyncio.run(make())


@contextmanager
def signed_in(service: Service) -> Iterator[tuple[httpx.Client, str]]:
    """A browser with a session, and a token of it."""
    with httpx.Client(base_url=service.url, **PLAIN) as browser:
        assert browser.post("/auth/local/session", json={"code": new_code(service)}).status_code == 204
        yield browser, browser.post("/auth/local/token").json()["token"]


def test_a_session_ended_at_one_is_over_at_both(twins: tuple[Service, Service]):
    here, _ = twins
    with signed_in(here) as (browser, token):
        withdraws_everywhere(twins, token, lambda: browser.delete("/auth/local/session"), "token_invalid")


def refusal(service: Service, credential: str) -> tuple[int, str]:
    answer = httpx.get(f"{service.url}/api/me", headers={"Authorization": f"Bearer {credential}"}, **PLAIN)
    return answer.status_code, answer.json().get("code")


def test_where_a_key_was_withdrawn_the_very_next_request_is_refused(twins: tuple[Service, Service]):
    here, _ = twins
    with here.person("user_ana", "org_acme", "org:admin") as ana:
        made = make_key(ana)
        with nobody_listens(here.database_url):
            assert refusal(here, made["key"]) == (200, None)
            assert ana.delete(f"/api/keys/{made['key_id']}").status_code == 204
            assert refusal(here, made["key"]) == (401, "key_revoked")


def test_where_a_session_ended_the_very_next_request_is_refused(twins: tuple[Service, Service]):
    here, _ = twins
    with signed_in(here) as (browser, token), nobody_listens(here.database_url):
        assert refusal(here, token) == (200, None)
        assert browser.delete("/auth/local/session").status_code == 204
        assert refusal(here, token) == (401, "token_invalid")


def seconds_to_its_end(twins: tuple[Service, Service], path: str) -> float:
    """How long a stream goes on after its key was withdrawn."""
    here, there = twins
    with here.person("user_ana", "org_acme", "org:admin") as ana:
        made = make_key(ana)
        job = ana.ask("a slow cat [sleep 20]", width=64, height=64)
        headers = {"Authorization": f"Bearer {made['key']}"}
        with httpx.stream("GET", there.url + path.format(job=job), headers=headers, **PLAIN) as stream:
            lines = stream.iter_lines()
            assert next(line for line in lines if line.startswith("event: ")) == "event: snapshot"
            ana.delete(f"/api/keys/{made['key_id']}")
            done_at = time.monotonic()
            last = [line for line in lines if line.startswith("event: ")][-1]
            ended_at = time.monotonic()
    assert last == "event: reauthenticate"
    return ended_at - done_at


STREAMS = pytest.mark.parametrize("path", ["/api/events", "/api/jobs/{job}/events"])


@STREAMS
def test_a_stream_ends_when_its_key_is_withdrawn(twins: tuple[Service, Service], path: str):
    assert is_once(WITHIN_SECONDS, lambda: seconds_to_its_end(twins, path))


@STREAMS
def test_a_stream_of_who_cannot_hear_does_not_go_on_to_its_next_heartbeat(twins: tuple[Service, Service], path: str):
    with nobody_listens(twins[0].database_url):
        assert seconds_to_its_end(twins, path) < HEARTBEAT_SECONDS / 3
