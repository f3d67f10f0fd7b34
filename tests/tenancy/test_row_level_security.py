"""What a forgotten WHERE would leak, the database itself refuses: on PostgreSQL 15 and 18."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from estampe.db import Database
from estampe.domain import TenantId

HERS, HIS = TenantId("tn_hers"), TenantId("tn_his")
# One row of each table, as little as it takes.
ROWS = {
    "tenants": "insert into tenants (id, issuer, user_id) values (%(tenant)s, 'urn:one', %(tenant)s)",
    "jobs": "insert into jobs (id, tenant_id, user_id, kind, model, parameters, queue_id)"
    " values (%(id)s, %(tenant)s, 'u', 'image', 'm', '{}', 1)",
    "assets": "insert into assets (id, tenant_id, user_id, kind, media_type, width, height, bytes, sha256,"
    " placeholder, key, thumbnail_key)"
    " values (%(id)s, %(tenant)s, 'u', 'image', 'image/png', 1, 1, 1, 's', 'p', %(id)s || 'k', %(id)s || 't')",
    "idempotency_keys": "insert into idempotency_keys (tenant_id, user_id, key, fingerprint, job_id)"
    " values (%(tenant)s, 'u', %(id)s, 'f', 'j')",
    "api_keys": "insert into api_keys (id, tenant_id, user_id, rights_at, name, prefix, secret_sha256, scopes)"
    " values (%(id)s, %(tenant)s, 'u', now(), 'n', 'p', %(id)s, '{}')",
    "webhook_secrets": "insert into webhook_secrets (tenant_id, secret) values (%(tenant)s, %(id)s)",
    "outgoing_webhooks": "insert into outgoing_webhooks (job_id, tenant_id, id, url)"
    " values (%(id)s, %(tenant)s, %(id)s, 'https://a.example')",
    "unclaimed_files": "insert into unclaimed_files (key) values (%(tenant)s || '/' || %(id)s)",
}
WHOSE = {"tenants": "id", "unclaimed_files": "split_part(key, '/', 1)"}
REFUSED = (psycopg.errors.InsufficientPrivilege,)


@pytest.fixture
async def two_tenants(every_database_url: str) -> AsyncIterator[Database]:
    database = Database(every_database_url)
    await database.open()
    for tenant in (HERS, HIS):
        async with database.system() as scope:
            for insert in ROWS.values():
                await scope.connection.execute(insert.encode(), {"id": f"first of {tenant}", "tenant": tenant})
    yield database
    await database.close()


async def tenants_seen(scope, table: str) -> set[str]:
    cursor = await scope.connection.execute(f"select distinct {WHOSE.get(table, 'tenant_id')} as whose from {table}")
    return {row["whose"] for row in await cursor.fetchall()}


@pytest.mark.parametrize("table", ROWS)
async def test_without_a_where_a_tenant_sees_its_own_rows_alone(two_tenants: Database, table: str):
    for tenant in (HERS, HIS):
        async with two_tenants.tenant(tenant) as scope:
            assert await tenants_seen(scope, table) == {tenant}
    async with two_tenants.tenant(TenantId("")) as scope:
        assert await tenants_seen(scope, table) == set()
    async with two_tenants.system() as scope:
        assert await tenants_seen(scope, table) == {HERS, HIS}


@pytest.mark.parametrize("table", ROWS)
async def test_what_is_written_for_another_tenant_is_refused(two_tenants: Database, table: str):
    with pytest.raises(REFUSED, match="row-level security"):
        async with two_tenants.tenant(HERS) as scope:
            await scope.connection.execute(ROWS[table].encode(), {"id": "second", "tenant": "tn_" + table})


NEVER_DELETED = {"tenants", "assets", "unclaimed_files", "webhook_secrets", "outgoing_webhooks"}


@pytest.mark.parametrize("table", sorted(set(ROWS) - NEVER_DELETED))
async def test_no_row_is_given_away_or_taken(two_tenants: Database, table: str):
    with pytest.raises(REFUSED, match="row-level security"):
        async with two_tenants.tenant(HERS) as scope:
            await scope.connection.execute(f"update {table} set tenant_id = %s", [HIS])
    async with two_tenants.tenant(HERS) as scope:
        taken = await scope.connection.execute(f"delete from {table}")
        assert taken.rowcount == 1
    async with two_tenants.system() as scope:
        assert await tenants_seen(scope, table) == {HIS}


@pytest.mark.parametrize(
    "table", ["sessions", "sign_in_codes", "revocations", "workers", "procrastinate_jobs", "migrations"]
)
async def test_what_is_no_tenant_s_is_out_of_reach(two_tenants: Database, table: str):
    with pytest.raises(REFUSED, match="permission denied"):
        async with two_tenants.tenant(HERS) as scope:
            await scope.connection.execute(f"select * from {table}")


async def test_no_table_with_rows_of_tenants_is_left_outside(two_tenants: Database):
    async with two_tenants.system() as scope:
        cursor = await scope.connection.execute(
            "select c.relname, c.relrowsecurity and c.relforcerowsecurity as forced,"
            " exists (select from pg_policy p where p.polrelid = c.oid and 'estampe_tenant'::regrole = any (p.polroles)"
            " and pg_get_expr(p.polqual, p.polrelid) like '%%current_setting(''estampe.tenant''%%') as policed"
            " from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace and ("
            " c.relname = any (%s) or exists"
            " (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'))",
            [list(ROWS)],
        )
        found = {row["relname"]: row["forced"] and row["policed"] for row in await cursor.fetchall()}
    assert set(ROWS) <= set(found)
    outside = {name for name, protected in found.items() if not protected}
    assert not outside, "put them behind the wall: call protect_tenant_rows(…) in the migration that makes them"


async def test_the_role_is_given_back_with_the_connection(every_database_url: str):
    database = Database(every_database_url, connections=1)
    await database.open()
    try:
        for fails in (False, True):
            try:
                async with database.tenant(HERS) as scope:
                    cursor = await scope.connection.execute(
                        "select current_user as name, 1 / %s::integer as one", [int(not fails)]
                    )
                    assert (await cursor.fetchone())["name"] == "estampe_tenant"
            except psycopg.errors.DivisionByZero:
                assert fails
            async with database.system() as scope:
                cursor = await scope.connection.execute("select current_user as name")
                assert (await cursor.fetchone())["name"] == "estampe"
    finally:
        await database.close()


async def test_a_place_in_line_counts_every_tenant_s_jobs_and_shows_none(two_tenants: Database):
    async with two_tenants.tenant(HERS) as scope:
        await scope.connection.execute("update jobs set tag = 1")
        cursor = await scope.connection.execute(
            "select line.queue_position as before, (select count(*) from jobs) as seen"
            " from jobs, place_in_line(id) as line"
        )
        assert await cursor.fetchone() == {"before": 1, "seen": 1}
