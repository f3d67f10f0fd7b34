"""A queue on each PostgreSQL, whose jobs are moved by hand where a worker would."""

import asyncio
from contextlib import asynccontextmanager

import psycopg
import pytest
from tests.postgres import PATIENCE_SECONDS

from estampe.db import Database
from estampe.domain import Asset, AssetId, Principal, Status, Usage, new_id
from estampe.jobs.accounts import Accounts, Charge
from estampe.jobs.ledger import Ledger
from estampe.jobs.queue import Order, Queue
from estampe.plans import Plan
from estampe.policy.quotas import afford

ANA = Principal(
    issuer="https://a.example", user_id="ana", organization_id="org_a", key_id="key_1", expires_at=4e9, provider="local"
)


class House:
    """The queue, its accounts and its ledger, on one database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url, wait_seconds=PATIENCE_SECONDS)  # races share its few connections
        self.ledger = Ledger(self.database)
        self.under(Plan())

    def under(self, plan: Plan, **more: Plan) -> "House":
        """From now on, tenants have this plan, or the one of these that their token names."""
        self.accounts = Accounts({"free": plan, **more}, "free", afford=afford, unmeasured_gpu_seconds=1.0)
        self.queue = Queue(self.database, self.accounts)
        return self

    async def submit(self, person=ANA, units=1.0, unit="images", model="fake", **more):
        kind = "image" if unit == "images" else "video"
        charge = Charge(model=model, unit=unit, units=units)
        order = Order(principal=person, kind=kind, model=model, parameters={"prompt": "x"}, charge=charge, **more)
        job, _ = await self.queue.submit(order)
        return job

    async def race(self, count, **more):
        """How many of so many submits at once were accepted, and what the others met."""
        met = await asyncio.gather(*(self.submit(**more) for _ in range(count)), return_exceptions=True)
        refused = [one for one in met if isinstance(one, Exception)]
        return count - len(refused), refused

    async def claim(self, job, worker="wk_1"):
        """What runs with the job's ticket: the job itself, where its tenant has no other before it."""
        ((ticket,),) = self.sql("select queue_id from jobs where id = %s and status = 'queued'", job.id) or [(0,)]
        return await self.queue.claim(ticket, worker=worker)

    def work(self, *workers):
        """These are alive and have been for long; the others are not."""
        self.sql("delete from workers")
        for worker in workers:
            self.sql(
                "insert into workers (id, host, models, seen_at, steady_since)"
                " values (%s, 'here', '[]', now() + interval '1 hour', now() - interval '1 hour')",
                worker,
            )

    async def take_over(self):
        """What a worker that was always there takes from those that are not."""
        self.work("wk_judge", *(name for (name,) in self.sql("select id from workers where id <> 'wk_judge'")))
        return await self.queue.take_over("wk_judge", 0.1)

    async def finish(self, job, to=Status.SUCCEEDED, units=1.0, gpu_seconds=2.0, cost=None):
        (claimed,) = await self.claim(job)
        charged = units if to is Status.SUCCEEDED else 0
        usage = Usage(units=charged, gpu_seconds=gpu_seconds, cost=cost, currency="EUR" if cost is not None else None)
        files = [asset(claimed, n) for n in range(int(units))] if to is Status.SUCCEEDED else []
        self.expect(*files)
        assert await self.queue.finish(claimed, to, usage=usage, outputs=files)
        return claimed

    def expect(self, *files):
        """They are in the store, and no row points at them yet."""
        for file in files:
            self.sql("insert into unclaimed_files (key) values (%s), (%s)", file.key, file.thumbnail_key)

    async def standing(self, person=ANA, at=None):
        async with self.database.tenant(person.tenant.id) as scope:
            return (await self.accounts.read(scope, person, at=at)).standing

    def sql(self, statement, *values):
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


def asset(job, position):
    name = AssetId(new_id("as_"))
    return Asset(
        id=name, tenant_id=job.tenant_id, user_id=job.user_id, job_id=job.id, position=position, kind=job.kind,
        media_type="image/png", width=8, height=8, duration_s=None, bytes=1, sha256="0", seed=1, placeholder="",
        key=f"{job.tenant_id}/{name}", thumbnail_key=f"{job.tenant_id}/{name}.thumbnail", created_at=job.created_at,
    )  # fmt: skip


@asynccontextmanager
async def opened_house(url):
    opened = House(url)
    await opened.database.open()
    yield opened
    await opened.database.close()


@pytest.fixture
async def house(every_database_url):
    async with opened_house(every_database_url) as opened:
        yield opened
