"""Where a process keeps people's files while it works on them: gone with it, or at the next start if it was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "estampe-scratch-"


class Scratch:
    """One folder a process, locked for as long as the process lives, however it ends."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._lock = -1

    def open(self) -> None:
        """Make it, and remove those of processes that are gone."""
        _remove_abandoned()
        self._folder, self._lock = _made()

    def close(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)  # what was given up may still be writing there
            os.close(self._lock)
            self._folder = None

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """An empty folder for as long as the block lasts."""
        with tempfile.TemporaryDirectory(dir=self._there(), ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def file(self) -> tuple[int, Path]:
        """An empty file that is open, for the caller to remove."""
        handle, name = tempfile.mkstemp(dir=self._there())
        return handle, Path(name)

    def _there(self) -> Path:
        """Whoever cleans up a machine's temporary files may have taken it."""
        if self._folder is not None and not self._folder.exists():
            self.close()
        if self._folder is None:
            self._folder, self._lock = _made()
        return self._folder


def _made() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = _locked(folder)  # None: taken for an abandoned one before it was locked
        if lock is not None:
            return folder, lock


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = _locked(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """The lock of a folder of ours; None where somebody has it, or it is another user's, or gone."""
    with suppress(OSError):
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found = os.fstat(lock)
            if found.st_uid == os.geteuid() and os.path.samestat(found, folder.stat(follow_symlinks=False)):
                return lock
        except OSError:
            os.close(lock)
            raise
        os.close(lock)
    return None
