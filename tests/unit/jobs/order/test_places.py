"""How many of a tenant may run at once: places that are taken, batched and given back."""

import asyncio
from collections import Counter

import pytest
from tests.unit.jobs.line import ACME, OTHER, WORKER, person, tenants, users

from estampe.domain import Status
from estampe.plans import Plan


async def test_places_to_run_in_are_respected_alone_and_in_batches(line):
    line.house.under(Plan(max_running=2))
    for _ in range(6):
        await line.house.submit(ACME, batch_key="same")

    first = await line.claim(at_most=4)
    assert len(first) == 2
    assert await line.claim(at_most=4) == []
    assert line.house.sql("select slot from jobs where status = 'running' order by slot") == [(0,), (1,)]

    await line.house.queue.finish(first[0], Status.FAILED)
    assert len(await line.claim(at_most=4)) == 1
    assert await line.claim() == []
    line.house.under(Plan())
    await line.house.submit(OTHER)
    assert tenants(await line.run()) == ["other"], "nobody waits for a tenant that has reached its limit"


@pytest.mark.parametrize("end", ["finish", "cancel", "delete", "release", "take over", "cancel what waits"])
async def test_a_place_to_run_in_is_always_offered_again(line, end):
    queue = line.house.queue
    line.house.under(Plan(max_running=1))
    for _ in range(4):
        await line.house.submit(person("acme", "a"))
    offered = line.house.sql("select id, tenant_id from jobs where not parked")
    assert len(offered) == 1
    if end == "cancel what waits":
        await queue.cancel(*reversed(offered[0]))
    else:
        (job,) = await line.claim()
        if end == "finish":
            await queue.finish(job, Status.FAILED)
        elif end == "cancel":
            await queue.cancel(job.tenant_id, job.id)
            assert await line.take() is None
            await queue.finish(job, Status.CANCELED)
        elif end == "delete":
            await queue.delete(job.tenant_id, job.id)
        elif end == "release":
            await queue.release(job, lost=False)
        else:
            line.house.work()
            await line.house.take_over()
            line.house.work(WORKER)

    left = 4 if end in {"release", "take over"} else 3
    for _ in range(left):
        assert len(await line.run(1)) == 1
    assert await line.take() is None


async def test_racing_workers_never_run_two_jobs_in_one_place(line):
    line.house.under(Plan(max_running=2))
    for number in range(30):
        await line.house.submit(person("acme", f"u{number % 3}"))
    most = 0

    async def work():
        nonlocal most
        while line.house.sql("select 1 from jobs where status = 'queued'"):
            for job in await line.claim():
                ((busy,),) = line.house.sql("select count(*) from jobs where status = 'running'")
                most = max(most, busy)
                await line.house.queue.finish(job, Status.FAILED)

    await asyncio.gather(*(work() for _ in range(6)))

    assert most <= 2
    assert line.house.sql("select count(*) from jobs where status = 'failed'") == [(30,)]


async def test_a_batch_takes_the_tenant_s_users_in_turn_and_others_of_its_kind(line):
    for user in "aaaaaab":
        await line.house.submit(person("acme", user), batch_key="k")
    await line.house.submit(OTHER, batch_key="another")
    await line.house.submit(person("third"), batch_key="k")

    batch = await line.claim(at_most=4)

    assert Counter(users(batch)) == {"a": 2, "b": 1, "s": 1}
    assert line.house.sql("select count(*) from jobs where status = 'running' and batch_key = 'k'") == [(4,)]
