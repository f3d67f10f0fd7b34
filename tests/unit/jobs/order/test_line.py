"""Who is next: between tenants by what they asked for, inside one by its users' turns, whatever else happens."""

import asyncio
from collections import Counter

import pytest
from tests.unit.jobs.line import ACME, OTHER, Line, person, tenants, users

from estampe.plans import Limits, Plan


async def test_a_tenant_alone_is_served_in_the_order_of_asking(line):
    asked = [await line.house.submit(ACME) for _ in range(5)]

    assert [job.id for job in await line.run()] == [job.id for job in asked]


async def test_late_comers_do_not_wait_for_a_backlog(line):
    await line.submit_many(ACME, 300)
    await line.run(50)
    for number in range(20):
        await line.house.submit(person(f"late{number}"))

    order = tenants(await line.run(60))

    assert max(order.index(f"late{number}") for number in range(20)) < 25


async def test_a_dear_job_counts_for_what_it_costs(line):
    for _ in range(12):
        await line.house.submit(ACME, units=4)
        await line.house.submit(OTHER, units=1)

    assert Counter(tenants(await line.run(10))) == {"acme": 2, "other": 8}


async def test_a_weight_of_three_to_one_gives_three_to_one(line):
    line.house.under(Plan(), heavy=Plan(weight=3))
    heavy = person("heavy")
    await line.house.ledger.set_limits(heavy.tenant.id, "heavy", Limits())
    for whose in (OTHER, heavy):
        await line.submit_many(whose, 120)

    assert Counter(tenants(await line.run(120))) == {"heavy": 90, "other": 30}


async def test_an_operator_may_give_one_tenant_another_weight(line):
    await line.house.ledger.set_limits(ACME.tenant.id, None, Limits(weight=0.5))
    for whose in (ACME, OTHER):
        await line.submit_many(whose, 60)

    assert Counter(tenants(await line.run(60))) == {"acme": 20, "other": 40}


async def test_users_of_a_tenant_take_turns_and_the_tenant_gains_nothing(line):
    for user in "aaaaaaaaaabbc":
        await line.house.submit(person("acme", user))
    await line.submit_many(OTHER, 13)

    ran = await line.run()

    acme = [job for job in ran if job.organization_id == "org_acme"]
    assert users(acme).index("c") < 4
    assert users(acme[:6]).count("b") == 2
    assert Counter(tenants(ran[:20])) == {"acme": 10, "other": 10}


async def test_one_s_urgent_job_overtakes_one_s_own(line):
    await line.submit_many(ACME, 10)
    urgent = await line.house.submit(ACME, priority="high")

    assert [job.id for job in await line.run(1)] == [urgent.id]


async def test_what_has_time_lets_the_others_pass_and_is_not_starved(line):
    slow = [await line.house.submit(ACME, priority="low") for _ in range(3)]
    await line.submit_many(ACME, 20)

    order = [job.id for job in await line.run()]

    places = [order.index(job.id) for job in slow]
    assert places == sorted(places)
    assert 3 <= places[0] <= 5, "four of the others for one of these"
    assert places[2] <= 15


async def test_who_calls_everything_urgent_gains_nothing(line):
    for _ in range(20):
        await line.house.submit(person("acme", "u"), priority="high")
        await line.house.submit(person("acme", "n"))

    assert users(await line.run(20)).count("u") <= 10


async def test_urgency_moves_nothing_between_tenants(line):
    for _ in range(20):
        await line.house.submit(ACME, priority="high")
        await line.house.submit(OTHER, priority="low")

    assert Counter(tenants(await line.run(20))) == {"acme": 10, "other": 10}


@pytest.mark.parametrize("how", ["canceled", "deleted", "expired", "gone"])
async def test_what_never_ran_costs_nothing(line, how):
    queue = line.house.queue
    asked = [await line.house.submit(ACME, units=50) for _ in range(10)]
    if how == "expired":
        line.house.sql("update jobs set deadline_at = now() - interval '1 second'")
        assert await queue.expire() == 10
    elif how == "gone":
        async with line.house.database.system() as scope:
            whose = {"issuer": ACME.issuer, "user_id": ACME.user_id, "organization_id": None}
            assert await queue.cancel_waiting(scope, **whose, made_before=asked[-1].created_at) == 10
    for job in asked if how in {"canceled", "deleted"} else ():
        act = queue.cancel if how == "canceled" else queue.delete
        assert await act(job.tenant_id, job.id)
    assert line.house.sql("select count(*) from procrastinate_jobs") == [(0,)], "the tickets went with the jobs"
    assert line.house.sql("select last_tag from tenant_clocks") == [(0,)]

    for _ in range(5):
        await line.house.submit(ACME)
        await line.house.submit(OTHER)

    assert Counter(tenants(await line.run(6))) == {"acme": 3, "other": 3}


async def test_a_cancel_moves_nobody_back(line):
    await line.submit_many(OTHER, 10)
    asked = [await line.house.submit(ACME) for _ in range(4)]
    before = line.house.sql("select id, tag from jobs where id <> %s order by tag, queue_id", asked[0].id)

    await line.house.queue.cancel(asked[0].tenant_id, asked[0].id)

    left = line.house.sql("select id, tag from jobs where status = 'queued' order by tag, queue_id")
    assert left == before


async def test_what_was_used_long_ago_is_forgotten(line):
    await line.submit_many(ACME, 30)
    await line.run()
    for _ in range(5):
        await line.house.submit(OTHER)
        await line.house.submit(ACME)

    assert Counter(tenants(await line.run(6))) == {"acme": 3, "other": 3}


async def test_tags_beyond_four_bytes_keep_the_order(line):
    line.house.sql("insert into lines values ('fake', 5000000000)")
    line.house.sql("insert into tenant_clocks (tenant_id, last_tag) values (%s, 5000000000)", ACME.tenant.id)
    await line.submit_many(ACME, 20)
    for number in range(3):
        await line.house.submit(person(f"late{number}"))

    order = tenants(await line.run(6))

    assert sum(name.startswith("late") for name in order) == 3
    assert line.house.sql("select min(tag) > 2147483647 from jobs") == [(True,)]


async def test_what_was_used_of_one_line_is_no_debt_in_another(house):
    for _ in range(30):
        await house.submit(ACME, model="fast", units=10)
    for _ in range(10):
        await house.submit(OTHER, model="slow")
    async with Line(house, "fast") as fast:
        await fast.run()
    asked = await house.submit(ACME, model="slow")
    async with Line(house, "slow") as slow:
        order = [job.id for job in await slow.run()]

    assert order.index(asked.id) <= 2


async def test_eight_workers_at_once_get_every_job_once(line):
    for number in range(8):
        await line.submit_many(person(f"t{number % 3}", f"u{number}"), 20, batch_key="same" if number % 2 else None)

    async def work(at_most):
        ran = []
        while batch := await line.claim(at_most):
            ran += batch
        return ran

    claimed = [job for ran in await asyncio.gather(*(work(1 + n % 4) for n in range(8))) for job in ran]

    assert len(claimed) == len({job.id for job in claimed}) == 160
    assert {job.attempt for job in claimed} == {1}
    assert line.house.sql("select count(*) from jobs where status = 'queued'") == [(0,)]
    assert line.house.sql("select count(*) from procrastinate_jobs") == [(0,)]


async def test_positions_come_true(line):
    for number, count in enumerate((7, 3, 1)):
        for place in range(count):
            priority = ("normal", "high", "low")[place % 3]
            await line.house.submit(person(f"t{number}", f"u{place % 2}"), priority=priority, units=1 + place % 4)

    told = {}
    for tenant_id, job_id in line.house.sql("select tenant_id, id from jobs"):
        told[job_id] = (await line.house.queue.find(tenant_id, job_id)).queue_position
    ran = [job.id for job in await line.run()]

    assert [told[job_id] for job_id in ran] == list(range(11))


async def test_only_what_a_live_worker_could_take_stands_before_one(house):
    async with Line(house, "fake", "both"):
        await house.submit(OTHER, model="both")
        await house.submit(person("third"), model="nobody makes this")
        job = await house.submit(ACME)
        placed = await house.queue.find(job.tenant_id, job.id)

    assert placed.queue_position == 1


async def test_a_long_line_is_counted_up_to_a_thousand(line):
    await line.submit_many(ACME, 1005)
    job = await line.house.submit(ACME)

    placed = await line.house.queue.find(job.tenant_id, job.id)

    assert placed.queue_position == 1000
    assert placed.job.progress.eta_s is None


async def test_a_queued_job_says_when_it_should_be_its_turn(line):
    jobs = [await line.house.submit(ACME) for _ in range(4)]
    first = await line.house.queue.find(jobs[3].tenant_id, jobs[3].id)
    assert (first.job.progress.fraction, first.job.progress.stage, first.job.progress.eta_s) == (0, "queued", None)
    (running,) = await line.claim()
    line.house.sql(
        "insert into usage_ledger (tenant_id, user_id, job_id, attempt, kind, model, unit, units, gpu_seconds, outcome,"
        " day) values ('t', 'u', 'j', 1, 'image', 'fake', 'images', 1, 3, 'succeeded', now())"
    )

    later = [await line.house.submit(ACME) for _ in range(2)]
    placed = await line.house.queue.find(later[1].tenant_id, later[1].id)
    assert placed.queue_position == 4
    assert placed.job.progress.eta_s == 7, "one runs and three wait at 1 s, then one at the 3 s measured since"

    line.house.sql("update jobs set progress = '{\"fraction\": 0.5}' where id = %s", running.id)
    line.house.sql("update workers set slots = 2")
    placed = await line.house.queue.find(later[1].tenant_id, later[1].id)
    assert placed.job.progress.eta_s == pytest.approx(3.25, abs=0.1)


async def test_a_worker_is_offered_its_own_models_alone(house):
    async with Line(house, "b") as line:
        await house.submit(ACME, model="a")
        wanted = await house.submit(ACME, model="b")
        assert [job.id for job in await line.run()] == [wanted.id]
        line.models = ()
        assert await line.take() is None


async def test_a_worker_stays_with_its_model_within_the_slack(house):
    async with Line(house, "a", "b", held="b", slack_tags=300) as line:
        for _ in range(10):
            await house.submit(OTHER, model="a")
        for _ in range(10):
            await house.submit(ACME, model="b")
        models = "".join(job.model for job in await line.run(8))

    assert models == "bbbababa", "three seconds ahead of the other line, and never more"
