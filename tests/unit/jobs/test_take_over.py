"""What loses its worker, its ticket or both is offered again, once, and who wakes up late changes nothing."""

import asyncio
from contextlib import suppress

import procrastinate
import pytest
from tests.unit.jobs.line import WORKER, Line, person

from estampe.domain import Progress, Status, Usage
from estampe.jobs.dispatch import LATEST_SECONDS, Dispatch
from estampe.jobs.queue import QUEUE

ACME = person("acme")
USED = Usage(units=0, gpu_seconds=1)


@pytest.fixture
async def line(house):
    async with Line(house) as opened:
        yield opened


async def test_what_a_live_worker_runs_is_left_alone(line):
    await line.house.submit(ACME)
    await line.claim()

    assert await line.house.take_over() == []


@pytest.mark.parametrize("how", ["gone", "silent"])
async def test_what_a_lost_worker_ran_is_first_again(line, how):
    jobs = [await line.house.submit(ACME) for _ in range(3)]
    (lost,) = await line.claim()
    line.house.work("wk_judge", *([WORKER] if how == "silent" else []))
    line.house.sql("update workers set seen_at = now() - interval '2 seconds' where id = %s", WORKER)

    assert await line.house.queue.take_over("wk_judge", 0.1) == [jobs[0].id]
    assert await line.house.queue.take_over("wk_judge", 0.1) == []

    (again,) = await line.claim()
    assert (again.id, again.attempt, again.losses) == (lost.id, 2, 1)


async def test_who_was_away_judges_nobody(line):
    await line.house.submit(ACME)
    await line.claim()
    line.house.work("wk_judge")
    line.house.sql("update workers set steady_since = now()")

    assert await line.house.queue.take_over("wk_judge", 0.1) == []
    assert await line.house.queue.take_over("wk_unknown", 1) == []


async def test_a_late_attempt_changes_nothing(line):
    await line.house.submit(ACME)
    (late,) = await line.claim()
    line.house.work()
    await line.house.take_over()
    queue = line.house.queue
    before = line.house.sql("select * from jobs")

    assert await queue.status(late) is Status.QUEUED, "and so it stops"
    assert await queue.tell(late, progress=Progress(fraction=0.5)) is None
    for to in (Status.SUCCEEDED, Status.FAILED, Status.CANCELED, Status.EXPIRED):
        assert not await queue.finish(late, to, usage=USED)
    assert not await queue.release(late, lost=True)
    assert line.house.sql("select * from jobs") == before

    line.house.work(WORKER)
    (again,) = await line.claim()
    assert await queue.status(late) is None
    assert not await queue.release(late, lost=True)
    assert not await queue.finish(late, Status.SUCCEEDED, usage=USED)
    assert await queue.finish(again, Status.SUCCEEDED, usage=USED)


async def test_a_job_being_canceled_ends_with_its_worker(line):
    job = await line.house.submit(ACME)
    await line.claim()
    await line.house.queue.cancel(job.tenant_id, job.id)
    line.house.work()

    assert await line.house.take_over() == [job.id]

    assert line.house.sql("select status, finished_at is not null from jobs") == [("canceled", True)]
    assert await line.take() is None


async def test_a_batch_that_lost_its_worker_comes_back_one_by_one(line):
    for _ in range(4):
        await line.house.submit(ACME, batch_key="k")
    assert len(await line.claim(at_most=3)) == 3
    line.house.work()
    assert len(await line.house.take_over()) == 3
    line.house.work(WORKER)

    sizes = []
    while batch := await line.claim(at_most=3):
        sizes.append(len(batch))

    assert sizes == [1, 1, 1, 1], "one of them may be what killed it"


async def test_a_job_handed_back_is_offered_at_once_and_keeps_its_turn(line):
    jobs = [await line.house.submit(ACME) for _ in range(3)]
    (first,) = await line.claim()
    assert await line.house.queue.release(first, lost=False)

    (again,) = await line.claim()

    assert (again.id, again.attempt, again.losses) == (jobs[0].id, 2, 0)


async def test_a_queued_job_without_a_ticket_gets_one(line):
    jobs = [await line.house.submit(ACME) for _ in range(3)]
    line.house.sql("delete from procrastinate_jobs where id = %s", jobs[1].queue_id)
    line.house.sql("update jobs set queue_id = null where id = %s", jobs[2].id)

    assert set(await line.house.take_over()) == {jobs[1].id, jobs[2].id}

    assert await line.house.take_over() == []
    assert {job.id for job in await line.run()} == {job.id for job in jobs}


async def test_a_long_line_is_mended_bit_by_bit(line):
    await line.submit_many(ACME, 1500)
    last = line.house.sql("select id, queue_id from jobs order by queue_id desc limit 1")[0]
    line.house.sql("delete from procrastinate_jobs where id = %s", last[1])

    assert [await line.house.take_over() for _ in range(3)] == [[], [last[0]], []]


async def test_a_ticket_taken_by_a_worker_that_dies_is_offered_again(line):
    job = await line.house.submit(ACME)
    ticket = await line.take()
    line.house.sql("update procrastinate_workers set last_heartbeat = now() + interval '1 minute'")
    assert await line.house.take_over() == [], "it is about to claim it"
    line.house.sql("update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")

    assert await line.house.take_over() == [job.id]

    assert await line.house.queue.claim(ticket, worker=WORKER) == [], "it comes too late"
    assert [again.id for again in await line.claim()] == [job.id]


@pytest.mark.parametrize("status", [procrastinate.jobs.Status.FAILED, procrastinate.jobs.Status.SUCCEEDED])
async def test_a_task_that_ends_before_it_claims_loses_no_job(line, status):
    job = await line.house.submit(ACME)
    ticket = await line.take()
    assert await line.take() is None

    await line.dispatch.finish_job_by_id_async(ticket, status, delete_job=True)

    assert [again.id for again in await line.claim()] == [job.id]
    assert line.house.sql("select count(*) from procrastinate_jobs") == [(0,)]
    await line.dispatch.finish_job_by_id_async(ticket, status, delete_job=True)


async def test_a_swapped_ticket_leads_to_whoever_holds_it_now(line):
    jobs = [await line.house.submit(person("acme", user)) for user in "ab"]
    urgent = await line.house.submit(person("acme", "c"), priority="high")
    first, second = await line.take(), await line.take()

    ran = [*await line.house.queue.claim(second, worker=WORKER), *await line.house.queue.claim(first, worker=WORKER)]

    assert ran[0].id == urgent.id
    assert {job.id for job in [*ran, *await line.run()]} == {urgent.id, *(job.id for job in jobs)}


async def test_a_job_canceled_under_a_taken_ticket_is_not_claimed(line):
    job = await line.house.submit(ACME)
    ticket = await line.take()
    await line.house.queue.cancel(job.tenant_id, job.id)

    assert await line.house.queue.claim(ticket, worker=WORKER) == []
    assert await line.house.take_over() == []


async def test_a_crowd_of_idle_workers_does_not_ask_for_every_ticket(line):
    line.house.sql("update workers set slots = 500")
    asked = []
    dispatch = Dispatch(line.app, models=lambda: asked.append(1) or ["another"])
    working = asyncio.create_task(line.app.run_worker_async(queues=[QUEUE], install_signal_handlers=False))
    await until(lambda: dispatch._idle and asked)
    before = len(asked)

    await line.submit_many(ACME, 30)
    await until(lambda: len(asked) > before)
    await asyncio.sleep(LATEST_SECONDS)  # by then, one that asks for each ticket has asked for all

    assert len(asked) - before < 15
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


async def until(question):
    async with asyncio.timeout(30):
        while not question():  # noqa: ASYNC110 - what is asked about has no event
            await asyncio.sleep(0.01)


async def test_procrastinate_s_own_worker_runs_what_dispatch_hands_out(line):
    jobs = [await line.house.submit(ACME) for _ in range(3)]
    ran = []

    @line.app.task(name="generate", queue=QUEUE, pass_context=True)
    async def generate(context: procrastinate.JobContext) -> None:
        for job in await line.house.queue.claim(context.job.id, worker=WORKER):
            ran.append(job.id)
            await line.house.queue.finish(job, Status.FAILED, usage=USED)

    await line.app.run_worker_async(queues=[QUEUE], wait=False, install_signal_handlers=False, delete_jobs="always")

    assert ran == [job.id for job in jobs]
    assert line.house.sql("select count(*) from procrastinate_jobs") == [(0,)]
