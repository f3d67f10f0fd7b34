"""`estampe erase`: who left, who is spared, who shall go."""

import subprocess
import sys

from tests import dump
from tests.postgres import eventually
from tests.service import Service


def estampe(service: Service, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "estampe", "erase", *words],
        env=service.environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_person_is_refused_at_once_spared_or_erased(own_service: Service):
    with own_service.person("user_leaver") as leaver, own_service.person("user_other") as other:
        leaver.make("a mauve lynx", width=64, height=64)
        other.make("a lynx that stays", width=64, height=64)

        assert estampe(own_service, "add", "--user", "user_leaver").returncode == 0
        eventually(lambda: leaver.get("/api/me").status_code == 401, "the refusal")
        assert "user_leaver" in estampe(own_service, "list").stdout
        assert estampe(own_service, "run").stdout == "erased: 0\n"

        assert estampe(own_service, "spare", "user_leaver").returncode == 0
        assert estampe(own_service, "spare", "user_leaver").returncode == 2
        assert estampe(own_service, "list").stdout == ""
        assert "mauve" in dump.rows(own_service.database_url)

        assert estampe(own_service, "add", "--user", "user_leaver", "--days", "0").returncode == 0
        estampe(own_service, "run")
        eventually(lambda: "mauve" not in dump.rows(own_service.database_url), "the erasure")
        own_service.until_sign_ins_are_written()  # with the refusals of who left
        eventually(lambda: "user_leaver" not in dump.rows(own_service.database_url), "the end of the name")
        assert b"mauve" not in dump.files(own_service)
        assert other.get("/api/jobs").json()["jobs"][0]["parameters"]["prompt"] == "a lynx that stays"


def test_who_leaves_is_erased_within_ten_years_or_it_is_said_that_one_cannot_wait_so_long(service: Service):
    for days in ("-1", "3651", "4000000000"):
        refused = estampe(service, "add", "--user", "user_stays", f"--days={days}")

        assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1), refused.stderr
        assert f"--days {days} is not in 0 … 3650" in refused.stderr
    assert "user_stays" not in estampe(service, "list").stdout


def test_one_is_named_and_only_one(service: Service):
    assert estampe(service, "add").returncode == 2
    assert estampe(service, "add", "--user", "a", "--org", "b").returncode == 2
