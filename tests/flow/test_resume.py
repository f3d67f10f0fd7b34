"""A job that loses its worker goes on where it was, and comes to the very same bytes."""

import hashlib
import signal

import pytest
from tests.flow.test_takeover import family, send
from tests.postgres import eventually
from tests.service import Person, Service, running
from tests.thorough import thorough

from estampe.engines._vignette.halfway import read_halfway
from estampe.engines._vignette.network import Network

FAKE = {"prompt": "[steps 120] [sleep 0.06] a cat", "width": 64, "height": 64, "seed": 5, "embed_metadata": False}
CLIP = {"prompt": "papillon", "kind": "video", "width": 64, "height": 64, "num_frames": 16, "num_outputs": 2,
        "num_inference_steps": 50, "seed": 5, "embed_metadata": False}  # fmt: skip


def contents(ana: Person, job: dict) -> list[str]:
    return [hashlib.sha256(ana.get(output["url"]).content).hexdigest() for output in job["outputs"]]


def step(service: Service, job_id: str, attempt: int) -> int | None:
    """The last one told of that attempt."""
    told = service.rows(
        "select (progress->>'step')::int from jobs where id = %s and attempt = %s and progress is not null"
        " and status = 'running'",
        job_id,
        attempt,
    )
    return told[0][0] if told else None


def kept(service: Service, engine: str) -> int:
    """The steps that the checkpoint spares."""
    data = bytes(service.rows("select data from checkpoints")[0][0])
    if engine == "fake":
        return int(data)
    each = 2 * CLIP["num_inference_steps"]
    network = Network()
    halfway = read_halfway(data, edition=network.edition, shape=network.shape, longest=each)
    return len(halfway.finished) * (each + CLIP["num_frames"]) + halfway.step


def interrupted(service: Service, ana: Person, asked: dict, share: float) -> str:
    """A job that was that far when its worker was killed, some time after a checkpoint."""
    job_id = ana.ask(**asked)
    eventually(lambda: service.rows("select from checkpoints"), "a checkpoint")
    eventually(
        lambda: service.rows("select from jobs where id = %s and (progress->>'fraction')::float >= %s", job_id, share),
        f"{share:.0%} of the job",
    )
    assert service.rows("select status from jobs where id = %s", job_id) == [("running",)]
    send(family(service), signal.SIGKILL)
    service.processes.pop("worker").wait()
    return job_id


@pytest.mark.parametrize(
    ("engine", "asked"),
    [
        ("fake", FAKE),
        pytest.param("vignette", CLIP, marks=thorough("draws for long; test_engines.py has its checkpoints")),
    ],
)
def test_a_job_killed_on_one_worker_ends_on_another_from_its_checkpoint(server, tmp_path, engine, asked):
    with server("18").database() as url, running(url, tmp_path, engines=engine) as service, service.person() as ana:
        with service.beside(engines=engine) as other:
            other.stop("worker")
            undisturbed = ana.ended(ana.ask(**asked))
            job_id = interrupted(service, ana, asked, 0.6)
            spared = kept(service, engine)
            other.start("worker")
            first = eventually(lambda: step(service, job_id, 2), "progress of the second attempt")
            job = ana.ended(job_id)

        assert (job["status"], job["attempts"], job["usage"]["units"]) == (
            "succeeded",
            2,
            undisturbed["usage"]["units"],
        )
        assert first >= spared > 0, "it went on, and did not begin again"
        assert contents(ana, job) == contents(ana, undisturbed)
        assert service.rows("select from checkpoints") == []


def test_a_job_that_is_handed_back_goes_on_too_and_has_lost_nothing(own_service: Service):
    with own_service.person() as ana:
        undisturbed = ana.ended(ana.ask(**FAKE))
        job_id = ana.ask(**FAKE)
        eventually(lambda: (step(own_service, job_id, 1) or 0) > 20, "some steps")
        own_service.stop("worker")
        spared = kept(own_service, "fake")
        own_service.start("worker")
        first = eventually(lambda: step(own_service, job_id, 2), "progress of the second attempt")
        job = ana.ended(job_id)

        assert (job["status"], job["attempts"]) == ("succeeded", 2)
        assert first >= spared > 20
        assert contents(ana, job) == contents(ana, undisturbed)
        assert own_service.rows("select sum(losses) from jobs") == [(0,)]


def test_a_job_that_is_canceled_or_deleted_leaves_no_checkpoint(service: Service, ana: Person):
    for end in ("cancel", "delete"):
        job_id = ana.ask(**{**FAKE, "prompt": "[steps 2000] [sleep 0.05] a cat"})
        saved = "select from checkpoints where job_id = %s"
        eventually(lambda job_id=job_id, saved=saved: service.rows(saved, job_id), "a checkpoint")
        if end == "cancel":
            ana.post(f"/api/jobs/{job_id}/cancel")
            ana.ended(job_id)
        else:
            ana.delete(f"/api/jobs/{job_id}")
        assert service.rows(saved, job_id) == []
