"""Servers and databases for the tests: one server a session, a fresh clone of a migrated template a test."""

import fcntl
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from tests.thorough import thorough

from estampe.db.embedded import EmbeddedPostgres
from estampe.db.migrate import migrate

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
BINARIES = {"18": None, "15": DEBIAN_15}
EVERY = ["18", pytest.param("15", marks=thorough("needs Debian's PostgreSQL 15"))]
PATIENCE_SECONDS = 60.0
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.1
TEMPLATE = "template_estampe"

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be someone else")


class Server:
    """A server for the whole session, on which losing power loses the tests' rows: fsync is off."""

    def __init__(self, folder: Path, binaries: Path | None, made: Path | None = None) -> None:
        """In an empty folder, or in a copy of a cluster that was made."""
        if made is not None:
            copy_of(made, folder)
        self._embedded = EmbeddedPostgres(folder, binaries)
        self._embedded.start()
        self._numbers = itertools.count()
        # The databases of tests that are over are many, and nobody's.
        settings = ("alter system set fsync = off", "alter system set autovacuum_naptime = '10min'")
        self._as_superuser(*settings, "select pg_reload_conf()")
        self._as_superuser(f"create database {TEMPLATE} owner estampe")
        migrate(self._embedded.url(database=TEMPLATE))

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[str]:
        name = f"test_{next(self._numbers)}"
        self._as_superuser(f"create database {name} template {template} owner estampe")
        yield self._embedded.url(database=name)
        # It stays, for what `used_folders` says.
        self._as_superuser(
            f"alter database {name} allow_connections false",
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'",
        )

    def vacuum_as_usual(self) -> None:
        self._as_superuser("alter system reset autovacuum_naptime", "select pg_reload_conf()")

    def stop(self) -> None:
        self._embedded.release()

    def _as_superuser(self, *statements: str) -> None:
        with psycopg.connect(self._embedded.url("postgres", "postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


def require(name: str) -> None:
    """Skip where the server is not installed; fail where it was promised."""
    folder = BINARIES[name]
    if folder is None or (folder / "postgres").exists():
        return
    if os.environ.get(f"TESTS_REQUIRE_POSTGRES_{name}"):
        pytest.fail(f"PostgreSQL {name} is required and is not in {folder}")
    pytest.skip(f"PostgreSQL {name} is not in {folder}")


def eventually(question: Callable[[], Any], what: str = "that") -> Any:
    """The first true answer; fails after a while instead of waiting for ever.

    Whoever is asked has work to do as well: the longer they take, the less often they are asked.
    """
    asked = time.monotonic()
    while not (answer := question()):
        waited = time.monotonic() - asked
        if waited > PATIENCE_SECONDS:
            pytest.fail(f"{what} never came")
        time.sleep(min(max(waited / 10, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS))
    return answer


def postmaster(data_dir: Path) -> psutil.Process | None:
    """The server that lives in that folder now."""
    with suppress(FileNotFoundError, IndexError, ValueError, psutil.Error):
        pid = int((data_dir / "postgres/cluster/postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(data_dir / "postgres/cluster"):
            return process
    return None


def kill(process: psutil.Process | subprocess.Popen[str]) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGKILL)


def gone(process: psutil.Process) -> bool:
    """A zombie is gone; only its parent has not noticed."""
    with suppress(psutil.NoSuchProcess):
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    return True


def made_once(shared: Path) -> Path:
    """A cluster as after the first start, its database migrated: made by whoever of the run needs it first.

    To be copied, never started: a copy costs a tenth.
    """
    folder, whole = shared / "made", shared / "made.whole"
    with (shared / "made.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            server = EmbeddedPostgres(folder)
            migrate(server.start())
            server.release()
            whole.touch()
    return folder


def copy_of(data_dir: Path, to: Path) -> Path:
    """A made cluster somewhere else, for less than making one costs."""
    to.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(data_dir / "postgres"), str(to)], check=True)
    return to


class Starter:
    """Another process that starts the server, says which, and uses it until it is told to leave."""

    CODE = """
import sys
from pathlib import Path
from typing import Any
from estampe.db.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print((Path(sys.argv[1]) / "postgres/cluster/postmaster.pid").read_text().split()[0], flush=True)
sys.stdin.read()
server.release()
"""

    def __init__(self, data_dir: Path, code: str = CODE) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def answer(self) -> str:
        """One line; what the process complained of when there is none."""
        return self.process.stdout.readline().strip() or self.process.stderr.read()

    def leave(self) -> str:
        return self.process.communicate(timeout=PATIENCE_SECONDS)[1]

    def close(self) -> None:
        kill(self.process)
        self.process.communicate()


def as_user(uid: int, work: Callable[[], object]) -> str:
    """What it returned, or raised, in a process of that user; forked, for they may not run our interpreter."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            said = str(work())
        except BaseException as error:  # noqa: BLE001 - it is what the test asks about
            said = repr(error)
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said
