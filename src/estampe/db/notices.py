"""What PostgreSQL tells: one LISTEN connection a process, whoever in it wants to hear."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier

RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
# A connection cut without a word looks like silence: it is asked this often whether it lives.
PROVE_SECONDS = 0.4
DEAF_AFTER_SECONDS = 1.0
# Over TCP, an answer that does not come ends the connection; a socket file knows when its server is gone.
CONNECTION: dict[str, Any] = {
    "application_name": "estampe listen",
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "tcp_user_timeout": 5000,
}

log = logging.getLogger(__name__)


class _Listener(NamedTuple):
    hear: Callable[[str], None]
    missed: Callable[[], None]


class Notices:
    """Listens until the block of `listening` ends, across any outage of the database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: dict[str, list[_Listener]] = {}
        self._proven_at = float("-inf")

    def subscribe(self, channel: str, hear: Callable[[str], None], missed: Callable[[], None]) -> None:
        """Before `listening`. `hear` gets each payload; `missed` is called at the start, and after every gap."""
        self._listeners.setdefault(channel, []).append(_Listener(hear, missed))

    @property
    def fresh(self) -> bool:
        """Whether everything told more than a second ago has been heard."""
        return time.monotonic() - self._proven_at < DEAF_AFTER_SECONDS

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Notices"]:
        task = asyncio.create_task(self._listen(), name="estampe listens to the database")
        try:
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, **CONNECTION
                ) as connection:
                    for channel in self._listeners:
                        await connection.execute(SQL("listen {}").format(Identifier(channel)))
                    failures = 0
                    await self._hear(connection)
            except psycopg.OperationalError:
                self._proven_at = float("-inf")
                wait = RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)]
                log.warning("lost the database while listening; trying again in %s s", wait)
                failures += 1
                await asyncio.sleep(wait)

    async def _hear(self, connection: psycopg.AsyncConnection) -> None:
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.missed()
        while True:
            asked_at = time.monotonic()
            await connection.execute("select")
            # What was told before we asked has come with the answer, so it is heard before we count as fresh.
            async for notice in connection.notifies(timeout=0):
                self._tell(notice)
            self._proven_at = asked_at
            async for notice in connection.notifies(timeout=PROVE_SECONDS):
                self._tell(notice)

    def _tell(self, notice: psycopg.Notify) -> None:
        for listener in self._listeners.get(notice.channel, ()):
            listener.hear(notice.payload)
