"""The workers of other queues: one job at a time, and a line in a file for each, with the moment it began."""

import asyncio
import sys
import time
from pathlib import Path

import psycopg

CLAIM = """
    update bare set state = 'done' where id = (
        select id from bare where state = 'queued' order by id limit 1 for update skip locked) returning id"""


async def bare(url: str, written: Path) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("listen bare")
        with written.open("a") as file:
            while True:
                row = await (await connection.execute(CLAIM)).fetchone()
                if row is not None:
                    print(row[0], time.time(), file=file, flush=True)
                    continue
                async for _ in connection.notifies(timeout=1, stop_after=1):
                    pass


async def pgqueuer(url: str, written: Path) -> None:
    import asyncpg  # noqa: PLC0415 - where it is installed
    from pgqueuer import PgQueuer  # noqa: PLC0415

    queue = PgQueuer.from_asyncpg_connection(await asyncpg.connect(url))
    with written.open("a") as file:

        @queue.entrypoint("noop")
        async def noop(job: object) -> None:
            print(job.payload.decode(), time.time(), file=file, flush=True)  # type: ignore[attr-defined]

        # One job at a time is refused: two is the least.
        await queue.run(batch_size=1, max_concurrent_tasks=2)


def celery(url: str, written: Path) -> None:
    from celery import Celery  # noqa: PLC0415 - where it is installed

    app = Celery(broker=url)
    app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True)

    @app.task(name="noop")
    def noop(number: int) -> None:
        with written.open("a") as file:
            print(number, time.time(), file=file, flush=True)

    app.worker_main(["worker", "--pool=solo", "--loglevel=error", "--without-gossip", "--without-mingle"])


if __name__ == "__main__":
    name, address, path = sys.argv[1:]
    if name == "celery + redis":
        celery(address, Path(path))
    else:
        asyncio.run({"bare table": bare, "pgqueuer": pgqueuer}[name](address, Path(path)))
