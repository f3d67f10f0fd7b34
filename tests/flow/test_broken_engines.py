"""What an engine that breaks takes with it: its own process, and no job that another worker can make."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import pytest
from tests.guests import install_guest
from tests.postgres import PATIENCE_SECONDS, eventually, gone
from tests.service import Person, Service, running
from tests.terminal import Terminal
from tests.thorough import thorough

SMALL = {"width": 64, "height": 64}

BRITTLE = """
    def setup(self):
        if os.environ.get("BRITTLE") and (HERE / "broken").exists():
            raise RuntimeError("no weights any more")
"""


@pytest.fixture
def guest_service(
    server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., AbstractContextManager[Service]]]:
    """A service whose engine is the test's own."""

    @contextmanager
    def started(body: str, **settings: object) -> Iterator[Service]:
        install_guest(monkeypatch, tmp_path, body)
        with server("18").database() as url, running(url, tmp_path, engines="guest", **settings) as service:
            yield service

    return started


def test_a_worker_whose_engine_cannot_be_loaded_again_spends_no_job_and_ends(
    guest_service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BRITTLE", "1")
    with guest_service(BRITTLE, max_attempts=1) as service:
        monkeypatch.delenv("BRITTLE")
        with service.beside(engines="guest", max_attempts=1), service.person() as ana:
            broken = service.processes["worker"]
            (tmp_path / "broken").touch()
            child = service.child()
            child.kill()
            eventually(lambda: gone(child), "the engine's end")

            jobs = [ana.ask(f"number {n}", **SMALL) for n in range(10)]

            while broken.poll() is None:  # the other may have taken all of them
                jobs += [ana.ask(f"number {n}", **SMALL) for n in range(10)]
                assert ana.ended(jobs[-1])["status"] == "succeeded"
            assert {ana.ended(job_id)["status"] for job_id in jobs} == {"succeeded"}
            assert broken.wait(PATIENCE_SECONDS) == 1
            del service.processes["worker"]
            assert "estampe: RuntimeError: no weights any more" in service.log.read_text()
            assert eventually(lambda: service.rows("select count(*) from workers") == [(1,)], "the end of its models")


@thorough("the worker's end is told above, and that another is started in tests/flow/test_up.py")
def test_estampe_up_starts_such_a_worker_again_until_its_engine_is_mended(
    lived_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BRITTLE", "1")
    install_guest(monkeypatch, tmp_path, BRITTLE)
    terminal = Terminal(lived_in, engines="guest", max_attempts="1")
    with terminal.up() as up, terminal.client() as me:
        up.link()
        (tmp_path / "broken").touch()
        (engine,) = [each for each in up.family() if "estampe.worker.child" in each.cmdline()]
        engine.kill()
        eventually(lambda: gone(engine), "the engine's end")
        asked = me.post("/api/images/generate", json={"prompt": "a cat", **SMALL}).json()["job_id"]
        eventually(lambda: "the worker ended (code 1); starting it again" in terminal.log(), "the worker's end")
        assert me.get(f"/api/jobs/{asked}").json()["status"] == "queued"

        (tmp_path / "broken").unlink()

        eventually(lambda: me.get(f"/api/jobs/{asked}").json()["status"] == "succeeded", "the picture")


PARENT = """
    def make(self, parameters):
        if parameters["prompt"] == "hang":
            if os.fork() == 0:
                time.sleep(600)
            while True:
                time.sleep(1)
        yield from super().make(parameters)
"""


def family(worker: psutil.Process) -> list[psutil.Process]:
    return [worker, *worker.children(recursive=True)]


def hanging(service: Service, ana: Person) -> tuple[str, list[psutil.Process]]:
    """A job that hangs in a process that forked another, and the worker with both."""
    worker = psutil.Process(service.processes["worker"].pid)
    job_id = ana.ask("hang", **SMALL)
    return job_id, eventually(lambda: len(found := family(worker)) == 3 and found, "an engine that forked")


@thorough("as one process in tests/unit/worker/test_process.py, by a whole worker")
def test_what_an_engine_forked_holds_up_neither_the_next_job_nor_the_worker_s_end(guest_service):
    with guest_service(PARENT) as service, service.person() as ana:
        job_id, (_, *hung) = hanging(service, ana)
        ana.post(f"/api/jobs/{job_id}/cancel")

        assert ana.ended(job_id)["status"] == "canceled"
        assert ana.make("a cat", **SMALL)["attempts"] == 1
        assert eventually(lambda: all(map(gone, hung)), "the end of what hung")

        _, everybody = hanging(service, ana)
        assert service.stop("worker") == 0
        assert eventually(lambda: all(map(gone, everybody)), "the end of all")


def test_what_an_engine_forked_ends_with_a_worker_that_is_killed(guest_service):
    with guest_service(PARENT) as service, service.person() as ana:
        _, everybody = hanging(service, ana)
        service.kill("worker")

        assert eventually(lambda: all(map(gone, everybody)), "the end of all")


QUOTING = """
    def run(self, model, batch):
        prompt = batch[0].parameters["prompt"]
        try:
            if "in the end" in prompt:
                yield 0, Ended(ValueError(f"cannot tokenize {prompt}"))
            if "thread" in prompt:
                import threading
                thread = threading.Thread(target=int, args=[prompt])
                thread.start()
                thread.join()
            raise ValueError(f"cannot tokenize {prompt}")
        finally:
            if "closing" in prompt:
                raise RuntimeError(f"cannot clean up {prompt}")
"""


def test_no_prompt_that_an_engine_quotes_stands_in_the_log(guest_service):
    with guest_service(QUOTING, max_attempts=1) as service, service.person() as ana:
        for where in ("", "in the end", "in a thread", "while closing"):
            assert ana.ended(ana.ask(f"my secret {where}", **SMALL))["status"] == "failed"
        log = service.log.read_text()

    assert "guest_engine.py" in log
    assert log.count("ValueError") >= 4
    assert "secret" not in log


def test_a_job_whose_engine_left_an_output_out_fails_and_costs_nothing(guest_service):
    negligent = """
    def make(self, parameters):
        yield picture()
"""
    prices = '{"guest": {"unit": 1.0}}'
    with guest_service(negligent, max_attempts=1, prices=prices) as service, service.person() as ana:
        job = ana.ended(ana.ask("a cat", num_outputs=2, **SMALL))

        assert (job["status"], job["error"]["code"], job["outputs"]) == ("failed", "engine_failed", [])
        assert (job["usage"]["units"], job["usage"]["cost"]) == (0, 0)
        assert ana.make("a cat", num_outputs=1, **SMALL)["usage"]["cost"] == 1
        eventually(lambda: len(service.files()) == 2, "the one picture and its poster alone")


def test_a_worker_whose_engine_takes_too_long_to_load_says_which_setting_helps(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    install_guest(monkeypatch, tmp_path, "    def setup(self):\n        time.sleep(600)\n")
    service = Service(database_url, tmp_path, engines="guest", setup_seconds=1)
    service.environment["LC_ALL"] = "fr_FR.UTF-8"
    service.start("worker")

    assert service.processes["worker"].wait(PATIENCE_SECONDS) == 1
    service.close()
    assert "n'ont pas été chargés en 1 s : ESTAMPE_SETUP_SECONDS" in service.log.read_text()
