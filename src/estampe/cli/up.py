"""Everything on one machine: the database, the API and a worker, watched over by one process."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import Any

import httpx
from rich.console import Console
from rich.text import Text

from estampe import bootstrap, checks
from estampe.bootstrap import doors
from estampe.cli.sign_in import new_link
from estampe.db import Database
from estampe.errors import DatabaseUnavailable
from estampe.jobs.announced import Announced
from estampe.settings import Settings

READY_SECONDS = 60.0
STOP_SECONDS = 8.0
DRAIN_SECONDS = 3
RESTART_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_SECONDS = 30.0

console = Console(stderr=False, highlight=False, markup=False)


def up(settings: Settings) -> None:
    """Run until Ctrl-C. Raises `InvalidSetting` for a taken port or a folder that cannot be written."""
    checks.prepare(settings)
    checks.require_port(settings)
    doors.require_sign_in(settings)
    bootstrap.try_store(settings)
    with bootstrap.database_url(settings) as url:
        bootstrap.migrated_once_there(url)
        asyncio.run(_run(settings, url))


async def _run(settings: Settings, url: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # The children hold one end: when this process is gone, however it went, they see it and end.
    held, ours = os.pipe()
    environment = {**os.environ, **settings.environment(), "ESTAMPE_DATABASE_URL": url}
    # Whoever presses Ctrl-C waits: what would take longer is handed back, and goes on from there at the next start.
    environment["ESTAMPE_DRAIN_SECONDS"] = str(min(settings.drain_seconds, DRAIN_SECONDS))
    commands = ["api", *["worker"] * settings.worker_processes]
    async with asyncio.TaskGroup() as group:
        for command in commands:
            group.create_task(_Kept(command, environment, held).keep(stop))
        greeting = group.create_task(_greet(settings, url, stop))
        await stop.wait()
        greeting.cancel()
    os.close(ours)
    os.close(held)
    console.print("stopped")


@dataclass
class _Kept:
    """One child process, started again when it ends by itself."""

    command: str
    environment: dict[str, str]
    lifeline: int

    async def keep(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            started = time.monotonic()
            process = await self._start()
            await _first(process.wait(), stop.wait())
            if stop.is_set():
                await _end(process)
                return
            failures = 0 if time.monotonic() - started > STEADY_SECONDS else failures + 1
            wait = RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]
            console.print(f"the {self.command} ended (code {process.returncode}); starting it again in {wait:g} s")
            await _first(stop.wait(), asyncio.sleep(wait))

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "estampe",
            self.command,
            "--lifeline",
            str(self.lifeline),
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=[self.lifeline],
            start_new_session=True,  # Ctrl-C is heard once, here
        )


async def _first(*waits: Any) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _greet(settings: Settings, url: str, stop: asyncio.Event) -> None:
    """Once pictures can be made, say where; the link signs the person in once."""
    deadline = time.monotonic() + READY_SECONDS
    while (here := await _where_ready(settings, url)) is None:
        if stop.is_set():
            return
        if time.monotonic() > deadline:
            console.print("still not ready: `estampe doctor` says what is missing", style="yellow")
            return
        await asyncio.sleep(0.1)
    ready = Text.assemble("\n  ", ("Estampe is ready.", "bold"), " Open  ", (here, f"link {here}"))
    console.print(ready, soft_wrap=True)
    console.print(f"  API {settings.url}/docs    data {settings.data_dir}    Ctrl-C stops everything\n", soft_wrap=True)


async def _where_ready(settings: Settings, url: str) -> str | None:
    """The address to open; None while the API or the workers are not there, or the database is gone again."""
    database = Database(url, connections=1)
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            answer = await client.get(f"http://{settings.address}/readyz")
        await database.open()
        models = await Announced(database).all() if settings.worker_processes else True
        if answer.status_code != httpx.codes.OK or not models:
            return None
        return await new_link(settings, url) if settings.signs_in_locally else settings.url
    except (httpx.HTTPError, DatabaseUnavailable):
        return None
    finally:
        await database.close()
