"""Statements by name, the two doors, and a server that goes away and comes back."""

import asyncio
import re
from contextlib import asynccontextmanager
from importlib.resources import files

import procrastinate
import psycopg
import pytest
from tests.postgres import PATIENCE_SECONDS, kill, postmaster

from estampe.db import STATEMENTS, Database
from estampe.db.direct import Direct
from estampe.db.embedded import EmbeddedPostgres
from estampe.domain import TenantId
from estampe.errors import DatabaseUnavailable

SETTING = "select current_setting('estampe.tenant', true) as tenant, pg_backend_pid() as pid"


async def asked(scope, question):
    return await (await scope.connection.execute(question)).fetchone()


def test_every_statement_has_one_name_and_says_what_it_does():
    text = files("estampe.db").joinpath("queries.sql").read_text("utf-8")
    names = re.findall(r"^-- (\w+) --\n-- \S", text, re.MULTILINE)
    assert len(names) == len(set(names)) == len(STATEMENTS) == len(re.findall(r"^-- \w+ --$", text, re.MULTILINE))
    assert all(STATEMENTS.values())


async def test_a_statement_that_is_not_in_the_file_is_an_error(database):
    async with database.system() as scope:
        with pytest.raises(KeyError):
            await scope.all("drop_everything")


@asynccontextmanager
async def opened(url, **how):
    database = Database(url, **({"wait_seconds": PATIENCE_SECONDS} | how))
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def test_the_tenant_is_set_for_the_transaction_and_not_after_it(database_url):
    async with opened(database_url, connections=1) as database:
        async with database.tenant(TenantId("tn_one")) as scope:
            inside = await asked(scope, SETTING)
        async with database.system() as scope:
            after = await asked(scope, SETTING)
    assert inside["tenant"] == "tn_one"
    assert after == {"tenant": "", "pid": inside["pid"]}


async def test_two_tenants_at_once_never_meet(database):
    async with database.tenant(TenantId("tn_one")) as one, database.tenant(TenantId("tn_two")) as two:
        assert [(await asked(scope, SETTING))["tenant"] for scope in (one, two)] == ["tn_one", "tn_two"]


async def test_a_snapshot_reads_one_moment_whoever_writes_meanwhile_and_writes_nothing(database):
    counted = "select count(*)::int as found from tenants"
    added = "insert into tenants (id, issuer, organization_id) values ('tn_one', 'urn:one', 'org_one')"
    async with database.tenant(TenantId("tn_one"), snapshot=True) as inside, database.system() as outside:
        first = await asked(inside, counted)
        await outside.connection.execute(added)
        await outside.connection.commit()
        assert await asked(inside, counted) == first == {"found": 0}
        assert await asked(outside, counted) == {"found": 1}
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await inside.connection.execute(added)
        await inside.connection.rollback()


async def test_what_raises_in_a_transaction_is_undone(database):
    async def fail() -> None:
        async with database.system() as scope:
            await scope.connection.execute("create table undone ()")
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        await fail()
    async with database.system() as scope:
        assert (await asked(scope, "select to_regclass('undone') as found"))["found"] is None


async def test_a_database_that_was_never_there_is_unavailable(tmp_path):
    async with opened(f"postgresql:///estampe?host={tmp_path}", wait_seconds=0.2) as database:
        with pytest.raises(DatabaseUnavailable) as refusal:
            async with database.system():
                pytest.fail("there is nobody to talk to")
    assert refusal.value.retry_after_seconds


async def test_a_server_that_goes_away_is_unavailable_until_it_comes_back(data_dir):
    async def answer():
        async with database.system() as scope:
            return (await asked(scope, "select 42 as answer"))["answer"]

    async def answer_while_it_can():
        while True:
            await answer()

    async def answer_at_last():
        while True:
            try:
                return await answer()
            except DatabaseUnavailable:
                pass

    server = EmbeddedPostgres(data_dir)
    async with opened(server.start(), wait_seconds=0.5) as database:
        assert await answer() == 42
        kill(postmaster(data_dir))
        with pytest.raises(DatabaseUnavailable):
            await asyncio.wait_for(answer_while_it_can(), PATIENCE_SECONDS)
        await asyncio.to_thread(server.start)
        assert await asyncio.wait_for(answer_at_last(), PATIENCE_SECONDS) == 42
    server.release()


async def test_a_connection_cut_in_a_transaction_is_unavailable_and_the_next_is_not(database):
    async def cut() -> None:
        async with database.system() as scope:
            pid = (await asked(scope, SETTING))["pid"]
            with psycopg.connect(database.url) as other:
                other.execute("select pg_terminate_backend(%s, 5000)", [pid])
            await asked(scope, SETTING)

    with pytest.raises(DatabaseUnavailable):
        await cut()
    async with database.system() as scope:
        assert await asked(scope, "select 1 as one") == {"one": 1}


async def test_a_migration_meanwhile_is_waited_out_and_not_our_mistake(database):
    async def look() -> None:
        async with database.system() as scope:
            await scope.one("find_job", job_id="job_x", tenant_id="tn_x")

    for _ in range(10):  # often enough for the driver to have the server prepare the statement
        await look()
    with psycopg.connect(database.url) as other:
        other.execute("alter table jobs add column colour text")
    met = []
    for _ in range(10):
        try:
            await look()
        except DatabaseUnavailable as refusal:
            met.append(refusal.retry_after_seconds)
    assert len(met) < 2  # where the server had it prepared, once a connection
    await look()


async def test_a_migration_meanwhile_is_nothing_to_who_reads_with_a_connection_of_its_own(database):
    reads = Direct(database.url)
    asked = {"ids": ["job_x"], "tenants": ["tn_x"]}
    assert await reads.all("jobs_as_they_stand", **asked) == []
    with psycopg.connect(database.url) as other:
        other.execute("alter table jobs add column colour text")
    assert await reads.all("jobs_as_they_stand", **asked) == []
    await reads.close()


async def test_a_standby_is_unavailable(database):
    async def write() -> None:
        async with database.system() as scope:
            await scope.connection.execute("set transaction read only")
            await scope.run("forget_old_revocations")

    with pytest.raises(DatabaseUnavailable):
        await write()


async def test_an_outage_that_the_queue_s_library_met_is_one_too(database):
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=database.url))

    async def defer() -> None:
        async with database.system() as scope:
            pid = (await asked(scope, SETTING))["pid"]
            with psycopg.connect(database.url) as other:
                other.execute("select pg_terminate_backend(%s, 5000)", [pid])
            await app.configure_task("generate", connection=scope.connection).defer_async(job_id="job_x")

    with pytest.raises(DatabaseUnavailable):
        await defer()
