"""The ledger is written once and never rewritten, and whatever does not agree with it is found."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import psycopg
import pytest
from tests.unit.jobs.conftest import ANA

from estampe.domain import Status
from estampe.jobs import ledger

EVE = msgspec.structs.replace(ANA, user_id="eve", key_id=None)


@pytest.fixture
async def kept(house):
    """A few jobs of every fate."""
    await house.finish(await house.submit(units=2), units=2, cost=0.5)
    await house.finish(await house.submit(EVE), cost=0.25)
    await house.finish(await house.submit(), Status.FAILED)
    canceled = await house.submit()
    await house.queue.cancel(canceled.tenant_id, canceled.id)
    deleted = await house.submit()
    await house.finish(deleted, cost=0.125)
    await house.queue.delete(deleted.tenant_id, deleted.id)
    await house.submit(units=4)
    assert await house.ledger.discrepancies() == []
    return house


@pytest.mark.parametrize(
    "statement",
    ["update usage_ledger set units = 0", "delete from usage_ledger", "truncate usage_ledger",
     "update usage_ledger set user_id = 'someone'", "update usage_ledger set user_id = 'gone_' || md5('x'), units = 9",
     "update usage_ledger set user_id = 'gone_' || md5('x')"],
)  # fmt: skip
async def test_nobody_rewrites_the_ledger(kept, statement):
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        kept.sql(statement)


async def test_a_user_can_be_forgotten_and_the_sums_stay(kept):
    async def forget():
        """As the erasure of who left does."""
        async with kept.database.system() as scope:
            row = await scope.one("forget_names_in_ledger", tenant_id=None, user_id="ana", issuer=ANA.issuer)
        return row["forgotten"]

    assert await forget() == 3

    names = {user for (user,) in kept.sql("select distinct user_id from usage_ledger")}
    assert "ana" not in names
    assert len(names) == 2
    assert kept.sql("select count(*) from usage_ledger where key_id is not null") == [(0,)]
    assert await forget() is None
    assert kept.sql("select sum(cost) from usage_ledger") == [(Decimal("0.875"),)]
    assert await kept.ledger.discrepancies() == []


UNLOCKED = "alter table usage_ledger disable trigger user; "
TWICE = """insert into usage_ledger
    (tenant_id, user_id, job_id, attempt, kind, model, unit, units, gpu_seconds, outcome, day)
    select tenant_id, user_id, job_id, 7, kind, model, unit, 0, 0, outcome, day
    from usage_ledger where outcome = 'succeeded' limit 1"""


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("update quota_counters set spent = spent - 1", "counter"),
        ("update quota_counters set reserved = 0", "counter"),
        ("update quota_counters set gpu_spent = gpu_spent + 1", "counter"),
        ("delete from quota_counters", "counter"),
        ("insert into quota_counters (tenant_id, day, unit, spent) values ('tn_x', now(), 'images', 1)", "counter"),
        ("delete from assets where position = 1", "made 1"),
        ("update jobs set usage = jsonb_set(usage, '{units}', '9') where status = 'succeeded'", "the job says 9"),
        ("update jobs set usage = jsonb_set(usage, '{gpu_seconds}', '9') where status = 'failed'", "gpu-seconds"),
        ("update jobs set model = 'cheap' where status = 'succeeded'", "charges"),
        ("update jobs set status = 'queued' where status = 'failed'", "says that"),
        (UNLOCKED + "delete from usage_ledger where user_id = 'eve'", "no row that says so"),
        (UNLOCKED + "delete from usage_ledger where outcome = 'succeeded'", "outputs that no row charges"),
        (UNLOCKED + "update usage_ledger set units = units + 1", "charges"),
        ("drop index usage_ledger_charges; " + TWICE, "is charged 2 times"),
    ],
)
async def test_a_discrepancy_is_found_and_named(kept, tampering, said):
    kept.sql(tampering)

    found = await kept.ledger.discrepancies()

    assert found
    assert any(said in line for line in found), found


async def test_a_second_charge_for_one_job_is_refused_by_the_database(kept):
    with pytest.raises(psycopg.errors.UniqueViolation):
        kept.sql(TWICE)


async def test_jobs_from_before_the_ledger_are_left_out(kept):
    kept.sql(
        "insert into jobs (id, tenant_id, user_id, kind, model, status, parameters, usage, finished_at)"
        " values ('job_old', %s, 'ana', 'image', 'fake', 'succeeded', '{}', '{\"units\": 1}', now())",
        ANA.tenant.id,
    )

    assert await kept.ledger.discrepancies() == []


def asked(*by, user_id=None):
    now = datetime.now(UTC)
    return ledger.Report(since=now - timedelta(hours=1), until=now + timedelta(hours=1), by=by, user_id=user_id)


async def test_usage_adds_up_by_group(kept):
    async with kept.database.tenant(ANA.tenant.id) as scope:
        rows = await ledger.report(scope, ANA.tenant.id, asked("user", "kind"))

    told = [(row["user_id"], row["currency"], row["attempts"], row["units"], row["cost"]) for row in rows]
    assert told == [("ana", "EUR", 2, 3.0, 0.625), ("ana", None, 1, 0.0, None), ("eve", "EUR", 1, 1.0, 0.25)]
    assert [row["succeeded"] for row in rows] == [2, 0, 1]
    assert {(row["kind"], row["model"], row["day"]) for row in rows} == {("image", None, None)}


async def test_usage_can_be_one_person_s(kept):
    async with kept.database.tenant(ANA.tenant.id) as scope:
        rows = await ledger.report(scope, ANA.tenant.id, asked(user_id="eve"))

    assert [(row["attempts"], row["units"]) for row in rows] == [(1, 1.0)]
