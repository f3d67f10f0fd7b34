"""Ways to hand jobs to a worker: each has a worker in a process of its own, which writes down when it begins a job."""

import asyncio
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
from tests.service import Person, Service

WORKER = Path(__file__).with_name("contender_worker.py")
SMALL = {"width": 64, "height": 64, "num_inference_steps": 1}


class Contender(ABC):
    """Jobs go in by number, and come out as the moments at which a worker began them."""

    name: str

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await self._open(stack)
            yield

    @abstractmethod
    async def _open(self, stack: AsyncExitStack) -> None: ...

    @abstractmethod
    async def submit(self, number: int) -> None: ...

    @abstractmethod
    def begun(self) -> dict[int, float]:
        """When each job that was begun was, in Unix seconds."""


class Scripted(Contender):
    """Its worker is a script of ours, which writes a line a job."""

    def __init__(self, address: str, folder: Path) -> None:
        self._address, self._written = address, folder / f"{self.name}.txt"
        self._written.touch()

    async def _open(self, stack: AsyncExitStack) -> None:
        command = [sys.executable, "-W", "ignore", str(WORKER), self.name, self._address, str(self._written)]
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
        stack.push_async_callback(process.wait)
        stack.callback(process.kill)

    def begun(self) -> dict[int, float]:
        lines = (line.split() for line in self._written.read_text().splitlines())
        return {int(number): float(at) for number, at in lines}


class Bare(Scripted):
    """One table, SKIP LOCKED and NOTIFY: the least that a durable queue can be."""

    name = "bare table"

    async def _open(self, stack: AsyncExitStack) -> None:
        self._connection = await psycopg.AsyncConnection.connect(self._address)
        await stack.enter_async_context(self._connection)
        await self._connection.execute("create table bare (id bigint primary key, state text not null)")
        await self._connection.execute("create index on bare (id) where state = 'queued'")
        await self._connection.commit()
        await super()._open(stack)

    async def submit(self, number: int) -> None:
        await self._connection.execute("insert into bare (id, state) values (%s, 'queued')", (number,))
        await self._connection.execute("notify bare")
        await self._connection.commit()


class PgQueuer(Scripted):
    name = "pgqueuer"

    async def _open(self, stack: AsyncExitStack) -> None:
        import asyncpg  # noqa: PLC0415 - where it is installed
        from pgqueuer.db import AsyncpgDriver  # noqa: PLC0415
        from pgqueuer.queries import Queries  # noqa: PLC0415

        connection = await asyncpg.connect(self._address)
        stack.push_async_callback(connection.close)
        self._queries = Queries(AsyncpgDriver(connection))
        await self._queries.install()
        await super()._open(stack)

    async def submit(self, number: int) -> None:
        await self._queries.enqueue("noop", str(number).encode())


class Celery(Scripted):
    """On Redis with the append-only file on, so that both sides keep what they accepted."""

    name = "celery + redis"

    async def _open(self, stack: AsyncExitStack) -> None:
        from celery import Celery as App  # noqa: PLC0415 - where it is installed

        self._app = App(broker=self._address)
        stack.callback(self._app.close)
        await super()._open(stack)

    async def submit(self, number: int) -> None:
        self._app.send_task("noop", (number,))


class Ours(Contender):
    """The whole service: an HTTP request with identity, quota, charge and fair ticket; an engine, files, a ledger."""

    name = "estampe"

    def __init__(self, service: Service, person: Person) -> None:
        self._service, self._token = service, person.token
        self._numbers: dict[str, int] = {}

    async def _open(self, stack: AsyncExitStack) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        client = httpx.AsyncClient(base_url=self._service.url, headers=headers, trust_env=False, timeout=30)
        self._client = await stack.enter_async_context(client)

    async def submit(self, number: int) -> None:
        answer = await self._client.post("/api/images/generate", json={"prompt": f"{number}", **SMALL})
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        self._numbers[answer.json()["job_id"]] = number

    def begun(self) -> dict[int, float]:
        rows: list[Any] = self._service.rows(
            "select id, extract(epoch from started_at) from jobs where started_at is not null"
        )
        return {self._numbers[job_id]: float(at) for job_id, at in rows if job_id in self._numbers}
