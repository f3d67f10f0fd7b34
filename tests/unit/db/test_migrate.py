"""Migrations: in order, once, and refused when the database is not one for this code."""

import re
import threading
from importlib.resources import files

import psycopg
import pytest
from tests.postgres import Starter

from estampe.db.migrate import migrate
from estampe.errors import DatabaseUnavailable, InvalidSetting

QUEUE = files("procrastinate") / "sql"
SHAPE = """
select 'column', table_name || '.' || column_name, data_type || coalesce(column_default, '') || is_nullable
from information_schema.columns where table_schema = 'public'
union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
union all select 'function', proname, regexp_replace(pg_get_functiondef(oid), '\\s+', ' ', 'g')
from pg_proc where pronamespace = 'public'::regnamespace
union all select 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
union all select 'enum', enumtypid::regtype::text, string_agg(enumlabel, ',' order by enumlabel)
from pg_enum group by enumtypid
"""


def asked(url: str, question: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchall()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "migrations"
    folder.mkdir()

    def write(**migrations: str):
        for name, sql in migrations.items():
            (folder / f"{name.removeprefix('n')}.sql").write_text(sql)
        return folder

    return write


def test_an_empty_database_gets_everything_and_the_second_time_nothing(every_empty_database_url):
    applied = migrate(every_empty_database_url)
    ours = sorted(file.name for file in (files("estampe.db") / "migrations").iterdir() if file.name.endswith(".sql"))
    assert sorted(name for name in applied if "/" not in name) == ours
    assert migrate(every_empty_database_url) == []
    assert asked(every_empty_database_url, "select count(*) from jobs, procrastinate_jobs") == [(0,)]
    assert {name for (name,) in asked(every_empty_database_url, "select name from migrations")} == set(applied)


def test_starters_at_once_apply_each_migration_once(every_empty_database_url):
    done: list[str] = []
    starters = [threading.Thread(target=lambda: done.extend(migrate(every_empty_database_url))) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert len(done) == len(set(done)) == asked(every_empty_database_url, "select count(*) from migrations")[0][0]


def forget_ours(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("delete from migrations where name not like 'procrastinate/%'")


def test_of_one_number_the_pre_comes_before_the_post(database_url, folder):
    forget_ours(database_url)
    here = folder(
        n0001_pre_x="create table a ()",
        n0001_post_x="drop table a",
        n0002_pre_more="create table a (b text default '100%', c text default '%s')",
    )
    assert migrate(database_url, folder=here) == [
        "0001_pre_x.sql",
        "0001_post_x.sql",
        "0002_pre_more.sql",
    ]


def test_the_post_waits_until_it_is_asked_for(database_url, folder):
    forget_ours(database_url)
    here = folder(n0001_pre_x="create table a ()", n0001_post_x="drop table a")
    assert migrate(database_url, phases=["pre"], folder=here) == ["0001_pre_x.sql"]
    assert migrate(database_url, phases=["pre"], folder=here) == []
    assert migrate(database_url, phases=["post"], folder=here) == ["0001_post_x.sql"]


def test_a_pre_never_overtakes_the_post_of_an_earlier_number(database_url, folder):
    forget_ours(database_url)
    here = folder(n0001_post_x="select 1", n0002_pre_y="select 1")
    with pytest.raises(InvalidSetting, match=r"0001_post_x.sql must run before 0002_pre_y.sql"):
        migrate(database_url, phases=["pre"], folder=here)
    assert migrate(database_url, folder=here) == ["0001_post_x.sql", "0002_pre_y.sql"]


def test_one_that_fails_is_named_and_leaves_what_came_before_it(database_url, folder):
    forget_ours(database_url)
    here = folder(n0001_pre_x="create table a ()", n0002_pre_y="create table b (); select 1/0; create table c ()")
    with pytest.raises(DatabaseUnavailable, match=r"0002_pre_y.sql failed and changed nothing: division by zero"):
        migrate(database_url, folder=here)
    assert asked(database_url, "select to_regclass('a')::text, to_regclass('b')::text") == [("a", None)]
    folder(n0002_pre_y="create table b ()")
    assert migrate(database_url, folder=here) == ["0002_pre_y.sql"]


def test_one_that_was_changed_after_it_was_applied_is_named(database_url, folder):
    forget_ours(database_url)
    here = folder(n0001_pre_x="create table a ()")
    migrate(database_url, folder=here)
    folder(n0001_pre_x="create table a (b integer)")
    with pytest.raises(InvalidSetting, match=r"0001_pre_x.sql was changed after it was applied"):
        migrate(database_url, folder=here)


@pytest.mark.parametrize("newer", ["9999_pre_later.sql", "procrastinate/99.00.00_01_pre_later.sql"])
def test_a_database_newer_than_the_code_is_refused(database_url, newer):
    with psycopg.connect(database_url) as connection:
        connection.execute("insert into migrations values (%s, '')", [newer])
    with pytest.raises(InvalidSetting, match=f"newer than this Estampe: it has {newer}"):
        migrate(database_url)


def test_a_server_older_than_15_is_refused(database_url, monkeypatch):
    monkeypatch.setattr(psycopg.ConnectionInfo, "server_version", 140012)
    with pytest.raises(InvalidSetting, match="the server is PostgreSQL 14; Estampe needs 15 or later"):
        migrate(database_url)


def test_a_server_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(DatabaseUnavailable, match="cannot be migrated"):
        migrate(f"postgresql:///estampe?host={tmp_path}")


def test_a_starter_killed_between_two_migrations_is_continued_by_the_next(database_url, folder, starter):
    forget_ours(database_url)
    here = folder(n0001_pre_x="create table a ()", n0002_pre_y="select pg_sleep(600)")
    call = f"migrate({database_url!r}, folder=Path({str(here)!r}))"
    code = f"from estampe.db.migrate import migrate; from pathlib import Path; {call}"
    killed: Starter = starter(here, code=code)
    while not asked(database_url, "select from migrations where name = '0001_pre_x.sql'"):
        assert killed.process.poll() is None
    killed.close()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid <> pg_backend_pid()"
            " and datname = current_database()"
        )
    folder(n0002_pre_y="select 1")
    assert migrate(database_url, folder=here) == ["0002_pre_y.sql"]


def test_an_older_queue_is_brought_to_what_a_fresh_one_is(every_empty_database_url, tmp_path, folder):
    """Every version of procrastinate there was, one upgrade after the other."""
    empty = folder()
    older = tmp_path / "older"
    (older / "migrations").mkdir(parents=True)
    names = sorted(file.name for file in (QUEUE / "migrations").iterdir() if re.match(r"\d", file.name))
    for name in names:
        text = (QUEUE / "migrations" / name).read_text()
        (older / "migrations" / name).write_text(text)
        if name == names[0]:
            (older / "schema.sql").write_text(text)
        migrate(every_empty_database_url, folder=empty, queue_folder=older)
    assert migrate(every_empty_database_url, folder=empty) == []
    upgraded = set(asked(every_empty_database_url, SHAPE))
    with psycopg.connect(every_empty_database_url) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    migrate(every_empty_database_url, folder=empty)
    assert upgraded == set(asked(every_empty_database_url, SHAPE))


def test_the_queue_is_upgraded_in_the_order_of_its_versions(database_url, tmp_path):
    newer = tmp_path / "newer"
    (newer / "migrations").mkdir(parents=True)
    for file in (QUEUE / "migrations").iterdir():
        if file.name.endswith(".sql"):
            (newer / "migrations" / file.name).write_bytes(file.read_bytes())
    for name in ("03.10.00_50_post_b", "03.10.00_01_pre_a", "03.09.00_01_pre_z"):
        (newer / f"migrations/{name}.sql").write_text(f"create table \"{name}\" (a text default '%')")
    assert migrate(database_url, phases=["pre"], queue_folder=newer) == [
        "procrastinate/03.09.00_01_pre_z.sql",
        "procrastinate/03.10.00_01_pre_a.sql",
    ]
    assert migrate(database_url, queue_folder=newer) == ["procrastinate/03.10.00_50_post_b.sql"]
