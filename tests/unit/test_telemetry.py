import subprocess
import sys

import pytest

from estampe import telemetry

COUNT = """
import sys
from estampe import telemetry
telemetry.note("auth", "accepted", "us", "/a")
telemetry.note("watchers", value=3)
telemetry.note("request_seconds", "GET", "/a", value=0.2)
if "stay" in sys.argv:
    print(flush=True)
    sys.stdin.read()
"""


def lines(content):
    return dict(line.rsplit(" ", 1) for line in content.decode().splitlines() if not line.startswith("#"))


def test_what_is_noted_is_shown():
    telemetry.note("auth", "token_invalid", "test_telemetry", "/a")
    telemetry.note("auth", "token_invalid", "test_telemetry", "/a", value=2)

    sampled = [("estampe_jobs", "Jobs", "status", {"queued": 4}), ("estampe_live_workers", "Workers", "", {"": 2})]
    shown = lines(telemetry.exposition(sampled))

    assert shown['estampe_auth_total{issuer="test_telemetry",reason="token_invalid",route="/a"}'] == "3.0"
    assert shown['estampe_jobs{status="queued"}'] == "4.0"
    assert shown["estampe_live_workers"] == "2.0"


def test_what_is_not_declared_cannot_be_noted():
    with pytest.raises(KeyError):
        telemetry.note("prompts")


def test_of_several_processes_any_tells_the_sum_and_the_dead_watch_nothing(tmp_path, monkeypatch):
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", COUNT], env=environment, check=True)
    with subprocess.Popen(
        [sys.executable, "-c", COUNT, "stay"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as living:
        living.stdout.readline()
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
        shown = lines(telemetry.exposition())
        living.communicate()

    assert shown['estampe_auth_total{issuer="us",reason="accepted",route="/a"}'] == "2.0"
    assert shown['estampe_request_seconds_count{method="GET",route="/a"}'] == "2.0"
    assert shown["estampe_watchers"] == "3.0"
