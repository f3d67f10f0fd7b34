"""A line to watch: many people ask in bulk, workers take tickets as they do, and the order is what comes out."""

from typing import Self

import msgspec
import procrastinate
from tests.unit.jobs.conftest import ANA, House

from estampe.domain import Job, JobId, Principal, Status, Usage, new_id
from estampe.jobs.accounts import Charge
from estampe.jobs.dispatch import Dispatch
from estampe.jobs.queue import QUEUE, Order

WORKER = "wk_1"


def person(tenant: str, user: str = "someone") -> Principal:
    return msgspec.structs.replace(ANA, organization_id=f"org_{tenant}", user_id=user, key_id=None)


ACME, OTHER = person("acme"), person("other")


class Line:
    """A house whose workers take tickets by `Dispatch`; every unit is expected to take one GPU-second."""

    def __init__(self, house: House, *models: str, held: str | None = None, slack_tags: int = 0) -> None:
        self.house, self.models, self.held = house, models or ("fake",), held
        house.work(WORKER)
        announced = msgspec.json.encode([{"name": model} for model in self.models]).decode()
        house.sql("update workers set models = %s", announced)
        self.app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=house.url))
        self.dispatch = Dispatch(self.app, models=lambda: self.models, held=lambda: self.held, slack_tags=slack_tags)

    async def __aenter__(self) -> Self:
        await self.app.open_async()
        self.worker_id = await self.dispatch.register_worker()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.app.close_async()

    async def submit_many(self, whose: Principal, count: int, **more: object) -> None:
        """What `Queue.submit` does, many times in one transaction."""
        order = Order(
            principal=whose, kind="image", model="fake", parameters={"prompt": "x"},
            charge=Charge(model="fake", unit="images", units=1), **more,
        )  # fmt: skip
        async with self.house.database.tenant(whose.tenant.id) as scope:
            await scope.run("put_tenant", id=whose.tenant.id, **msgspec.structs.asdict(whose.tenant))
            for _ in range(count):
                await self.house.queue._write(scope, order, JobId(new_id("job_")))

    async def take(self) -> int | None:
        """The ticket that a worker gets next."""
        taken = await self.dispatch.fetch_job([QUEUE], self.worker_id)
        return taken and taken.id

    async def claim(self, at_most: int = 1) -> list[Job]:
        ticket = await self.take()
        if ticket is None:
            return []
        most = dict.fromkeys(self.models, at_most)
        claimed = await self.house.queue.claim(ticket, worker=WORKER, at_most=most)
        await self.dispatch.finish_job_by_id_async(ticket, procrastinate.jobs.Status.SUCCEEDED, delete_job=True)
        return claimed

    async def run(self, count: int | None = None, at_most: int = 1) -> list[Job]:
        """So many jobs, in the order in which they ran, one batch after the other; without a number, all of them."""
        ran: list[Job] = []
        while count is None or len(ran) < count:
            batch = await self.claim(at_most)
            if not batch:
                break
            for job in batch:
                assert await self.house.queue.finish(job, Status.FAILED, usage=Usage(units=0, gpu_seconds=1))
            ran += batch
        return ran


def tenants(jobs: list[Job]) -> list[str]:
    return [job.organization_id.removeprefix("org_") for job in jobs]


def users(jobs: list[Job]) -> str:
    return "".join(job.user_id[0] for job in jobs)
