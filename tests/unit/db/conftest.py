"""Clusters: a new one, one that was made once, or a copy of it to break."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.postgres import Starter, copy_of, eventually, gone, kill, postmaster


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, made_cluster: Path) -> Path:
    folder = copy_of(made_cluster, tmp_path_factory.mktemp("made"))
    with (folder / "postgres/cluster/postgresql.conf").open("a") as settings:
        settings.write("fsync = off\n")  # a kill loses nothing by it, and the copies start sooner
    return folder


def kill_servers(folder: Path) -> None:
    for pid_file in folder.rglob("postmaster.pid"):
        if left := postmaster(pid_file.parents[2]):
            kill(left)
            eventually(lambda left=left: gone(left))


@pytest.fixture
def new_folder(tmp_path: Path, used_folders: list[Path]) -> Iterator[Path]:
    """Empty; whatever server is left in it after the test is killed."""
    folder = tmp_path / "data"
    used_folders.append(folder)
    yield folder
    kill_servers(folder)


@pytest.fixture
def data_dir(made_once: Path) -> Iterator[Path]:
    """A cluster that many tests start and stop, and kill; none leaves it broken."""
    yield made_once
    kill_servers(made_once)


@pytest.fixture
def data_to_break(new_folder: Path, made_once: Path) -> Path:
    return copy_of(made_once, new_folder)


@pytest.fixture
def starter() -> Iterator[Callable[..., Starter]]:
    """Starts other processes on a folder; those that are left after the test are killed."""
    started: list[Starter] = []

    def start(folder: Path, **how: object) -> Starter:
        started.append(Starter(folder, **how))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def stranger(data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with the server, of the same user."""
    owner = (data_dir / "postgres/cluster").stat().st_uid
    process = subprocess.Popen(["sleep", "600"], **({"user": owner} if os.geteuid() == 0 else {}))
    yield process
    process.kill()
    process.wait()
