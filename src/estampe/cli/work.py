"""One worker in this process."""

import asyncio
import signal

from estampe import bootstrap, checks
from estampe.bootstrap import worker
from estampe.settings import Settings
from estampe.worker.shift import Leave


def work(settings: Settings) -> None:
    """Work until told to stop. Raises `EngineError` when the engines do not load."""
    checks.prepare(settings)
    bootstrap.try_store(settings)
    with bootstrap.database_url(settings) as url:
        bootstrap.migrated_once_there(url)
        asyncio.run(_until_told(settings, url))


async def _until_told(settings: Settings, url: str) -> None:
    """A first signal drains the worker, a second one hurries it."""
    leave = Leave()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave.tell)
    await worker.work(settings, url, leave)
