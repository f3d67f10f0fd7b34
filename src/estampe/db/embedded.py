"""A PostgreSQL of our own in the data folder: the first who needs it starts it, the last who leaves stops it."""

# Three lock files, each with flock(2), so that the kernel lets go for whoever dies:
#   users     shared by all who use the server; who gets it alone is the last one, and stops the server
#   starting  one starter at a time
#   server    inherited by initdb and by every process of the server: while it is held one of them lives, whatever
#             postmaster.pid says (its number may belong to a zombie, to a stranger or to another container)

import fcntl
import os
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.pq import PGconn, Ping

from estampe.db import binaries, cluster
from estampe.errors import DatabaseUnavailable, InvalidSetting, Text

ROLE = "estampe"
# What requests run as: see 0003_pre_row_level_security.sql. Our own role may not make roles.
TENANT_ROLE = "estampe_tenant"
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the last one zero.
SOCKET_PATH_BYTES = 103
LOG_BYTES = 10 * 1024 * 1024
STOP_SECONDS = 5.0
SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "cluster_name": ROLE,
    "log_checkpoints": "off",  # a quiet log stays small between two starts
}


class EmbeddedPostgres:
    """One server in one data folder, for any number of processes; no TCP, and data that survives any kill.

    `patience_seconds` bounds the wait for a server that lives and is still recovering.
    """

    def __init__(self, data_dir: Path, binaries: Path | None = None, *, patience_seconds: float = 600.0) -> None:
        self._home = data_dir.absolute() / "postgres"
        self._cluster = self._home / "cluster"
        self._log = self._home / "log"
        self._binaries = binaries and binaries.absolute()  # they are tried from elsewhere
        self._patience_seconds = patience_seconds
        self._users: int | None = None
        self._log_start = 0

    def start(self) -> str:
        """The URL of a plain role that owns its database.

        Raises `InvalidSetting` when the place does not allow it, `DatabaseUnavailable` when the server fails.
        """
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._users is None:
                self._users = self._open("users.lock")
                fcntl.flock(self._users, fcntl.LOCK_SH)
            with self._starting():
                self._bring_up()
                self._create_database()
        except _StillRecovering:
            self._leave()  # stopped now, it would begin again from the start
            raise
        except BaseException as error:
            self.release()
            if isinstance(error, OSError):
                raise self._unusable(error) from error
            raise
        return self.url()

    def url(self, role: str = ROLE, database: str = ROLE) -> str:
        folder = quote(str(self._socket_folder()), safe="")
        return f"postgresql://{role}@/{database}?host={folder}&port={PORT}"

    def _superuser_url(self) -> str:
        return self.url("postgres", "postgres") + "&connect_timeout=5"

    def release(self) -> None:
        """Stop using the server; the last one stops it. Doing it twice is not an error."""
        if self._users is None:
            return
        try:
            with suppress(BlockingIOError):  # others use it still
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._stop()
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _open(self, name: str, how: int = os.O_RDWR) -> int:
        descriptor = os.open(self._home / name, how | os.O_CREAT, 0o600)
        if os.geteuid() == 0:  # one start under sudo must not lock the folder's owner out
            owner = self._home.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    @contextmanager
    def _starting(self) -> Iterator[None]:
        descriptor = self._open("starting.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _server_lock(self) -> int | None:
        """None while a process of the server, or of an initdb, lives."""
        descriptor = self._open("server.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def _ping(self) -> Ping:
        return Ping(PGconn.ping(self._superuser_url().encode()))

    def _bring_up(self) -> None:
        deadline = time.monotonic() + self._patience_seconds
        pause, launched = 0.005, False
        while True:
            lock = self._server_lock()
            if lock is not None:
                try:
                    if launched:
                        raise DatabaseUnavailable(self._died())
                    self._launch(lock)
                finally:
                    os.close(lock)  # never unlocked: the server holds it too
                launched = True
            elif self._ping() == Ping.OK:
                return
            if time.monotonic() > deadline:
                raise _StillRecovering(
                    Text(
                        f"PostgreSQL is still recovering; it goes on, see {self._log}",
                        f"PostgreSQL se remet encore en état ; il continue, voyez {self._log}",
                    )
                )
            time.sleep(pause)
            pause = min(pause * 1.2, 0.5)  # each try is a line in the log of a server that recovers

    def _launch(self, lock: int) -> None:
        uid = cluster.owner(self._cluster)
        if not self._cluster.exists():
            cluster.make(self._cluster, uid, explicit=self._binaries, lock=lock)
        major = int((self._cluster / "PG_VERSION").read_text())
        programs = binaries.reachable(binaries.find(self._binaries, major=major), uid)
        settings = SERVER_SETTINGS | {"unix_socket_directories": self._listens_in(uid)}
        for stale in (self._cluster / "postmaster.pid", self._socket_folder() / f"{SOCKET}.lock"):
            stale.unlink(missing_ok=True)  # we hold the server's lock, so nobody stands behind them
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES:
            self._log.replace(self._log.with_name("log.old"))
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._spawn([str(programs / "postgres"), *options], uid, lock)

    def _spawn(self, command: list[str], uid: int | None, lock: int) -> None:
        log = self._open("log", os.O_WRONLY | os.O_APPEND)
        try:
            with cluster.named(self._cluster, uid) as (name, descriptors):
                # The shell leaves at once, so that the server is nobody's child here: no zombie, no Ctrl-C.
                subprocess.run(  # noqa: S603 - our own command line
                    ["/bin/sh", "-c", '"$@" &', "sh", *command, "-D", name],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[lock, *descriptors],
                    cwd="/",
                    env=binaries.ENVIRONMENT,
                    start_new_session=True,
                    umask=0o077,
                    check=True,
                    **binaries.run_as(uid),
                )
        finally:
            os.close(log)

    def _socket_folder(self) -> Path:
        """In the cluster, or where the first start put it because that path is too long for a socket."""
        with suppress(FileNotFoundError):
            return Path((self._home / "socket").read_text("utf-8"))
        return self._cluster

    def _listens_in(self, uid: int | None) -> str:
        path = str(self._cluster)
        if len(os.fsencode(f"{path}/{SOCKET}")) <= SOCKET_PATH_BYTES and "," not in path:  # libpq splits at commas
            (self._home / "socket").unlink(missing_ok=True)
            return "."
        folder = self._socket_folder()
        if folder == self._cluster or not _is_private(folder, os.geteuid() if uid is None else uid):
            # Not TMPDIR, which may be as long.
            folder = Path(tempfile.mkdtemp(prefix="estampe-", dir="/tmp"))
            cluster.give(folder, uid)
            (self._home / "socket").write_text(str(folder), "utf-8")
        return str(folder)

    def _forget_socket_folder(self) -> None:
        if self._socket_folder() != self._cluster:
            with suppress(OSError):
                self._socket_folder().rmdir()
            (self._home / "socket").unlink()

    def _create_database(self) -> None:
        """At every start: the very first one may have been killed just before it."""
        try:
            with psycopg.connect(self._superuser_url(), autocommit=True) as connection:
                if not connection.execute("select from pg_roles where rolname = %s", [ROLE]).rowcount:
                    connection.execute(f"create role {ROLE} login")
                if not connection.execute("select from pg_roles where rolname = %s", [TENANT_ROLE]).rowcount:
                    connection.execute(f"create role {TENANT_ROLE} nologin")
                # A server at the end of a long recovery answers before it can be written.
                if not connection.execute("select where pg_has_role(%s, %s, 'member')", [ROLE, TENANT_ROLE]).rowcount:
                    connection.execute(f"grant {TENANT_ROLE} to {ROLE}")
                if not connection.execute("select from pg_database where datname = %s", [ROLE]).rowcount:
                    connection.execute(f"create database {ROLE} owner {ROLE}")
        except psycopg.Error as error:
            said = str(error).strip()
            raise DatabaseUnavailable(
                Text(f"the embedded database is not set up: {said}", f"la base embarquée n'est pas prête : {said}")
            ) from error

    def _stop(self) -> None:
        pid = cluster.listener(self._socket_folder() / SOCKET)
        if pid is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT):  # fast, then immediate
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            if self._gone(time.monotonic() + STOP_SECONDS):
                self._forget_socket_folder()
                return

    def _gone(self, deadline: float) -> bool:
        while (lock := self._server_lock()) is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        os.close(lock)
        return True

    def _died(self) -> Text:
        lines = self._log.read_bytes()[self._log_start :].decode("utf-8", "replace").splitlines()
        # Our own tries are refused as FATAL while the server comes up.
        fatal = [line for line in lines if ("FATAL:" in line or "PANIC:" in line) and "starting up" not in line]
        last = "".join((fatal or lines)[-1:])
        return Text(
            f"PostgreSQL did not start: {last} (see {self._log})",
            f"PostgreSQL n'a pas démarré : {last} (voyez {self._log})",
        )

    def _unusable(self, error: OSError) -> InvalidSetting:
        place = error.filename or self._home
        return InvalidSetting(
            Text(
                f"the database cannot live in {self._home}: {place}: {error.strerror}",
                f"la base de données ne peut pas vivre dans {self._home} : {place} : {error.strerror}",
            )
        )


class _StillRecovering(DatabaseUnavailable):
    """The server lives and does not take connections yet."""


def _is_private(folder: Path, uid: int) -> bool:
    with suppress(FileNotFoundError):
        found = folder.lstat()
        return found.st_uid == uid and stat.filemode(found.st_mode) == "drwx------"
    return False
