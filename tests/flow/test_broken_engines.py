"""What an engine that breaks takes with it: its own process, and no job that another worker can make."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from tests.guests import install_guest
from tests.postgres import PATIENCE_SECONDS, eventually
from tests.service import Service, running

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
            service.child().kill()

            jobs = [ana.ask(f"number {n}", **SMALL) for n in range(10)]

            while broken.poll() is None:  # the other may have taken all of them
                jobs += [ana.ask(f"number {n}", **SMALL) for n in range(10)]
                assert ana.ended(jobs[-1])["status"] == "succeeded"
            assert {ana.ended(job_id)["status"] for job_id in jobs} == {"succeeded"}
            assert broken.wait(PATIENCE_SECONDS) == 1
            del service.processes["worker"]
            assert "estampe: RuntimeError: no weights any more" in service.log.read_text()
            assert eventually(lambda: service.rows("select count(*) from workers") == [(1,)], "the end of its models")
