"""A worker claims what comes next a little before it can draw it, and gives it back when that takes too long."""

import pytest
from tests.postgres import eventually
from tests.service import Service, running

SMALL = {"width": 64, "height": 64}
# Nearly drawn, as far as anybody can see, and then silent for long.
LINGERING = "[steps 10] [sleep 0.05] [linger 8] a cat"


@pytest.fixture(scope="module")
def service(server, tmp_path_factory):
    with server("18").database() as url, running(url, tmp_path_factory.mktemp("overlap")) as started:
        yield started


def losses(service: Service, job_id: str) -> int:
    ((lost,),) = service.rows("select losses from jobs where id = %s", job_id)
    return lost


def test_what_was_claimed_too_soon_waits_again_at_no_cost(service: Service):
    with service.person("user_ana", "org_a") as ana, service.person("user_bob", "org_b") as bob:
        first = ana.ask(LINGERING, **SMALL)
        ana.reaches(first, "running")
        second = bob.ask("a dog", **SMALL)
        bob.reaches(second, "running")  # claimed ahead
        bob.reaches(second, "queued")  # and given back

        assert ana.ended(first)["status"] == bob.ended(second)["status"] == "succeeded"
        assert ana.job(first)["attempts"] == 1
        assert losses(service, second) == 0
        assert bob.job(second)["attempts"] == 2
        begun = "select finished_at from jobs where id = %s"
        assert service.rows(begun, first) < service.rows(begun, second)


def test_what_was_claimed_ahead_is_canceled_like_any_other(service: Service):
    with service.person("user_ana", "org_a") as ana, service.person("user_bob", "org_b") as bob:
        first = ana.ask(LINGERING, **SMALL)
        ana.reaches(first, "running")
        second = bob.ask("a dog", **SMALL)
        bob.reaches(second, "running")
        bob.post(f"/api/jobs/{second}/cancel")

        assert bob.ended(second)["status"] == "canceled"
        assert ana.ended(first)["status"] == "succeeded"
        assert not bob.job(second)["outputs"]


def test_a_job_that_may_have_taken_the_engine_down_shares_it_with_no_other(service: Service):
    """Whoever runs beside it would be lost with it."""
    with service.person("user_ana", "org_a") as ana, service.person("user_bob", "org_b") as bob:
        crashing = ana.ask("[crash]", **SMALL)
        others = [bob.ask(f"[steps 3] [sleep 0.02] {side}", width=64, height=side) for side in range(64, 448, 64)]

        assert ana.ended(crashing)["error"]["code"] == "worker_lost"
        assert {bob.ended(job_id)["status"] for job_id in others} == {"succeeded"}
        assert [losses(service, job_id) for job_id in others if losses(service, job_id) > 1] == []


def test_many_jobs_that_overlap_are_each_kept_and_charged_once(service: Service):
    with service.person() as ana:
        jobs = [ana.ask(f"a cat {number}", width=64 * (1 + number % 3), height=64) for number in range(30)]
        ends = [ana.ended(job_id) for job_id in jobs]

        assert {job["status"] for job in ends} == {"succeeded"}
        # Whoever was claimed too soon was begun again; none was lost.
        assert {losses(service, job_id) for job_id in jobs} == {0}
        for job in ends:
            assert ana.get(job["outputs"][0]["url"]).is_success
    charged = "select count(*), sum(units) from usage_ledger where job_id = any (%s)"
    assert service.rows(charged, jobs) == [(30, 30)]


def test_who_blocks_the_engine_for_ever_is_found_out_and_its_mates_go_on(server, tmp_path):
    with server("18").database() as url, running(url, tmp_path, silence_seconds=4) as service:
        with service.person() as ana:
            first = ana.ask("[steps 2000] [sleep 0.05] wait", width=128, height=128)
            ana.reaches(first, "running")
            jobs = [ana.ask(f"{said} a cat", **SMALL) for said in ("", "[hang]", "")]
            ana.post(f"/api/jobs/{first}/cancel")
            ends = [ana.ended(job_id) for job_id in jobs]

        assert [job["status"] for job in ends] == ["succeeded", "failed", "succeeded"]
        assert [job["attempts"] for job in ends] == [2, 3, 2]
        assert ends[1]["error"]["code"] == "engine_failed"


def test_a_long_run_that_tells_of_itself_is_not_taken_for_silent(server, tmp_path):
    with server("18").database() as url, running(url, tmp_path, silence_seconds=4) as service:
        with service.person() as ana:
            job = ana.make("[steps 100] [sleep 0.05] a cat", **SMALL)

        assert job["attempts"] == 1


def test_what_a_worker_holds_ahead_goes_back_with_the_rest_when_it_leaves(service: Service):
    with service.person("user_ana", "org_a") as ana, service.person("user_bob", "org_b") as bob:
        first = ana.ask(LINGERING, **SMALL)
        ana.reaches(first, "running")
        second = bob.ask("a dog", **SMALL)
        bob.reaches(second, "running")
        service.stop("worker")

        left = service.rows("select status, losses from jobs where id = any (%s)", [first, second])
        assert left == [("queued", 0), ("queued", 0)]
        service.start("worker")
        eventually(lambda: bob.job(second)["status"] == "succeeded", "the end elsewhere")
        assert ana.ended(first)["status"] == "succeeded"
