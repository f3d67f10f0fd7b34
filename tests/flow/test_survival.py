"""What the service outlives: its engine, its worker, its server and its database, each killed in the middle."""

import signal
from pathlib import Path

import psutil
import pytest
from tests.postgres import eventually, postmaster
from tests.service import Person, Service, running
from tests.thorough import thorough

from estampe.db.embedded import EmbeddedPostgres
from estampe.scratch import PREFIX

SLOW = "[steps 60] [sleep 0.05] a cat"


def test_an_engine_that_dies_loses_its_own_attempts_and_no_more(ana: Person):
    job = ana.ended(ana.ask("[crash] a cat"))

    assert (job["status"], job["error"]["code"], job["attempts"]) == ("failed", "worker_lost", 3)
    assert ana.make("a dog", width=64, height=64)["attempts"] == 1


def test_an_engine_that_asks_for_another_try_gets_a_bounded_number(ana: Person):
    job = ana.ended(ana.ask("[retry] a cat"))

    assert (job["status"], job["error"]["code"], job["attempts"]) == ("failed", "engine_failed", 3)


def test_what_a_killed_process_had_on_its_table_is_cleared_away_by_the_next(
    server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    table = tmp_path / "table"
    table.mkdir()
    monkeypatch.setenv("TMPDIR", str(table))
    with server("18").database() as url, running(url, tmp_path) as service, service.person() as ana:
        job_id = ana.ask(SLOW, width=64, height=64)
        (left,) = eventually(lambda: list(table.rglob(job_id)), "the job's folder")
        with service.mended("api"):
            service.kill("worker")
            service.kill("api")
            assert left.is_dir()
            service.start("worker")
            service.until_announced()

        assert not left.exists()
        assert len(list(table.glob(f"{PREFIX}*"))) == 2
        assert ana.ended(job_id)["status"] == "succeeded"
        for command in ("api", "worker"):
            service.stop(command)
        assert list(table.glob(f"{PREFIX}*")) == []


@thorough("as an engine that dies, which loses its attempts")
def test_an_engine_killed_once_runs_the_job_again(own_service: Service):
    with own_service.person() as ana:
        job_id = ana.ask(SLOW, width=64, height=64)
        eventually(lambda: ana.job(job_id)["progress"], "an engine at work")
        own_service.child().kill()

        job = ana.ended(job_id)

    assert (job["status"], job["attempts"]) == ("succeeded", 2)


@thorough("as tests/flow/test_takeover.py, where another worker is there")
def test_a_killed_worker_s_job_is_taken_over_and_charged_once(own_service: Service):
    with own_service.person() as ana:
        job_id = ana.ask(SLOW, width=64, height=64)
        ana.reaches(job_id, "running")
        child = own_service.child()
        own_service.kill("worker")
        own_service.start("worker")

        job = ana.ended(job_id)

    assert (job["status"], job["attempts"], job["usage"]["units"]) == ("succeeded", 2, 1)
    assert own_service.rows("select count(*) from assets where job_id = %s", job_id) == [(1,)]
    assert eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the child's end")


@thorough("as tests/unit/jobs/test_take_over.py, by a real worker")
def test_a_job_being_canceled_when_its_worker_dies_ends_canceled(own_service: Service):
    with own_service.person() as ana:
        job_id = ana.ask("[hang] a cat")
        ana.reaches(job_id, "running")
        ana.post(f"/api/jobs/{job_id}/cancel")
        own_service.kill("worker")
        own_service.start("worker")

        assert ana.ended(job_id)["status"] == "canceled"


def test_a_stopped_worker_hands_its_job_back(service: Service, ana: Person):
    job_id = ana.ask("[steps 400] [sleep 0.05] a cat", width=64, height=64)
    ana.reaches(job_id, "running")
    with service.mended("worker"):
        service.stop("worker")
        assert ana.job(job_id)["status"] == "queued"
        ana.post(f"/api/jobs/{job_id}/cancel")
        assert service.rows("select losses from jobs where id = %s", job_id) == [(0,)]


def test_every_job_that_was_accepted_outlives_a_killed_api(service: Service, ana: Person):
    accepted = [ana.ask(f"number {n}", width=64, height=64) for n in range(10)]

    with service.mended("api"):
        service.kill("api")

    assert {ana.ended(job_id)["status"] for job_id in accepted} == {"succeeded"}
    assert {job["job_id"] for job in ana.get("/api/jobs").json()["jobs"]} == set(accepted)


@thorough("as the longer outage of tests/flow/test_takeover.py; the chaos test kills databases too")
@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGKILL])
def test_a_restart_of_the_database_neither_loses_nor_repeats_a_job(lived_in: Path, how: signal.Signals):
    embedded = EmbeddedPostgres(lived_in)
    url = embedded.start()
    try:
        with running(url, lived_in) as service, service.person() as ana:
            running_job = ana.ask(SLOW, width=64, height=64)
            waiting = ana.ask("a dog", width=64, height=64)
            ana.reaches(running_job, "running")

            postmaster(lived_in).send_signal(how)
            eventually(lambda: postmaster(lived_in) is None, "the end of the server")
            # Its processes outlive it for a moment, and answer.
            eventually(lambda: ana.get(f"/api/jobs/{running_job}").status_code == 503, "a refusal")
            again = EmbeddedPostgres(lived_in)
            assert again.start() == url

            ends = [ana.ended(job_id) for job_id in (running_job, waiting)]
            later = ana.make("a bird", width=64, height=64)
            again.release()
        assert [(job["status"], job["attempts"]) for job in ends] == [("succeeded", 1)] * 2
        assert later["status"] == "succeeded"
    finally:
        embedded.release()


def test_files_that_no_row_points_at_are_swept(service: Service, ana: Person):
    job = ana.make("a cat", width=64, height=64)
    kept = {path.name for path in service.files()}
    orphan = service.data_dir / "files" / "tn_lost"
    orphan.mkdir()
    (orphan / "as_lost").write_bytes(b"left by a crash")
    service.execute("insert into unclaimed_files values ('tn_lost/as_lost', now() - interval '1 day')")

    eventually(lambda: not (orphan / "as_lost").exists(), "an erased orphan")

    assert {path.name for path in service.files()} >= kept
    assert ana.job(job["job_id"])["outputs"]


def test_a_result_waits_for_a_folder_that_is_away_and_whoever_gives_up_does_not(service: Service, ana: Person):
    files, aside = service.data_dir / "files", service.data_dir / "aside"
    ana.make("a cat", width=64, height=64)
    heard = len(service.log.read_text())
    files.rename(aside)
    files.write_text("a file where the folder was")
    try:
        waiting, given_up = (ana.ask(prompt, width=64, height=64) for prompt in ("a dog", "a fox"))
        eventually(lambda: "the folder of files is of no use now" in service.log.read_text()[heard:], "a first try")
        ana.post(f"/api/jobs/{given_up}/cancel")
        assert ana.ended(given_up)["status"] == "canceled"
        assert ana.job(waiting)["status"] == "running"
    finally:
        files.unlink()
        aside.rename(files)

    job = ana.ended(waiting)
    assert (job["status"], job["attempts"]) == ("succeeded", 1)
    assert ana.get(f"/api/assets/{job['outputs'][0]['asset_id']}/content").status_code == 200
