"""Workers of several sorts: each makes what it is told to, in as many places as it is told."""

import subprocess
import sys

from tests.postgres import PATIENCE_SECONDS, eventually
from tests.service import Service

SMALL = {"width": 64, "height": 64}


def models(service: Service) -> set[str]:
    with service.person() as ana:
        return {model["name"] for model in ana.get("/api/models").json()["models"]}


def test_a_worker_takes_the_jobs_of_its_own_models_alone(own_service: Service):
    with own_service.person() as ana:
        busy = ana.ask("[steps 2000] [sleep 0.05] a cat", **SMALL)
        ana.reaches(busy, "running")
        clip = ana.ask("a clip", "video", **SMALL, num_frames=8)
        own_service.stop("worker")
        ana.post(f"/api/jobs/{busy}/cancel")
        own_service.start("worker", flags=["--models", "fake-image", "--concurrency", "2"])
        own_service.until_announced()

        assert ana.make("a picture", **SMALL)["attempts"] == 1
        eventually(lambda: models(own_service) == {"fake-image"}, "the models of who is left")
        assert own_service.rows("select slots from workers") == [(2,)]
        assert ana.job(clip)["status"] == "queued"
        assert ana.post("/api/videos/generate", json={"prompt": "another"}).json()["code"] == "no_worker"
        with own_service.beside(worker_models="fake-video"):
            assert ana.ended(clip)["status"] == "succeeded"


def test_a_worker_without_anything_to_make_says_so_and_ends(service: Service):
    command = [sys.executable, "-m", "estampe", "worker", "--models", "fake-image,zebra"]

    ended = subprocess.run(
        command, env=service.environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )

    assert ended.returncode == 1
    assert "no engine of fake makes zebra" in ended.stderr
