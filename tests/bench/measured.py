"""The service under load: who sends it, and what each request costs the processes that serve it."""

import json
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from tests.postgres import eventually
from tests.service import Service, free_port

from estampe.identity.local import Local

ROOT = Path(__file__).parents[2]
# Counted, and never reached: what a request costs with its limits on.
UNLIMITED = {"requests_per_minute_user": 10**9, "requests_per_minute_tenant": 10**9}


class BesideTheFloor(Service):
    """An API whose server answers `/floor` too."""

    def start(self, *commands: str) -> None:
        super().start(*(command for command in commands if command != "api"))
        if "api" in commands:
            self.environment["PYTHONPATH"] = str(ROOT)
            with self.log.open("ab") as log:
                self.processes["api"] = subprocess.Popen(
                    [sys.executable, "-m", "tests.bench.floor"],
                    env=self.environment,
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )


@contextmanager
def beside_the_floor(database_url: str, data_dir: Path, **settings: object) -> Iterator[Service]:
    service = BesideTheFloor(database_url, data_dir, **(UNLIMITED | settings))
    try:
        service.start("api", "worker")
        service.wait_until_ready()
        yield service
    finally:
        service.close()


def tree(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def cpu_seconds(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def pss_bytes(processes: list[psutil.Process]) -> int:
    return sum(process.memory_full_info().pss for process in processes)


def request(path: str, token: str | None = None, **headers: str) -> str:
    lines = [f"GET {path} HTTP/1.1", "Host: localhost"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines) + "\r\n\r\n"


def load(**asked: Any) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).with_name("load.py"))]
    said = subprocess.run(command, input=json.dumps(asked) + "\n", capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


@contextmanager
def flask_and_pyjwt(local: Local, folder: Path) -> Iterator[tuple[int, int]]:
    """The shape this project began with, on a port and under a process id."""
    port = free_port()
    pem = folder / "public.pem"
    pem.write_bytes(local._key.as_pem(private=False))
    environment = {**os.environ, "TESTS_PEM": str(pem), "TESTS_ISSUER": local.issuer, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "granian", "tests.bench.beginning:app", "--interface", "wsgi", "--workers", "1"]
    command += ["--port", str(port), "--blocking-threads", "8", "--http", "1", "--no-ws", "--log-level", "warning"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        eventually(lambda: listens(port), f"a server on {port}")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def median(values: list[float]) -> float:
    return statistics.median(values)


def shared_cores() -> str:
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


class Watchers:
    """Open streams in a process of their own."""

    def __init__(self, port: int, requests: list[str], count: int) -> None:
        command = [sys.executable, str(Path(__file__).with_name("load.py"))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._say(json.dumps({"do": "watch", "port": port, "requests": requests, "watchers": count}))
        self.opened = json.loads(self._process.stdout.readline())["opened"]

    def forget(self) -> None:
        """What was heard until now does not count."""
        self._say("forget")

    def close(self) -> dict[str, Any]:
        self._say("enough")
        said, _ = self._process.communicate(timeout=60)
        return json.loads(said)

    def _say(self, line: str) -> None:
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
