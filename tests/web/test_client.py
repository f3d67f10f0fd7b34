"""`@estampe/client` in Node, from its built files, against the live service: no mock anywhere."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.web.conftest import WEB

if TYPE_CHECKING:
    from tests.service import Service
    from tests.web.conftest import Node
    from tests.web.reception import Reception

SUITES = sorted((WEB / "client" / "test").glob("*.test.ts"))


def bundled(node: Node, source: Path, folder: Path) -> Path:
    """A test and what it imports, as one file that Node runs."""
    made = folder / f"{source.stem}.mjs"
    node.tool("esbuild", str(source), "--bundle", "--platform=node", "--format=esm", f"--outfile={made}")
    return made


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem.removesuffix(".test"))
def test_the_client_keeps_its_contract(node: Node, live: Service, reception: Reception, suite: Path, tmp_path: Path):
    done = node.run(
        WEB,
        "--test",
        "--test-reporter=spec",
        str(bundled(node, suite, tmp_path)),
        TESTS_SERVICE_URL=live.url,
        TESTS_RECEPTION_URL=reception.url,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_machine_that_sleeps_wakes_up_to_the_result(node: Node, live: Service, reception: Reception):
    with live.person("user_asleep") as ana:
        sleeper = node.start(
            WEB / "client" / "test",
            "sleeper.mjs",
            TESTS_SERVICE_URL=live.url,
            TESTS_RECEPTION_URL=reception.url,
            TESTS_USER=ana.user,
        )
        job_id = sleeper.stdout.readline().strip()
        ana.reaches(job_id, "running")
        sleeper.send_signal(signal.SIGSTOP)
        ana.ended(job_id)
        sleeper.send_signal(signal.SIGCONT)
        said, _ = sleeper.communicate(timeout=60)
        jobs = ana.get("/api/jobs").json()["jobs"]

    assert said.strip() == "succeeded"
    assert len(jobs) == 1
