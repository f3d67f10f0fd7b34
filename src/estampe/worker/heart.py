"""The worker's heartbeat, from a thread with a connection of its own: no long step and no busy loop can starve it."""

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from estampe import __version__
from estampe.db import STATEMENTS
from estampe.domain import Model, new_id

BEAT_SECONDS = 2.0
RETRY_SECONDS = 0.5
JOIN_SECONDS = 6.0
STATEMENT_SECONDS = 5
# A server that is gone without a word is noticed within seconds; one that is paused ends the statement when it wakes.
CONNECTION: dict[str, Any] = {
    "application_name": "estampe heartbeat",
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}

log = logging.getLogger(__name__)


class Heart:
    """Says every other second that the worker is alive and what it can make, until it is stopped."""

    def __init__(self, url: str, *, stalled_seconds: float) -> None:
        self.worker = new_id("wk_")
        self.stalled_seconds = stalled_seconds
        self._url = url
        self._every = min(BEAT_SECONDS, stalled_seconds / 4)
        self._gap = stalled_seconds / 2
        self._said: dict[str, Any] = {}
        self._stopping = threading.Event()
        self._beaten = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._live, name="heartbeat", daemon=True)

    def start(self, models: Sequence[Model], slots: int) -> None:
        self._said = {
            "id": self.worker,
            "host": f"{socket.gethostname()}:{os.getpid()}",
            "models": Jsonb(msgspec.to_builtins(models)),
            "slots": slots,
            "version": __version__,
            "is_leaving": False,
            "gap_seconds": self._gap,
        }
        self._thread.start()

    async def first_beat(self) -> None:
        """The worker has been announced: before that it may claim nothing."""
        await self._beaten.wait()

    def say_leaving(self) -> None:
        """From the next beat on: the worker takes nothing more."""
        self._said["is_leaving"] = True

    def stop(self) -> None:
        """Blocks until the last beat is over."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def _live(self) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, **CONNECTION) as connection:
                    self._beat(connection)
            except psycopg.Error as error:
                log.warning("the heartbeat is not heard (%s); trying again", type(error).__name__)
                self._stopping.wait(min(RETRY_SECONDS, self._every))

    def _beat(self, connection: psycopg.Connection) -> None:
        # Not in the options of the connection: those are its URL's, and a pooler takes none of ours.
        connection.execute(f"set statement_timeout = '{STATEMENT_SECONDS}s'")
        while not self._stopping.is_set():
            connection.execute(STATEMENTS["announce_worker"], self._said)
            if not self._beaten.is_set():
                self._loop.call_soon_threadsafe(self._beaten.set)
            self._stopping.wait(self._every)
