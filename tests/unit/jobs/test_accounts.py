"""What a job reserves is counted in the transaction that writes it, and given back in the one that ends it."""

from datetime import UTC, datetime

import msgspec
import pytest
from tests.unit.jobs.conftest import ANA

from estampe.domain import Status, Usage
from estampe.errors import IdempotencyMismatch, QueueFull, QuotaExhausted
from estampe.plans import Limits, Plan, Use

BOB = msgspec.structs.replace(ANA, user_id="bob", organization_id="org_b", key_id=None)
FIVE = Plan(quotas={"images": 5})


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def test_of_twenty_racing_submits_a_quota_of_five_lets_five_through(house):
    accepted, refused = await house.under(FIVE).race(20)

    assert accepted == 5
    assert {type(one) for one in refused} == {QuotaExhausted}
    assert house.sql("select count(*) from jobs")[0][0] == 5
    assert house.sql("select count(*) from procrastinate_jobs")[0][0] == 5, "a refused submit leaves nothing to run"
    assert (await house.standing()).used["images"] == Use(reserved=5)


async def test_a_full_queue_holds_under_a_race(house):
    accepted, refused = await house.under(Plan(max_queued=3)).race(10)

    assert accepted == 3
    assert {type(one) for one in refused} == {QueueFull}


async def test_tenants_do_not_share_a_quota(house):
    house.under(FIVE)
    assert (await house.race(6))[0] == 5
    assert (await house.race(6, person=BOB))[0] == 5


@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELED, Status.EXPIRED])
async def test_what_made_nothing_gives_its_reservation_back(house, end):
    house.under(FIVE)
    job = await house.submit(units=5)
    if end is Status.FAILED:
        await house.finish(job, end)
    elif end is Status.CANCELED:
        assert await house.queue.cancel(job.tenant_id, job.id)
    else:
        house.sql("update jobs set deadline_at = now() - interval '1 second'")
        assert await house.queue.expire() == 1

    assert (await house.standing()).used["images"] == Use()
    assert await house.submit(units=5)


async def test_a_running_job_gives_back_when_it_has_stopped_not_when_it_is_asked_to(house):
    house.under(FIVE)
    job = await house.submit(units=5)
    (claimed,) = await house.claim(job)
    await house.queue.cancel(job.tenant_id, job.id)
    assert (await house.standing()).used["images"] == Use(reserved=5)

    assert await house.queue.finish(claimed, Status.CANCELED, usage=Usage(units=0, gpu_seconds=3))

    assert (await house.standing()).used["images"] == Use()
    assert house.sql("select outcome, units, gpu_seconds from usage_ledger") == [("canceled", 0, 3)]


async def test_a_job_lost_while_it_was_canceled_gives_back_once(house):
    job = await house.under(FIVE).submit()
    await house.claim(job)
    await house.queue.cancel(job.tenant_id, job.id)

    for _ in range(2):
        await house.take_over()

    assert (await house.standing()).used["images"] == Use()
    assert await house.ledger.discrepancies() == []


@pytest.mark.parametrize("running", [False, True])
async def test_a_live_job_that_is_deleted_gives_back(house, running):
    job = await house.under(FIVE).submit(units=3)
    if running:
        await house.claim(job)

    assert await house.queue.delete(job.tenant_id, job.id)

    assert (await house.standing()).used["images"] == Use()


async def test_deleting_what_was_made_does_not_give_it_back(house):
    job = await house.under(FIVE).submit()
    await house.finish(job)
    await house.queue.delete(job.tenant_id, job.id)

    assert (await house.standing()).used["images"] == Use(spent=1)
    assert await house.ledger.discrepancies() == []


async def test_a_finished_job_is_settled_with_what_it_really_used(house):
    job = await house.under(Plan(quotas={"images": 5, "gpu_seconds": 100})).submit(units=2)
    assert (await house.standing()).used == {"images": Use(reserved=2), "gpu_seconds": Use(reserved=2)}

    await house.finish(job, units=2, gpu_seconds=7.25)

    assert (await house.standing()).used == {"images": Use(spent=2), "gpu_seconds": Use(spent=7.25)}


async def test_an_attempt_that_was_taken_over_charges_nothing(house):
    job = await house.under(FIVE).submit()
    (lost,) = await house.claim(job)
    assert await house.take_over() == [job.id]
    await house.finish(job)

    assert not await house.queue.finish(lost, Status.SUCCEEDED, usage=Usage(units=1, gpu_seconds=9))

    assert (await house.standing()).used["images"] == Use(spent=1)
    assert house.sql("select attempt, gpu_seconds from usage_ledger") == [(2, 2)]


async def test_a_job_handed_back_keeps_its_reservation(house):
    job = await house.under(FIVE).submit()
    (claimed,) = await house.claim(job)
    await house.queue.release(claimed, lost=True)

    assert (await house.standing()).used["images"] == Use(reserved=1)
    await house.finish(job)
    assert (await house.standing()).used["images"] == Use(spent=1)


async def test_asking_twice_with_one_key_reserves_once(house):
    house.under(Plan(quotas={"images": 1}))
    first = await house.submit(idempotency_key="k", asked=b"1")
    again = await house.submit(idempotency_key="k", asked=b"1")

    assert first.id == again.id
    with pytest.raises(IdempotencyMismatch):
        await house.submit(idempotency_key="k", asked=b"2")
    with pytest.raises(QuotaExhausted):
        await house.submit()
    assert (await house.standing()).used["images"] == Use(reserved=1)


@pytest.mark.parametrize(
    ("period", "last", "next_"),
    [("day", "2026-02-28T23:59:59", "2026-03-01T00:00:00"), ("month", "2026-01-31T12:00", "2026-02-01T00:00")],
)
async def test_a_new_period_begins_with_all_of_the_quota(house, period, last, next_):
    house.under(Plan(period=period, quotas={"images": 1}))
    late = await house.submit(at=day(last))
    with pytest.raises(QuotaExhausted):
        await house.submit(at=day(last))
    await house.submit(at=day(next_))

    # A job counts where it was asked for, whenever it ends.
    await house.finish(late)

    assert (await house.standing(at=day(last))).used["images"] == Use(spent=1)
    assert (await house.standing(at=day(next_))).used["images"] == Use(reserved=1)
    assert await house.ledger.discrepancies() == []


async def test_another_period_counts_what_was_used_before_it_was_chosen(house):
    house.under(Plan(period="day", quotas={"images": 2}))
    await house.submit(at=day("2026-02-03"))
    await house.submit(at=day("2026-02-04"))
    house.under(Plan(period="month", quotas={"images": 2}))

    with pytest.raises(QuotaExhausted):
        await house.submit(at=day("2026-02-05"))


async def test_the_token_names_the_plan_and_an_operator_names_another(house):
    house.under(FIVE, pro=Plan(quotas={"images": 50}), tiny=Plan(quotas={"images": 1}))
    pro = msgspec.structs.replace(ANA, plan="pro")
    await house.submit(pro, units=20)

    await house.ledger.set_limits(ANA.tenant.id, "tiny", Limits())
    with pytest.raises(QuotaExhausted):
        await house.submit(pro)
    await house.ledger.set_limits(ANA.tenant.id, None, Limits(quotas={"images": 21}))
    await house.submit(pro)
    with pytest.raises(QuotaExhausted):
        await house.submit(pro)
    await house.ledger.clear_limits(ANA.tenant.id)
    await house.submit(pro)


async def test_seconds_are_guessed_from_the_model_s_last_jobs(house):
    for seconds in (1, 4, 100):
        await house.finish(await house.submit(units=2), units=2, gpu_seconds=seconds)
    await house.finish(await house.submit(model="slow"), gpu_seconds=500)
    await house.finish(await house.submit(), Status.FAILED, gpu_seconds=900)

    job = await house.submit(BOB, units=3)

    reserved = house.sql("select reserved_gpu_seconds from jobs where id = %s", job.id)[0][0]
    assert reserved == 6, "the median, 2 seconds an image, times 3"


async def test_jobs_share_as_many_places_as_may_run_at_once(house):
    house.under(Plan(max_running=2))
    for _ in range(4):
        await house.submit()
    house.under(Plan())
    await house.submit()

    places = house.sql("select slot, parked from jobs order by queue_id")
    assert places == [(0, False), (1, False), (0, True), (1, True), (None, False)]


async def test_a_tenant_may_look_at_its_account_and_not_touch_it(house):
    await house.finish(await house.submit())
    async with house.database.tenant(BOB.tenant.id) as scope:
        seen = await (await scope.connection.execute("select * from usage_ledger")).fetchall()
        assert seen == []
    for statement in ("update quota_counters set spent = 0", "delete from usage_ledger", "delete from tenant_limits"):
        with pytest.raises(Exception, match="permission denied"):
            async with house.database.tenant(ANA.tenant.id) as scope:
                await scope.connection.execute(statement)


async def test_the_key_that_asked_stands_in_the_ledger(house):
    await house.finish(await house.submit())

    assert house.sql("select user_id, key_id, cost from usage_ledger") == [("ana", "key_1", None)]
