"""Several workers: who dies, sleeps or leaves loses no job, and none is made or charged twice."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest
from tests.postgres import PATIENCE_SECONDS, eventually, postmaster
from tests.service import Service, running
from tests.thorough import thorough

from estampe.db.embedded import EmbeddedPostgres

SMALL = {"width": 64, "height": 64}
SLOW = "[steps 60] [sleep 0.05] a cat"
ENDLESS = "[steps 2000] [sleep 0.05] a cat"
# Longer than the three seconds after which the tests' workers count as lost.
OUTAGE_SECONDS = 7.0
LONG_OUTAGE_SECONDS = 30.0


def family(service: Service) -> list[psutil.Process]:
    worker = psutil.Process(service.processes["worker"].pid)
    return [worker, *worker.children(recursive=True)]


def send(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def who_has(job_id: str, *workers: Service) -> Service:
    ((host,),) = workers[0].rows(
        "select w.host from jobs j join workers w on w.id = j.worker_id where j.id = %s", job_id
    )
    return next(one for one in workers if host.endswith(f":{one.processes['worker'].pid}"))


def charges(service: Service, job_id: str) -> list[tuple[str, float]]:
    return service.rows("select outcome, units::float from usage_ledger where job_id = %s", job_id)


def test_who_is_killed_is_replaced_by_who_is_there_and_the_job_is_charged_once(own_service: Service):
    with own_service.person() as ana, own_service.beside() as other:
        job_id = ana.ask("[steps 120] [sleep 0.05] a cat", **SMALL)
        ana.reaches(job_id, "running")
        killed = who_has(job_id, own_service, other)
        send(family(killed), signal.SIGKILL)
        killed.processes.pop("worker").wait()

        job = ana.ended(job_id)

    assert (job["status"], job["attempts"]) == ("succeeded", 2)
    assert charges(own_service, job_id) == [("succeeded", 1)]
    assert own_service.rows("select losses from jobs") == [(1,)]


@thorough("as a late attempt in tests/unit/jobs/test_take_over.py, by a real worker")
def test_who_sleeps_and_wakes_late_changes_nothing(own_service: Service):
    with own_service.person() as ana:
        job_id = ana.ask(SLOW, **SMALL)
        ana.reaches(job_id, "running")
        asleep = family(own_service)
        send(asleep, signal.SIGSTOP)
        with own_service.beside() as other:
            job = ana.ended(job_id)
            before = own_service.rows("select * from jobs")
            files = {path.name for path in own_service.files()}
            send(asleep, signal.SIGCONT)
            other.stop("worker")

        # Who wakes has to be rid of the old run before it can make anything else.
        later = ana.make("a dog", **SMALL)

        assert (job["status"], job["attempts"], later["attempts"]) == ("succeeded", 2, 1)
        assert own_service.rows("select * from jobs where id = %s", job_id) == before
        assert charges(own_service, job_id) == [("succeeded", 1)]
        assert files <= {path.name for path in own_service.files()}
        assert len(own_service.files()) == 2 * len(files)


@thorough("as an engine that dies each time, in tests/flow/test_survival.py")
def test_a_job_that_outlives_none_of_its_workers_fails(server, tmp_path):
    with server("18").database() as url, running(url, tmp_path, max_attempts=2) as service, service.person() as ana:
        job_id = ana.ask(ENDLESS, **SMALL)
        for attempt in (1, 2):
            eventually(
                lambda attempt=attempt: service.rows(
                    "select from jobs where status = 'running' and attempt = %s", attempt
                )
            )
            service.kill("worker")
            service.start("worker")

        job = ana.ended(job_id)

        assert (job["status"], job["error"]["code"]) == ("failed", "worker_lost")
        assert ana.make("a dog", **SMALL)["attempts"] == 1


@contextlib.contextmanager
def gone(folder) -> Iterator[None]:
    """The database is killed, and there again after the block."""
    postmaster(folder).send_signal(signal.SIGQUIT)
    eventually(lambda: postmaster(folder) is None, "the end of the server")
    yield
    again = EmbeddedPostgres(folder)
    again.start()
    again.release()


@contextlib.contextmanager
def paused(folder) -> Iterator[None]:
    """The database answers nobody, and hangs up on nobody."""
    server = postmaster(folder)
    processes = [server, *server.children(recursive=True)]
    send(processes, signal.SIGSTOP)
    yield
    send(processes, signal.SIGCONT)


def test_what_starts_while_the_database_is_away_waits_for_it(lived_in):
    embedded = EmbeddedPostgres(lived_in)
    url = embedded.start()
    try:
        service = Service(url, lived_in)
        try:
            with gone(lived_in):
                service.start("api", "worker")
                eventually(lambda: service.log.read_text().count("not there yet") == 2, "both to say that they wait")
            service.wait_until_ready()
            with service.person() as ana:
                assert ana.make("a cat", **SMALL)["attempts"] == 1
        finally:
            service.close()
    finally:
        embedded.release()


def outlives(folder: Path, outage: Callable[[Path], AbstractContextManager[None]], seconds: float, **settings: int):
    """Two workers with jobs that run and jobs that wait, over an outage: each job is made once, by whoever had it."""
    embedded = EmbeddedPostgres(folder)
    url = embedded.start()
    try:
        with running(url, folder, **settings) as service, service.beside(**settings), service.person() as ana:
            ends_meanwhile, goes_on = ana.ask(SLOW, **SMALL), ana.ask(beyond(seconds), **SMALL)
            waiting = [ana.ask(f"number {number}", **SMALL) for number in range(4)]
            for job_id in (ends_meanwhile, goes_on):
                ana.begun(job_id)
            with outage(folder):
                over = time.monotonic() + seconds
                eventually(lambda: time.monotonic() > over)

            jobs = [ana.ended(job_id) for job_id in (ends_meanwhile, goes_on, *waiting)]

            assert [(job["status"], job["attempts"]) for job in jobs] == [("succeeded", 1)] * 6
            assert service.rows("select sum(losses) from jobs") == [(0,)]
            assert service.rows("select count(*) from usage_ledger") == [(6,)]
    finally:
        embedded.release()


def beyond(seconds: float) -> str:
    """A job that runs for so long and some more."""
    return f"[steps {int((seconds + 8) * 20)}] [sleep 0.05] a dog"


@pytest.mark.parametrize("outage", [gone, pytest.param(paused, marks=thorough("the same, of a server that hangs"))])
def test_an_outage_longer_than_the_patience_of_workers_neither_loses_nor_repeats_a_job(lived_in, outage):
    outlives(lived_in, outage, OUTAGE_SECONDS)


@thorough("takes a minute; the outage above is shorter, and so is the patience")
@pytest.mark.parametrize("outage", [gone, paused])
def test_an_outage_of_half_a_minute_neither_loses_nor_repeats_a_job(lived_in, outage):
    """With the patience that workers have by default."""
    outlives(lived_in, outage, LONG_OUTAGE_SECONDS, stalled_seconds=10)


def test_a_worker_that_is_asked_to_go_ends_what_it_runs_and_takes_nothing_more(server, tmp_path):
    with server("18").database() as url, running(url, tmp_path, drain_seconds=60) as service, service.person() as ana:
        job_id = ana.ask("[steps 100] [sleep 0.05] a cat", **SMALL)
        waiting = ana.ask("a dog", width=128, height=64)
        ana.reaches(job_id, "running")

        service.processes["worker"].send_signal(signal.SIGTERM)
        job = ana.ended(job_id)
        assert service.processes.pop("worker").wait(PATIENCE_SECONDS) == 0

        assert (job["status"], job["attempts"]) == ("succeeded", 1)
        assert ana.job(waiting)["status"] == "queued"
        assert service.rows("select from workers") == []
        service.start("worker")
        assert ana.ended(waiting)["attempts"] == 1


def test_a_worker_that_is_asked_twice_hands_back_at_once(server, tmp_path):
    with server("18").database() as url, running(url, tmp_path, drain_seconds=600) as service, service.person() as ana:
        job_id = ana.ask(ENDLESS, **SMALL)
        ana.reaches(job_id, "running")

        service.processes["worker"].send_signal(signal.SIGTERM)
        eventually(lambda: service.rows("select is_leaving from workers") == [(True,)], "its leave")
        service.processes["worker"].send_signal(signal.SIGTERM)
        assert service.processes.pop("worker").wait(PATIENCE_SECONDS) == 0

        assert ana.job(job_id)["status"] == "queued"
        assert service.rows("select losses from jobs") == [(0,)]
        ana.post(f"/api/jobs/{job_id}/cancel")


@thorough("as a worker that is asked to go, three times; takes twenty seconds")
def test_a_rolling_restart_loses_nothing(own_service: Service):
    with own_service.person() as ana, own_service.beside() as other:
        jobs = [ana.ask(f"[steps 30] [sleep 0.05] {number}", width=64 * (1 + number % 2)) for number in range(12)]
        for worker in (own_service, other, own_service):
            assert worker.stop("worker") == 0
            worker.start("worker")
            worker.until_announced()

        assert {ana.ended(job_id)["status"] for job_id in jobs} == {"succeeded"}
        assert own_service.rows("select sum(losses) from jobs") == [(0,)]
        assert own_service.rows("select count(*) from usage_ledger") == [(12,)]


def test_a_claim_whose_answer_was_lost_is_offered_again(own_service: Service):
    """The database says that this worker runs the job, and the worker knows nothing of it."""
    with own_service.person() as ana:
        busy = ana.ask(ENDLESS, **SMALL)
        ana.reaches(busy, "running")
        job_id = ana.ask("a dog", width=128, height=64)
        own_service.execute(
            "with ticket as (delete from procrastinate_jobs where id = (select queue_id from jobs where id = %s))"
            " update jobs set status = 'running', attempt = 1, queue_id = null,"
            " worker_id = (select id from workers) where id = %s",
            job_id,
            job_id,
        )

        ana.reaches(job_id, "queued")
        ana.post(f"/api/jobs/{busy}/cancel")
        assert ana.ended(job_id)["attempts"] == 2
