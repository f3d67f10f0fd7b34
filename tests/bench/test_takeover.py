"""How soon another worker begins again what a killed one had, with the settings that people have."""

import signal
import statistics
import time

import psutil
import pytest
from tests.bench.figures import Figure, Figures, at_most
from tests.postgres import eventually
from tests.service import Service, running

pytestmark = pytest.mark.bench

KILLS = 6
GOAL_SECONDS = 15
STALLED_SECONDS = 10


def taken_over(service: Service) -> float:
    """Seconds from the kill to the next attempt. Another worker has been there for long enough to judge."""
    with service.person() as ana, service.beside(stalled_seconds=STALLED_SECONDS):
        eventually(
            lambda: service.rows(
                "select from workers where seen_at > now() - interval '5 seconds'"
                " and steady_since < now() - make_interval(secs => %s) having count(*) = 2",
                STALLED_SECONDS,
            ),
            "two workers with a watch",
        )
        job_id = ana.ask("[steps 2000] [sleep 0.05] a cat", width=64, height=64)
        ana.reaches(job_id, "running")
        ((host,),) = service.rows(
            "select host from workers where id = (select worker_id from jobs where id = %s)", job_id
        )
        worker = psutil.Process(int(host.rpartition(":")[2]))
        family = [worker, *worker.children(recursive=True)]
        began = time.monotonic()
        for process in family:
            process.send_signal(signal.SIGKILL)
        eventually(lambda: service.rows("select from jobs where id = %s and attempt = 2", job_id), "a second attempt")
        seconds = time.monotonic() - began
        ana.post(f"/api/jobs/{job_id}/cancel")
        ana.ended(job_id)
    if service.processes["worker"].poll() is not None:
        service.start("worker")
    service.until_announced()
    return seconds


def test_how_soon_a_killed_worker_is_replaced(server, tmp_path, figures: Figures):
    with server("18").database() as url, running(url, tmp_path, stalled_seconds=STALLED_SECONDS) as service:
        took = [taken_over(service) for _ in range(KILLS)]

    figures.add(
        "Taking over",
        Figure("median", f"{statistics.median(took):.1f} s"),
        Figure("worst", f"{max(took):.1f} s", goal=at_most(GOAL_SECONDS, max(took), " s")),
        about=f"Two workers with default settings; one is killed with -9, with its engine, {KILLS} times: from the "
        "kill until the other begins its job again.",
    )
    assert len(took) == KILLS
