"""What an operator is shown of the whole installation."""

import itertools

import msgspec
from tests.unit.jobs.conftest import ANA

from estampe.domain import Status
from estampe.jobs.overview import overview
from estampe.plans import Plan

BOB = msgspec.structs.replace(ANA, user_id="bob", organization_id=None)


async def test_tenants_are_told_by_name_those_with_the_most_waiting_first(house):
    await house.submit()
    for _ in range(2):
        await house.submit(person=BOB, units=3.0)
    await house.claim(await house.submit(person=BOB))

    told = (await overview(house.database)).tenants

    assert [(one.organization_id, one.user_id) for one in told] == [(None, "bob"), ("org_a", None)]
    assert [(one.queued, one.running, one.gpu_seconds) for one in told] == [(2, 1, 4.0), (1, 0, 1.0)]
    assert {one.issuer for one in told} == {ANA.issuer}
    assert [one.tenant_id for one in told] == [BOB.tenant.id, ANA.tenant.id]


async def test_a_worker_says_what_it_runs_and_that_it_leaves(house):
    house.work("wk_1")
    house.sql('update workers set is_leaving = true, version = \'1.2\', models = \'[{"name": "b"}, {"name": "a"}]\'')
    for model in ("a", "b", "b"):
        await house.claim(await house.submit(model=model), worker="wk_1")
    await house.submit(model="a")

    told = await overview(house.database)

    (worker,) = told.workers
    assert (worker.worker_id, worker.host, worker.version) == ("wk_1", "here", "1.2")
    assert (worker.models, worker.running) == (["a", "b"], {"a": 1, "b": 2})
    assert (worker.alive, worker.draining) == (True, True)
    assert [(one.model, one.queued, one.running, one.workers) for one in told.models] == [
        ("a", 1, 1, 1),
        ("b", 0, 2, 1),
    ]


async def test_a_worker_that_was_lost_is_shown_for_an_hour(house):
    house.work("wk_lost", "wk_gone")
    house.sql("update workers set seen_at = now() - interval '1 minute'")
    house.sql("update workers set seen_at = now() - interval '2 hours' where id = 'wk_gone'")

    (worker,) = (await overview(house.database)).workers

    assert (worker.worker_id, worker.alive, worker.running) == ("wk_lost", False, {})


async def test_each_of_the_last_24_hours_says_what_ended_in_it(house):
    for to in (Status.SUCCEEDED, Status.SUCCEEDED, Status.FAILED):
        await house.finish(await house.submit(), to, gpu_seconds=2.5)
    old = await house.finish(await house.submit(), gpu_seconds=4.0)
    older = await house.finish(await house.submit(), gpu_seconds=4.0)
    canceled = await house.submit()
    assert await house.queue.cancel(canceled.tenant_id, canceled.id)
    # All of one hour, whether or not another began meanwhile.
    house.sql("update jobs set finished_at = date_trunc('hour', now(), 'UTC')")
    for job, hours in ((old, 3), (older, 25)):
        house.sql("update jobs set finished_at = finished_at - make_interval(hours => %s) where id = %s", hours, job.id)

    told = await overview(house.database)

    hours = told.throughput
    assert len(hours) == 24
    assert hours[-1].hour <= told.at
    assert all((after.hour - before.hour).total_seconds() == 3600 for before, after in itertools.pairwise(hours))
    assert sum(one.succeeded for one in hours) == 3
    assert (sum(one.failed for one in hours), sum(one.canceled for one in hours)) == (1, 1)
    assert sum(one.gpu_seconds for one in hours) == 2.5 * 3 + 4.0
    assert [hour.gpu_seconds for hour in hours if hour.succeeded == 1] == [4.0]


async def test_an_empty_installation_has_nothing_to_show(house):
    house.under(Plan())
    told = await overview(house.database)
    assert (told.workers, told.models, told.tenants) == ([], [], [])
    assert {hour.succeeded for hour in told.throughput} == {0}
