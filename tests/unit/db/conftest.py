"""Clusters to break: each test has its own, copied from one that was made once."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.postgres import Starter, copy_of, eventually, kill, postmaster

from estampe.db.embedded import EmbeddedPostgres


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    server = EmbeddedPostgres(folder)
    server.start()
    server.release()
    with (folder / "postgres/cluster/postgresql.conf").open("a") as settings:
        settings.write("fsync = off\n")  # a kill loses nothing by it, and the copies start sooner
    return folder


@pytest.fixture
def new_folder(tmp_path: Path) -> Iterator[Path]:
    """Empty; whatever server is left in it after the test is killed, and the folder removed."""
    folder = tmp_path / "data"
    yield folder
    for pid_file in folder.rglob("postmaster.pid"):
        if left := postmaster(pid_file.parents[2]):
            kill(left)
            eventually(lambda left=left: not left.is_running() or left.status() == "zombie")
    shutil.rmtree(folder, ignore_errors=True)  # pytest keeps the folders of three sessions: gigabytes


@pytest.fixture
def data_dir(new_folder: Path, made_once: Path) -> Path:
    """A cluster that stopped well."""
    return copy_of(made_once, new_folder)


@pytest.fixture
def starter(new_folder: Path) -> Iterator[Callable[..., Starter]]:
    """Starts other processes on the test's folder; those that are left after the test are killed."""
    started: list[Starter] = []

    def start(folder: Path = new_folder, **how: object) -> Starter:
        started.append(Starter(folder, **how))
        return started[-1]

    yield start
    for each in started:
        each.close()
