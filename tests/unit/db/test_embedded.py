"""The embedded server's life: who starts it, who stops it, and what it survives."""

import os
import shutil
import signal
import sys
import textwrap
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tests.postgres import copy_of, eventually, gone, kill, postmaster

from estampe.db import binaries
from estampe.db.embedded import EmbeddedPostgres
from estampe.errors import DatabaseUnavailable


def asked(url: str, question: str):
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchone()


def test_the_first_start_makes_a_database_that_a_plain_role_owns(new_folder):
    server = EmbeddedPostgres(new_folder)
    url = server.start()
    role = asked(
        url,
        """select current_user, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, current_database(),
        pg_get_userbyid(datdba), pg_encoding_to_char(encoding), current_setting('listen_addresses')
        from pg_roles, pg_database where rolname = current_user and datname = current_database()""",
    )
    assert role == ("estampe", False, False, False, False, "estampe", "estampe", "UTF8", "")
    assert asked(url, "select current_setting('fsync'), current_setting('synchronous_commit')") == ("on", "on")
    server.release()
    assert postmaster(new_folder) is None


def test_rows_are_there_after_a_stop_and_a_start(data_dir):
    server = EmbeddedPostgres(data_dir)
    with psycopg.connect(server.start()) as connection:
        connection.execute("drop table if exists kept")
        connection.execute("create table kept as select 42 as answer")
    server.release()
    assert asked(server.start(), "select answer from kept") == (42,)
    server.release()


def test_a_second_user_attaches_and_the_last_one_out_stops_the_server(data_dir):
    first, second = EmbeddedPostgres(data_dir), EmbeddedPostgres(data_dir)
    assert first.start() == second.start()
    running = postmaster(data_dir)
    first.release()
    first.release()
    assert postmaster(data_dir) == running
    second.release()
    assert postmaster(data_dir) is None


def test_four_starters_at_once_end_with_one_server(new_folder, starter):
    four = [starter(new_folder) for _ in range(4)]
    assert {each.answer() for each in four} == {str(eventually(lambda: postmaster(new_folder)).pid)}
    assert [each.leave() for each in four] == ["", "", "", ""]
    assert postmaster(new_folder) is None


def test_a_server_whose_users_were_all_killed_serves_the_next_one(data_dir, starter):
    killed = starter(data_dir)
    pid = int(killed.answer())
    killed.close()
    assert postmaster(data_dir).pid == pid
    server = EmbeddedPostgres(data_dir)
    server.start()
    assert postmaster(data_dir).pid == pid
    server.release()
    assert postmaster(data_dir) is None


def test_ctrl_c_in_a_user_of_the_server_does_not_reach_it(data_dir, starter):
    user = starter(data_dir)
    pid = int(user.answer())
    os.killpg(user.process.pid, signal.SIGINT)
    user.leave()
    assert postmaster(data_dir).pid == pid


def test_committed_rows_are_kept_when_the_postmaster_is_killed(data_dir):
    server = EmbeddedPostgres(data_dir)
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("drop table if exists kept")
        connection.execute("create table kept (n integer)")
        for n in range(100):
            connection.execute("insert into kept values (%s)", [n])
        kill(postmaster(data_dir))
        assert asked(server.start(), "select count(*) from kept") == (100,)
    server.release()


def put_down(data_dir, stranger):
    pid_file = data_dir / "postgres/cluster/postmaster.pid"
    pid_file.write_text("\n".join([str(stranger.pid), *pid_file.read_text().splitlines()[1:]]))


def test_a_pid_file_that_names_a_living_stranger_is_stale(data_dir, stranger):
    server = EmbeddedPostgres(data_dir)
    server.start()
    kill(postmaster(data_dir))
    put_down(data_dir, stranger)
    assert asked(server.start(), "select 1") == (1,)
    assert postmaster(data_dir).pid != stranger.pid
    server.release()
    assert stranger.poll() is None


def test_a_pid_file_of_another_container_never_has_a_stranger_stopped(data_dir, stranger):
    server = EmbeddedPostgres(data_dir)
    server.start()
    running = postmaster(data_dir)
    put_down(data_dir, stranger)
    server.release()
    assert eventually(lambda: gone(running))
    assert stranger.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")
def test_a_postmaster_that_became_a_zombie_is_not_alive(data_dir, starter):
    code = """
    import ctypes, os, signal, sys, psutil
    from pathlib import Path
    from estampe.db.embedded import EmbeddedPostgres
    assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0  # like a PID 1 that never waits for its children
    server = EmbeddedPostgres(Path(sys.argv[1]))
    server.start()
    pid_file = Path(sys.argv[1]) / "postgres/cluster/postmaster.pid"
    killed = psutil.Process(int(pid_file.read_text().split()[0]))
    killed.send_signal(signal.SIGKILL)
    while killed.status() != psutil.STATUS_ZOMBIE:
        pass
    server.start()
    print(killed.status(), killed.pid != int(pid_file.read_text().split()[0]), flush=True)
    server.release()
    """
    assert starter(data_dir, code=textwrap.dedent(code)).answer() == "zombie True"


def test_a_recovery_that_takes_long_is_waited_for_and_never_restarted(data_to_break):
    cluster = data_to_break / "postgres/cluster"
    with (cluster / "postgresql.conf").open("a") as settings:
        settings.write("restore_command = 'until test -e go; do sleep 0.02; done; false'\n")
    (cluster / "recovery.signal").touch()
    with pytest.raises(DatabaseUnavailable, match="still recovering"):
        EmbeddedPostgres(data_to_break, patience_seconds=0.3).start()
    recovering = eventually(lambda: postmaster(data_to_break), "the server's first word")
    server = EmbeddedPostgres(data_to_break)
    waiting = threading.Thread(target=server.start)
    waiting.start()
    (cluster / "go").touch()
    waiting.join()
    assert postmaster(data_to_break) == recovering
    server.release()


def test_a_server_that_does_not_start_is_quoted(data_to_break):
    with (data_to_break / "postgres/cluster/postgresql.conf").open("a") as settings:
        settings.write("shared_preload_libraries = 'no_such_library'\n")
    with pytest.raises(DatabaseUnavailable, match=r"did not start: .*no_such_library.*log\)$"):
        EmbeddedPostgres(data_to_break).start()
    assert postmaster(data_to_break) is None


def test_a_log_that_has_grown_is_put_aside_at_the_next_start(data_dir):
    log = data_dir / "postgres/log"
    os.truncate(log, 11 * 1024 * 1024)
    server = EmbeddedPostgres(data_dir)
    server.start()
    server.release()
    assert log.stat().st_size < 10_000


@pytest.mark.parametrize("name", ["x, " * 40, 'it\'s $(a) "folder" & %C3 é'], ids=["long", "odd"])
def test_a_folder_may_have_any_name(new_folder, made_once, name):
    folder = copy_of(made_once, new_folder / name)
    server, another = EmbeddedPostgres(folder), EmbeddedPostgres(folder)
    assert asked(server.start(), "select 1") == (1,)
    assert another.start() == server.url()
    kill(postmaster(folder))
    assert asked(server.start(), "select 1") == (1,)
    server.release()
    another.release()
    assert postmaster(folder) is None


def test_the_socket_of_a_folder_with_a_long_name_is_closed_to_others(new_folder, made_once):
    folder = copy_of(made_once, new_folder / ("x" * 120))
    server = EmbeddedPostgres(folder)
    server.start()
    socket_folder = Path((folder / "postgres/socket").read_text())
    found = socket_folder.stat()
    assert (found.st_mode & 0o777, found.st_uid) == (0o700, (folder / "postgres/cluster").stat().st_uid)
    socket_folder.chmod(0o755)
    kill(postmaster(folder))
    server.start()
    replaced_by = Path((folder / "postgres/socket").read_text())
    assert replaced_by != socket_folder
    server.release()
    assert not replaced_by.exists()
    shutil.rmtree(socket_folder)


def test_the_server_stops_while_somebody_is_still_connected(data_dir):
    server = EmbeddedPostgres(data_dir)
    with closing(psycopg.connect(server.start())):
        server.release()
        assert postmaster(data_dir) is None


def test_a_folder_of_programs_is_found_from_where_we_stand(data_dir, tmp_path, monkeypatch):
    (tmp_path / "programs").symlink_to(binaries.find())
    monkeypatch.chdir(tmp_path)
    server = EmbeddedPostgres(data_dir, Path("programs"))

    assert asked(server.start(), "select 1") == (1,)
    server.release()
