"""A run of the tests that is killed leaves no process behind."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
from tests.leftovers import RUN
from tests.postgres import eventually

ROOT = Path(__file__).parents[2]
STARTS_TWO = """
import subprocess, sys, pathlib

def test_it():
    inner = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True); sys.stdin.read()"
    outer = subprocess.Popen(
        [sys.executable, "-c", inner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    started = f"{outer.pid} {int(outer.stdout.readline())}"
    pathlib.Path(__file__).with_name("half").write_text(started)
    pathlib.Path(__file__).with_name("half").rename(pathlib.Path(__file__).with_name("started"))
    outer.wait()
"""


def test_what_a_killed_run_had_started_ends_with_it(tmp_path: Path):
    (tmp_path / "conftest.py").write_text("from tests.leftovers import sweep_at_the_end\nsweep_at_the_end()\n")
    (tmp_path / "test_it.py").write_text(STARTS_TWO)
    outside = {name: value for name, value in os.environ.items() if name != RUN and not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), tmp_path]
    run = subprocess.Popen(command, env=outside, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    eventually((tmp_path / "started").exists, "the test")
    started = [psutil.Process(int(pid)) for pid in (tmp_path / "started").read_text().split()]

    run.kill()
    run.wait()

    eventually(lambda: not any(process.is_running() for process in started), "the end of what it started")
