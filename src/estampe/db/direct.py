"""One connection for what is asked all the time: prepared, in binary, outside the pool and without a transaction."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import psycopg

from estampe.db import PASSING, STATEMENTS, Row
from estampe.errors import DatabaseUnavailable

# What hangs is given up as a pool's wait is; what breaks is noticed by the system underneath.
WAIT_SECONDS = 4.0
CONNECTION: dict[str, Any] = {
    "application_name": "estampe reads",
    "connect_timeout": 4,
    "keepalives_idle": 5,
    "tcp_user_timeout": 4000,
}

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Cursor = psycopg.AsyncCursor[tuple[Any, ...]]


class Direct:
    """Works as the system: it sees every tenant, so a statement asked here says itself whose rows it wants."""

    def __init__(self, url: str, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._url, self._wait_seconds = url, wait_seconds
        self._connection: Connection | None = None

    async def all(self, statement: str, **values: Any) -> Sequence[Row]:
        """One question at a time. Raises `DatabaseUnavailable`."""
        cursor = await self._asked(statement, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]

    async def value(self, statement: str, **values: Any) -> Any:
        """The one value of the one row. Raises `DatabaseUnavailable`."""
        row = await (await self._asked(statement, values)).fetchone()
        return None if row is None else row[0]

    async def _asked(self, statement: str, values: dict[str, Any]) -> Cursor:
        """Put twice when the connection was lost meanwhile: a question here changes nothing."""
        try:
            async with asyncio.timeout(self._wait_seconds):
                if self._connection is not None:
                    with contextlib.suppress(*PASSING):
                        return await self._connection.execute(STATEMENTS[statement], values, binary=True)
                    await self.close()
                self._connection = await self._connected()
                return await self._connection.execute(STATEMENTS[statement], values, binary=True)
        except (*PASSING, TimeoutError) as error:
            await self.close()
            raise DatabaseUnavailable(retry_after_seconds=2) from error

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connected(self) -> Connection:
        made = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **CONNECTION)
        made.prepare_threshold = 0
        return made
