"""A fleet to be hurt: two API processes, three workers and a PostgreSQL, each of which may be killed at any moment."""

import asyncio
import contextlib
import os
import random
import signal
from pathlib import Path

import psutil
from tests.postgres import eventually, kill, postmaster
from tests.service import Service, until_free

from estampe.db.embedded import EmbeddedPostgres

APIS, WORKERS = 2, 3
SETTINGS = {"stalled_seconds": 3, "max_attempts": 50, "log_level": "error"}


class Fleet:
    """Everything lives in one folder, where a database is already; what is killed is started again a moment later."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self._folder, self._dice = folder, dice
        self._database = EmbeddedPostgres(folder)
        self.database_url = self._database.start()
        self.apis = [Service(self.database_url, folder, **SETTINGS) for _ in range(APIS)]
        self.workers = [Service(self.database_url, folder, **SETTINGS) for _ in range(WORKERS)]
        self.killed: dict[str, int] = {}

    def start(self) -> None:
        for each, command in self._all():
            each.start(command)
        self.until_ready()

    def until_ready(self) -> None:
        self._mend()
        for api in self.apis:
            api.wait_until_ready()

    def stop(self) -> None:
        for each, _ in self._all():
            each.close()
        self._database.release()

    def stop_workers(self) -> None:
        for each in self.workers:
            each.stop("worker")

    async def hurt(self, wounds: int) -> None:
        """Kill -9 of something, again and again; PostgreSQL is hit in the middle, once in ten times."""
        ways = {"worker": self._kill_worker, "engine": self._kill_engine, "api": self._kill_api}
        for number in range(1, wounds + 1):
            await asyncio.sleep(self._dice.uniform(0.2, 1.2))
            name = self._dice.choice(sorted(ways)) if number % 10 != 5 else "database"
            self.killed[name] = self.killed.get(name, 0) + 1
            await (self._kill_database() if name == "database" else ways[name]())
            self._mend()
        self._mend()

    def _mend(self) -> None:
        """What came up while the database was away has said so and gone; any supervisor starts it again."""
        for each, command in self._all():
            if each.processes[command].poll() is not None:
                each.start(command)

    def _all(self) -> list[tuple[Service, str]]:
        return [*((api, "api") for api in self.apis), *((worker, "worker") for worker in self.workers)]

    async def _kill_worker(self) -> None:
        await self._killed(self._dice.choice(self.workers), "worker")

    async def _kill_api(self) -> None:
        await self._killed(self._dice.choice(self.apis), "api")

    async def _killed(self, one: Service, command: str) -> None:
        one.kill(command)
        if command == "api":
            await asyncio.to_thread(until_free, one.port)
        await asyncio.sleep(self._dice.uniform(0.0, 0.5))
        one.start(command)

    async def _kill_engine(self) -> None:
        worker = self._dice.choice(self.workers).processes["worker"]
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(worker.pid).children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)

    async def _kill_database(self) -> None:
        server = postmaster(self._folder)
        assert server is not None
        kill(server)
        await asyncio.to_thread(eventually, lambda: postmaster(self._folder) is None, "the end of the server")
        assert await asyncio.to_thread(self._database.start) == self.database_url
