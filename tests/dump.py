"""Everything that a service keeps, as bytes to search: rows of every table, files of the store, the log."""

import psycopg
from psycopg.sql import SQL, Identifier
from tests.service import Service


def rows(database_url: str, *but: str) -> str:
    """Every row of every table, as PostgreSQL would write it out."""
    with psycopg.connect(database_url) as connection:
        names = connection.execute("select tablename from pg_tables where schemaname = 'public' order by 1").fetchall()
        parts = []
        for (name,) in names:
            if name in but:
                continue
            with connection.cursor().copy(SQL("copy {} to stdout").format(Identifier(name))) as lines:
                parts.append(f"{name}\n{b''.join(bytes(line) for line in lines).decode()}")
    return "\n".join(parts)


def files(service: Service) -> bytes:
    """The store's files, their names too."""
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in service.files())
