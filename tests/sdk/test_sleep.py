"""A laptop is closed while its job goes on, and opened again."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.postgres import eventually
from tests.service import Person, Service
from tests.thorough import thorough

SOURCES = Path(__file__).parents[2] / "sdk" / "python" / "src"
CLIENT = """
import asyncio, json, sys
from pathlib import Path
import estampe_client
url, tokens, kind = sys.argv[1:]
def token(): return Path(tokens).read_text()
def told(job): print(json.dumps([job.job_id, job.progress and job.progress.fraction]), flush=True)
prompt = "[steps 60] [sleep 0.15] a cat"
def waiting():
    with estampe_client.Client(url, token) as client:
        return client.images.generate(prompt, width=64, height=64, on_progress=told)
async def awaiting():
    async with estampe_client.AsyncClient(url, token) as client:
        return await client.images.generate(prompt, width=64, height=64, on_progress=told)
print(json.dumps([(waiting() if kind == "sync" else asyncio.run(awaiting())).status]), flush=True)
"""


@pytest.mark.parametrize("kind", [pytest.param("sync", marks=thorough("the same, not awaited")), "async"])
def test_a_laptop_that_sleeps_wakes_up_to_its_result(kind: str, service: Service, ana: Person, tmp_path):
    """It sleeps for longer than its token lives, and than the job takes."""
    tokens = tmp_path / "token"
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            draft = tokens.with_suffix(".new")
            draft.write_text(service.local.issue(ana.user, ana.org, ttl_seconds=2))
            draft.replace(tokens)
            stop.wait(0.5)

    writer = threading.Thread(target=write)
    writer.start()
    eventually(tokens.exists, "a token")
    laptop = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", CLIENT, service.url, str(tokens), kind],
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        job_id, _ = json.loads(laptop.stdout.readline())
        ana.reaches(job_id, "running")
        laptop.send_signal(signal.SIGSTOP)
        assert ana.ended(job_id)["status"] == "succeeded"
        laptop.send_signal(signal.SIGCONT)
        out, err = laptop.communicate(timeout=60)
    finally:
        laptop.kill()
        laptop.communicate()
        stop.set()
        writer.join()

    assert laptop.returncode == 0, err
    assert json.loads(out.splitlines()[-1]) == ["succeeded"]
    assert [job["job_id"] for job in ana.get("/api/jobs").json()["jobs"]] == [job_id]
