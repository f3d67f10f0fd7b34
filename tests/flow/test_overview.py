"""Who operates an installation sees all of it; nobody else sees that it is there."""

import signal

from tests.postgres import eventually
from tests.service import Person, Service, running

from estampe import __version__
from estampe.identity.local import OWNER

ENDLESS = "[steps 2000] [sleep 0.05] a cat"
SMALL, OTHERWISE = {"width": 64, "height": 64}, {"width": 64, "height": 128}


def owner(service: Service, org: str | None = "org_local") -> Person:
    """Whom the printed link signs in."""
    return service.person(OWNER, org, "org:admin")


def test_only_who_holds_the_printed_link_operates_a_local_installation(service: Service, ana: Person, boss: Person):
    with owner(service) as member, owner(service, None) as alone:
        for operator in (member, alone):
            assert operator.get("/api/operator").status_code == 200
            assert "operator" in operator.get("/api/me").json()["permissions"]
    for other in (ana, boss):
        refused = other.get("/api/operator")
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        assert "operator" not in other.get("/api/me").json()["permissions"]


def test_an_operator_sees_what_waits_runs_and_was_made(own_service: Service):
    with owner(own_service) as operator, own_service.person("user_ana", "org_acme", "org:member") as ana:
        ana.make("a cat", **SMALL)
        first, waiting = ana.ask(ENDLESS, **SMALL), ana.ask(ENDLESS, **OTHERWISE)  # so never in one batch
        ana.reaches(first, "running")

        told = eventually(
            lambda: (
                (one := operator.get("/api/operator").json())["tenants"][:1] and one["workers"][0]["running"] and one
            ),
            "the job at work",
        )
        (worker,) = told["workers"]
        assert (worker["version"], worker["alive"], worker["draining"]) == (__version__, True, False)
        assert worker["running"] == {"fake-image": 1}
        assert {"fake-image", "fake-video"} <= set(worker["models"])
        (tenant,) = told["tenants"]
        assert (tenant["organization_id"], tenant["queued"], tenant["running"]) == ("org_acme", 1, 1)
        (line,) = [one for one in told["models"] if one["model"] == "fake-image"]
        assert (line["queued"], line["running"], line["workers"]) == (1, 1, 1)
        assert told["throughput"][-1]["succeeded"] + told["throughput"][-2]["succeeded"] == 1

        for job_id in (waiting, first):
            ana.post(f"/api/jobs/{job_id}/cancel")
        eventually(lambda: operator.get("/api/operator").json()["tenants"] == [], "no tenant's jobs")


def test_a_worker_that_is_asked_to_go_is_seen_to_leave(server, tmp_path_factory):
    with (
        server("18").database() as url,
        running(url, tmp_path_factory.mktemp("leaving"), drain_seconds=60) as service,
        owner(service) as operator,
        service.person() as ana,
    ):
        job_id = ana.ask(ENDLESS, **SMALL)
        ana.reaches(job_id, "running")
        service.processes["worker"].send_signal(signal.SIGTERM)

        eventually(lambda: [one["draining"] for one in operator.get("/api/operator").json()["workers"]] == [True], "it")
        ana.post(f"/api/jobs/{job_id}/cancel")
        eventually(lambda: operator.get("/api/operator").json()["workers"] == [], "its end")
