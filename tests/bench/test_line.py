"""What asking and claiming cost behind 100, 10,000 and 1,000,000 queued jobs, as ratios of one run."""

import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import psycopg
import pytest
from tests.bench.figures import Figure, Figures, at_most
from tests.postgres import Server
from tests.unit.jobs.conftest import House
from tests.unit.jobs.line import Line, person

pytestmark = pytest.mark.bench

LENGTHS = (100, 10_000, 1_000_000)
TENANTS = 1000
ROUNDS = 100
SUBJECT = "A long line"
ABOUT = (
    "What one job costs behind so many queued ones of a thousand tenants, in turns: lower quartiles, against the "
    "shortest line. To look is to read a job with its place in line and its estimate."
)
AT_ONCE = 50_000

T = TypeVar("T")

# As `place_job` would have it: tenants take turns, and so do five users in each.
FILL = """
with made as (
    select n, 'tn_' || n %% {tenants} as tenant, n / {tenants} + 1 as turn
    from generate_series(%s::bigint, %s::bigint) as n
), tickets as (
    insert into procrastinate_jobs (queue_name, task_name)
    select 'generate', 'generate' from made returning id
), numbered as (
    select id, row_number() over (order by id) as place from tickets
)
insert into jobs (id, tenant_id, user_id, kind, model, parameters, queue_id, tag, user_tag, tag_cost, user_tag_cost,
    reserved_gpu_seconds)
select 'job_' || n, tenant, 'u' || turn %% 5, 'image', 'fake', '{{}}', id, turn * 100, turn * 100, 100, 100, 1
from (select *, row_number() over (order by n) as place from made) as m join numbered using (place)
"""


@asynccontextmanager
async def line_of(length: int, server: Callable[[str], Server]) -> AsyncIterator[Line]:
    """Filled without the triggers: a million notices would be most of the work."""
    with server("18").database() as url:
        house = House(url)
        await house.database.open()
        house.sql(
            "insert into tenants (id, issuer, user_id)"
            " select 'tn_' || n, 'urn:bench', n::text from generate_series(0, %s::bigint) as n",
            TENANTS,
        )
        for switch in ("disable", "enable"):
            for start in range(0, length, AT_ONCE) if switch == "enable" else ():
                house.sql(FILL.format(tenants=TENANTS), start, min(start + AT_ONCE, length) - 1)
            house.sql(f"alter table jobs {switch} trigger user; alter table procrastinate_jobs {switch} trigger user")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("vacuum analyze")
        async with Line(house) as line:
            yield line
        await house.database.close()


class Timed:
    """What each thing people and workers do takes in one line."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.seconds: dict[str, list[float]] = {"submit": [], "look": [], "claim": [], "cancel": []}

    async def round(self, number: int) -> None:
        house = self.line.house
        job = await self._time("submit", house.submit(person(f"new{number % 7}", f"u{number % 3}")))
        await self._time("look", house.queue.find(job.tenant_id, job.id))
        await self._time("cancel", house.queue.cancel(job.tenant_id, job.id))
        assert await self._time("claim", self.line.claim())

    async def _time(self, name: str, act: Awaitable[T]) -> T:
        started = time.perf_counter()
        answer = await act
        self.seconds[name].append(time.perf_counter() - started)
        return answer

    def typical(self, name: str) -> float:
        """The lower quartile: what else the machine does only ever adds."""
        return statistics.quantiles(self.seconds[name], n=4)[0] * 1000


async def test_a_line_of_a_million_costs_what_one_of_a_hundred_does(server: Callable[[str], Server], figures: Figures):
    async with AsyncExitStack() as stack:
        timed = [Timed(await stack.enter_async_context(line_of(length, server))) for length in LENGTHS]
        for number in range(ROUNDS):
            for one in timed:
                await one.round(number)
        for name in timed[0].seconds:
            least, *more = (one.typical(name) for one in timed)
            rows = [Figure(f"{name}, {LENGTHS[0]} in line", f"{least:.1f} ms", "1")]
            rows += [
                Figure(f"{name}, {length:,} in line", f"{cost:.1f} ms", f"{cost / least:.2f}", at_most(2, cost / least))
                for length, cost in zip(LENGTHS[1:], more, strict=True)
            ]
            figures.add(SUBJECT, *rows, about=ABOUT)
        assert all(len(each) == ROUNDS for one in timed for each in one.seconds.values())
