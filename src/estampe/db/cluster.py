"""The folder of a PostgreSQL cluster: who owns it, and how it is made, whole or not at all."""

import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from estampe.db import binaries
from estampe.errors import InvalidSetting, Text

# Ids that systemd's table leaves to nobody: no other program runs under them, as many do under `nobody`.
RESERVED_UIDS = range(60578, 61184)


def owner(cluster: Path) -> int | None:
    """Who runs the server: None for us, or, for root (whom PostgreSQL refuses), the owner of the data."""
    if os.geteuid() != 0:
        return None
    uid = (cluster if cluster.exists() else cluster.parent).stat().st_uid
    if uid:
        return uid
    taken = {account.pw_uid for account in pwd.getpwall()}
    free = [uid for uid in RESERVED_UIDS if uid not in taken]
    return free[int(hashlib.sha256(os.fsencode(cluster)).hexdigest(), 16) % len(free)]


@contextmanager
def named(folder: Path, uid: int | None) -> Iterator[tuple[str, tuple[int, ...]]]:
    """How a process of that user names the folder, and the descriptors it inherits for that."""
    if uid is None or sys.platform != "linux":
        yield str(folder), ()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # By this name it needs no way through root's closed folders, so no parent's mode is ever changed.
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)


def listener(path: Path) -> int | None:
    """The process that listens on that socket, as this process counts them: postmaster.pid may count otherwise."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return None
        if sys.platform == "linux":
            seen = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        else:
            seen = connection.getsockopt(0, 2, 4)  # SOL_LOCAL, LOCAL_PEERPID
    return int.from_bytes(seen[:4], sys.byteorder) or None


def give(folder: Path, uid: int | None) -> None:
    if uid is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, uid, follow_symlinks=False)


def make(cluster: Path, uid: int | None, *, explicit: Path | None, lock: int) -> None:
    """Made aside, renamed when complete. The caller holds `lock`, and initdb inherits it.

    Raises `InvalidSetting` with initdb's own reason.
    """
    fresh = cluster.with_name("cluster.new")
    if fresh.exists():  # its maker was killed, and its initdb is gone too: we hold the lock
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    # initdb looks its account up by name (postgres does not): any account that exists will do for that second.
    maker = None if uid is None else next(account.pw_uid for account in pwd.getpwall() if account.pw_uid)
    programs = binaries.reachable(binaries.find(explicit), maker)
    try:
        give(fresh, maker)
        fault = ""
        for locale in ("C.UTF-8", "C"):
            fault = _initdb(programs, fresh, locale=locale, maker=maker, lock=lock)
            if "invalid locale" not in fault:
                break
        if fault:
            raise _not_made(cluster.parent, fault)
        give(fresh, uid)
        fresh.rename(cluster)
        _sync(cluster.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _initdb(programs: Path, fresh: Path, *, locale: str, maker: int | None, lock: int) -> str:
    """What went wrong, or nothing."""
    with named(fresh, maker) as (name, descriptors):
        made = subprocess.run(  # noqa: S603 - our own command line
            [
                str(programs / "initdb"),
                f"--pgdata={name}",
                "--username=postgres",
                "--auth=trust",  # over a socket that only the server's user, and root, can reach
                "--encoding=UTF8",
                f"--locale={locale}",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            pass_fds=[lock, *descriptors],
            cwd="/",
            env=binaries.ENVIRONMENT,
            start_new_session=True,
            check=False,
            **binaries.run_as(maker),
        )
    return "" if made.returncode == 0 else made.stderr or f"initdb: {made.returncode}"


def _not_made(home: Path, fault: str) -> InvalidSetting:
    lines = fault.strip().splitlines()
    why = next((line for line in lines if "No space left" in line), None)
    why = why or next((line for line in lines if "error:" in line or "FATAL:" in line), lines[-1])
    return InvalidSetting(
        Text(
            f"the database cannot be made in {home}: {why}",
            f"la base de données ne peut pas être créée dans {home} : {why}",
        )
    )
