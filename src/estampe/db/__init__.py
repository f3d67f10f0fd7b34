"""The one PostgreSQL: statements by name, and two doors, `tenant()` for people's rows and `system()` for work."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from estampe.domain import TenantId
from estampe.errors import DatabaseUnavailable

Row = dict[str, Any]
Connection = psycopg.AsyncConnection[Row]

# What is over when one asks again: a server that is away or has become a standby, a plan from before a migration.
PASSING = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.FeatureNotSupported)

_STATEMENT = re.compile(r"^-- ([a-z_]+) --\n(?:-- .*\n)+", re.MULTILINE)


def _read_statements() -> dict[str, bytes]:
    text = files(__package__).joinpath("queries.sql").read_text("utf-8")
    parts = _STATEMENT.split(text)
    return {name: body.strip().encode() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


STATEMENTS = _read_statements()


class Scope:
    """One transaction; every statement in it is called by its name in `queries.sql`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def all(self, statement: str, **values: Any) -> Sequence[Row]:
        cursor = await self.connection.execute(STATEMENTS[statement], values)
        return await cursor.fetchall()

    async def one(self, statement: str, **values: Any) -> Row | None:
        cursor = await self.connection.execute(STATEMENTS[statement], values)
        return await cursor.fetchone()

    async def run(self, statement: str, **values: Any) -> int:
        """The number of rows touched."""
        cursor = await self.connection.execute(STATEMENTS[statement], values)
        return cursor.rowcount


class Database:
    """A pool of connections to one PostgreSQL, 15 or later."""

    def __init__(self, url: str, *, connections: int = 8, wait_seconds: float = 4.0) -> None:
        self.url = url
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            connection_class=psycopg.AsyncConnection[Row],
            min_size=1,
            max_size=connections,
            timeout=wait_seconds,
            open=False,
            kwargs={"row_factory": dict_row, "application_name": "estampe"},
            check=AsyncConnectionPool.check_connection,
        )

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close()

    async def ping(self) -> None:
        """Raises `DatabaseUnavailable`."""
        async with self.system() as scope:
            await scope.one("ping")

    @asynccontextmanager
    async def tenant(self, tenant_id: TenantId, *, snapshot: bool = False) -> AsyncIterator[Scope]:
        """A transaction that sees one tenant's rows alone, whatever it asks: a request's only way to them.

        With `snapshot` all that it reads is of one moment, and it writes nothing.
        """
        async with self._transaction(snapshot=snapshot) as scope:
            await scope.one("enter_tenant", tenant_id=tenant_id)
            yield scope

    @asynccontextmanager
    async def system(self, *, snapshot: bool = False) -> AsyncIterator[Scope]:
        """A transaction that sees every tenant: for the worker, the queue and this package alone."""
        async with self._transaction(snapshot=snapshot) as scope:
            yield scope

    @asynccontextmanager
    async def _transaction(self, *, snapshot: bool) -> AsyncIterator[Scope]:
        try:
            async with self._pool.connection() as connection:
                scope = Scope(connection)
                if snapshot:
                    await scope.run("read_one_moment")
                yield scope
        except Exception as error:
            # The queue's library says it in a word of its own.
            if isinstance(error, PASSING) or isinstance(error.__cause__, PASSING):
                raise DatabaseUnavailable(retry_after_seconds=2) from error
            raise
