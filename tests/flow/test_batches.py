"""Several jobs in one batch: each keeps its own progress, end, failure and bill."""

import hashlib
from collections.abc import Iterator

import pytest
from tests.postgres import eventually
from tests.service import Person, Service, running
from tests.thorough import thorough

SMALL = {"width": 64, "height": 64}
SLOW = "[steps 40] [sleep 0.05]"
LONG = "[steps 2000] [sleep 0.05]"


@pytest.fixture(scope="module")
def one_worker(server, tmp_path_factory) -> Iterator[Service]:
    """With more patience for crashes than the default: each costs a start of the engine."""
    with server("18").database() as url, running(url, tmp_path_factory.mktemp("batches")) as service:
        yield service


def together(service: Service, ana: Person, *prompts: str, **more) -> list[str]:
    """They wait behind one job of another size until all of them are there, then they run at once."""
    first = ana.ask("[steps 2000] [sleep 0.05] wait", width=128, height=128)
    ana.reaches(first, "running")
    jobs = [ana.ask(prompt, **{**SMALL, **more}) for prompt in prompts]
    ana.post(f"/api/jobs/{first}/cancel")
    eventually(
        lambda: service.rows("select count(*) from jobs where id = any (%s) and attempt > 0", jobs) == [(len(jobs),)],
        "a batch",
    )
    return jobs


def contents(ana: Person, job: dict) -> list[str]:
    return [hashlib.sha256(ana.get(output["url"]).content).hexdigest() for output in job["outputs"]]


def test_what_is_alike_runs_together_and_shares_the_bill(one_worker: Service):
    with one_worker.person("user_ana", "org_a") as ana, one_worker.person("user_bob", "org_b") as bob:
        first = together(one_worker, ana, f"{SLOW} a", f"{SLOW} b", f"{SLOW} c")
        assert len({ana.job(job_id)["started_at"] for job_id in first}) == 1, "all were claimed at once"
        assert eventually(lambda: all(ana.job(job_id)["progress"] for job_id in first), "progress of each")

        jobs = [ana.ended(job_id) for job_id in first]
        alone = bob.make(f"{SLOW} d", **SMALL)

    assert {job["status"] for job in jobs} == {"succeeded"}
    shares = [job["usage"]["gpu_seconds"] for job in jobs]
    assert max(shares) < 1.5 * min(shares)
    assert sum(shares) < 2 * alone["usage"]["gpu_seconds"], "together they take as long as one"


def test_a_member_that_is_canceled_leaves_the_others(one_worker: Service):
    with one_worker.person() as ana:
        jobs = together(one_worker, ana, f"{SLOW} a", f"{LONG} b", f"{SLOW} c")
        ana.post(f"/api/jobs/{jobs[1]}/cancel")

        ends = [ana.ended(job_id) for job_id in jobs]

    assert [job["status"] for job in ends] == ["succeeded", "canceled", "succeeded"]
    assert [len(job["outputs"]) for job in ends] == [1, 0, 1]
    assert {job["attempts"] for job in ends} == {1}


def test_a_member_that_is_deleted_or_late_leaves_the_others(one_worker: Service):
    with one_worker.person() as ana:
        late = {"deadline_s": 1}
        first = ana.ask("[steps 2000] [sleep 0.05] wait", width=128, height=128)
        ana.reaches(first, "running")
        kept, deleted = ana.ask(f"{SLOW} a", **SMALL), ana.ask(f"{LONG} b", **SMALL)
        expiring = ana.ask(f"{LONG} c", **SMALL, **late)
        ana.post(f"/api/jobs/{first}/cancel")
        ana.reaches(deleted, "running")
        assert ana.delete(f"/api/jobs/{deleted}").status_code == 204

        assert ana.ended(expiring)["status"] == "expired"
        assert ana.ended(kept)["status"] == "succeeded"
        assert ana.get(f"/api/jobs/{deleted}").status_code == 404


def test_a_member_that_fails_leaves_the_others(one_worker: Service):
    with one_worker.person() as ana:
        jobs = together(one_worker, ana, f"{SLOW} a", "[fail] b", f"{SLOW} c")
        ends = [ana.ended(job_id) for job_id in jobs]

    assert [job["status"] for job in ends] == ["succeeded", "failed", "succeeded"]
    assert ends[1]["error"]["code"] == "engine_failed"
    assert {job["attempts"] for job in ends} == {1}


def test_a_member_that_crashes_the_engine_takes_its_batch_down_once_and_no_more(one_worker: Service):
    with one_worker.person() as ana:
        jobs = together(one_worker, ana, f"{SLOW} a", "[crash] b", f"{SLOW} c")
        ends = [ana.ended(job_id) for job_id in jobs]

    assert [job["status"] for job in ends] == ["succeeded", "failed", "succeeded"]
    assert [job["attempts"] for job in ends] == [2, 3, 2]
    assert ends[1]["error"]["code"] == "worker_lost"


def test_the_same_seed_gives_the_same_file_alone_and_in_a_batch(one_worker: Service):
    asked = {"seed": 11, "embed_metadata": False}
    with one_worker.person() as ana:
        alone = ana.make("[steps 3] a cat", **SMALL, **asked)
        jobs = together(one_worker, ana, *["[steps 3] a cat"] * 4, **asked)
        files = {tuple(contents(ana, ana.ended(job_id))) for job_id in jobs}

        assert files == {tuple(contents(ana, alone))}


@thorough("starts a service of its own, with two engines")
def test_a_worker_with_two_slots_runs_two_batches_at_once(server, tmp_path):
    with server("18").database() as url, running(url, tmp_path, worker_concurrency=2) as service:
        with service.person() as ana:
            jobs = [ana.ask("[steps 2000] [sleep 0.05] a cat", width=side, height=64) for side in (64, 128)]
            for job_id in jobs:
                eventually(lambda job_id=job_id: ana.job(job_id)["progress"], "work at both")
            children = family = service.child().parent().children()
            assert len(children) == 2
            family[0].kill()
            eventually(lambda: service.rows("select from jobs where losses = 1"), "a loss")
            for job_id in jobs:
                ana.post(f"/api/jobs/{job_id}/cancel")
                assert ana.ended(job_id)["status"] == "canceled"
        assert service.rows("select sum(losses) from jobs") == [(1,)]
        assert service.rows("select slots from workers") == [(2,)]
