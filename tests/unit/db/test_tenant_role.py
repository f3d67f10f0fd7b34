"""The role that requests run as belongs to the whole server: it is there, made, or asked for in so many words."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests import postgres
from tests.service import free_port

from estampe.db.embedded import EmbeddedPostgres
from estampe.db.migrate import migrate
from estampe.errors import DatabaseUnavailable

THERE = "select from pg_roles where rolname = 'estampe_tenant'"


class Bare:
    """A server on which nobody has made the role yet."""

    def __init__(self, embedded: EmbeddedPostgres) -> None:
        self._embedded = embedded
        self.run("drop role estampe_tenant", "create role maker login createrole", "create role plain login")

    def run(self, *statements: str) -> None:
        with psycopg.connect(self._embedded.url("postgres", "postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def database(self, name: str, owner: str) -> str:
        self.run(f"create database {name} owner {owner}")
        return self._embedded.url(owner, name)


@pytest.fixture(params=postgres.EVERY)
def bare(request, new_folder) -> Iterator[Bare]:
    postgres.require(request.param)
    embedded = EmbeddedPostgres(new_folder, postgres.BINARIES[request.param])
    embedded.start()
    yield Bare(embedded)
    embedded.release()


def works_as_a_tenant(url: str) -> bool:
    with psycopg.connect(url) as connection:
        connection.execute("set local role estampe_tenant")
        return connection.execute("select count(*) from jobs").fetchone() == (0,)


def test_who_may_make_roles_makes_it_even_from_many_databases_at_once(bare: Bare):
    urls = [bare.database(f"one_{number}", "maker") for number in range(4)]

    with ThreadPoolExecutor() as pool:
        assert all(pool.map(migrate, urls))

    assert all(map(works_as_a_tenant, urls))


def test_who_may_not_is_told_what_an_administrator_must_run(bare: Bare):
    url = bare.database("theirs", "plain")

    with pytest.raises(DatabaseUnavailable) as refusal:
        migrate(url)
    said = str(refusal.value)
    told = said[said.index("create role") : said.rindex(";") + 1]

    assert told == "create role estampe_tenant nologin; grant estampe_tenant to plain;"
    bare.run(*told.rstrip(";").split(";"))
    assert migrate(url)
    assert works_as_a_tenant(url)


def doctor(url: str, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ESTAMPE_")}
    environment |= {"ESTAMPE_DATABASE_URL": url, "ESTAMPE_DATA_DIR": str(folder), "ESTAMPE_PORT": str(free_port())}
    environment |= {"ESTAMPE_ENGINES": "fake"}  # to load another takes long, and says nothing of a role
    command = [sys.executable, "-m", "estampe", "doctor"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False).stdout


def test_the_doctor_says_so_before_anything_is_migrated(bare: Bare, tmp_path: Path):
    cure = "create role estampe_tenant nologin; grant estampe_tenant to"

    assert cure in doctor(bare.database("theirs", "plain"), tmp_path)
    assert cure not in doctor(bare.database("makers", "maker"), tmp_path)


def test_an_administrator_s_own_connection_is_held_to_the_policies_too(bare: Bare):
    url = bare.database("supers", "postgres")
    migrate(url)
    with psycopg.connect(url) as connection:
        connection.execute("insert into tenants (id, issuer, user_id) values ('tn_one', 'urn:one', 'u')")
        connection.execute(
            "select set_config('estampe.tenant', 'tn_two', true), set_config('role', 'estampe_tenant', true)"
        )
        assert connection.execute("select count(*) from tenants").fetchone() == (0,)


def test_a_data_folder_from_before_gets_the_role_when_it_is_next_started(new_folder):
    embedded = EmbeddedPostgres(new_folder)
    embedded.start()
    Bare(embedded)
    embedded.release()

    again = EmbeddedPostgres(new_folder)
    url = again.start()
    try:
        with psycopg.connect(url) as connection:
            assert connection.execute(THERE).rowcount == 1
            connection.execute("set local role estampe_tenant")
    finally:
        again.release()
