"""The whole service for the tests: the real server, the real worker, real processes on a real PostgreSQL."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from tests.postgres import PATIENCE_SECONDS, eventually

from estampe.identity.local import Local

ENDED = {"succeeded", "failed", "canceled", "expired"}
HOUR = 3600
# In the clear nothing is verified, and without the authorities a client is made in a hundredth of the time.
# And httpx's own five seconds are soon over on a busy machine.
PLAIN: dict[str, Any] = {"trust_env": False, "verify": False, "timeout": 30}
WITNESSES = 16  # each on a connection of its own, so that every process of a few gets one


def free_port() -> int:
    with held_port() as held:
        return held.getsockname()[1]


def held_port() -> socket.socket:
    """A port that nobody else is given while this lives, though the server it is for may come and go there."""
    held = socket.socket()
    for allowed in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        held.setsockopt(socket.SOL_SOCKET, allowed, 1)
    held.bind(("127.0.0.1", 0))
    return held


class Person(httpx.Client):
    """Someone signed in: a client whose requests carry their token."""

    def __init__(self, service: "Service", user: str, org: str | None, role: str | None) -> None:
        self.user, self.org = user, org
        self.token = service.local.issue(user, org, role=role, ttl_seconds=HOUR)
        headers = {"Authorization": f"Bearer {self.token}"}
        super().__init__(base_url=service.url, headers=headers, **PLAIN)

    def ask(self, prompt: str, kind: str = "image", **more: Any) -> str:
        """The id of a new job."""
        headers = more.pop("headers", {})
        answer = self.post(f"/api/{kind}s/generate", json={"prompt": prompt, **more}, headers=headers)
        assert answer.status_code == 202, answer.text
        return answer.json()["job_id"]

    def job(self, job_id: str) -> dict[str, Any]:
        answer = self.get(f"/api/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ended(self, job_id: str) -> dict[str, Any]:
        """The job, once it has ended."""

        def look() -> dict[str, Any] | None:
            with contextlib.suppress(httpx.TransportError):
                answer = self.get(f"/api/jobs/{job_id}", params={"wait": 5})
                if answer.status_code == 200 and answer.json()["status"] in ENDED:
                    return answer.json()
            return None

        return eventually(look, f"the end of {job_id}")

    def begun(self, job_id: str) -> dict[str, Any]:
        """The job, once it was begun; a short one may have ended meanwhile."""
        return eventually(lambda: (job := self.job(job_id))["started_at"] and job, f"the beginning of {job_id}")

    def reaches(self, job_id: str, status: str) -> dict[str, Any]:
        return eventually(lambda: (job := self.job(job_id))["status"] == status and job, f"{status} of {job_id}")

    def make(self, prompt: str, kind: str = "image", **more: Any) -> dict[str, Any]:
        """A job that succeeded."""
        job = self.ended(self.ask(prompt, kind, **more))
        assert job["status"] == "succeeded", job
        return job


class Service:
    """An API and a worker, each a process of its own."""

    def __init__(self, database_url: str, data_dir: Path, **settings: object) -> None:
        self.database_url, self.data_dir = database_url, data_dir
        # A server that is down for a moment comes back to its own place, and nobody meets another test's there.
        self._place = held_port()
        self.port = self._place.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.local = Local(data_dir)
        said = {"engines": "fake", "stalled_seconds": 3, "drain_seconds": 1, "log_level": "warning"}
        # The tests look hundreds of times a second; those of the limits set their own.
        said |= {"requests_per_minute_user": 0, "requests_per_minute_tenant": 0, "refusals_per_minute": 0}
        said |= settings
        said |= {"database_url": database_url, "data_dir": data_dir, "port": self.port}
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("ESTAMPE_")}
        self.environment |= {f"ESTAMPE_{name.upper()}": str(value) for name, value in said.items()}
        self.log = data_dir / "log.txt"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def person(self, user: str = "user_ana", org: str | None = None, role: str | None = None) -> Person:
        return Person(self, user, org, role)

    def start(self, *commands: str, flags: Sequence[str] = ()) -> None:
        for command in commands:
            with self.log.open("ab") as log:
                self.processes[command] = subprocess.Popen(
                    [sys.executable, "-W", "error", "-m", "estampe", command, *flags],
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def wait_until_ready(self) -> None:
        """Until the API serves and knows what the workers make; a probe that is refused is asked again."""

        def ready() -> bool:
            for command, process in self.processes.items():
                assert process.poll() is None, f"the {command} ended: {self.log.read_text()}"
            # Somebody else at each look: nobody's looks come near a limit.
            probe = self.person(f"user_probe{secrets.token_hex(4)}")
            with probe, contextlib.suppress(httpx.TransportError):
                models = probe.get("/readyz").is_success and probe.get("/api/models")
                return bool(models and models.is_success and models.json()["models"])
            return False

        eventually(ready, "a ready service")

    def kill(self, command: str) -> None:
        """Kill -9 of the process alone: its own children must find out by themselves."""
        process = self.processes.pop(command)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self, command: str) -> int:
        process = self.processes.pop(command)
        process.terminate()
        return process.wait(PATIENCE_SECONDS)

    @contextmanager
    def mended(self, command: str) -> Iterator[None]:
        """Whichever way the block ends the process, it is there again afterwards."""
        try:
            yield
        finally:
            if command == "api":
                until_free(self.port)
            self.start(command)
            self.wait_until_ready()

    def child(self) -> psutil.Process:
        """The process that owns the engine."""
        worker = psutil.Process(self.processes["worker"].pid)
        return eventually(lambda: next(iter(worker.children()), None), "the engine's process")

    def until_sign_ins_are_written(self) -> None:
        """Each API process gathers them for a while: what came before these is written once all of these are."""
        users = [f"user_witness{secrets.token_hex(4)}" for _ in range(WITNESSES)]
        for user in users:
            with self.person(user) as witness:
                assert witness.get("/api/me").is_success
        written = "select count(distinct user_id) from auth_events where user_id = any (%s)"
        eventually(lambda: self.rows(written, users) == [(WITNESSES,)], "the sign-ins")

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement, values).fetchall()

    def execute(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.database_url) as connection:
            connection.execute(statement, values)

    def files(self) -> list[Path]:
        return [path for path in (self.data_dir / "files").rglob("*") if path.is_file()]

    @contextmanager
    def beside(self, **settings: object) -> Iterator["Service"]:
        """Another worker, with a process, a child and settings of its own."""
        other = Service(self.database_url, self.data_dir, **settings)
        try:
            other.start("worker")
            other.until_announced()
            yield other
        finally:
            other.close()

    def until_announced(self) -> None:
        """The worker has loaded its engines and takes jobs."""
        host = f"%:{self.processes['worker'].pid}"
        eventually(lambda: self.rows("select from workers where host like %s", host), "the worker")

    def close(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._place.close()


@contextmanager
def running(database_url: str, data_dir: Path, **settings: object) -> Iterator[Service]:
    service = Service(database_url, data_dir, **settings)
    try:
        service.start("api", "worker")
        service.wait_until_ready()
        yield service
    finally:
        service.close()


def until_free(port: int) -> None:
    """Wait until nothing listens there any more."""

    def free() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    eventually(free, f"a free port {port}")


def until_listening(port: int) -> None:
    def listening() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    eventually(listening, f"a server on port {port}")
