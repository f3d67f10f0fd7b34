"""Waiting for a database that is starting, at the start of a process: for a while, and saying so once."""

import logging
import time

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import PGconn, Ping

from estampe.db.migrate import migrate
from estampe.errors import DatabaseUnavailable, Text

PATIENCE_SECONDS = 30.0
EVERY_SECONDS = 0.2
CONNECT_SECONDS = 2

log = logging.getLogger(__name__)


def migrate_once_there(url: str, *, patience_seconds: float = PATIENCE_SECONDS) -> list[str]:
    """As `migrate`, but a server that is starting, or cannot be reached yet, is given some time."""
    until = time.monotonic() + patience_seconds
    has_said = is_there = False
    while True:
        try:
            return migrate(url)
        except DatabaseUnavailable as error:
            was_there, is_there = is_there, not _is_coming(url)
            if is_there and was_there:
                raise
            if time.monotonic() > until:
                raise _never_came(url, patience_seconds) from error
        if is_there:  # it may have come since it refused us
            continue
        if not has_said:
            has_said = True
            log.warning("the database at %s is not there yet; waiting for it", _where(url))
        time.sleep(EVERY_SECONDS)


def _is_coming(url: str) -> bool:
    """Whether it is worth asking again: the server itself says no, or nobody answers."""
    try:
        asked = make_conninfo(url, connect_timeout=CONNECT_SECONDS)
    except psycopg.ProgrammingError:
        return False
    return PGconn.ping(asked.encode()) in {Ping.REJECT, Ping.NO_RESPONSE}


def _where(url: str) -> str:
    """Without user and password."""
    told = conninfo_to_dict(url)
    return f"{told.get('host') or 'the local socket'}:{told.get('port') or 5432}"


def _never_came(url: str, seconds: float) -> DatabaseUnavailable:
    where = _where(url)
    return DatabaseUnavailable(
        Text(
            f"the database at {where} did not come within {seconds:g} s: start it, or mend ESTAMPE_DATABASE_URL",
            f"la base {where} n'est pas venue en {seconds:g} s : démarrez-la, ou corrigez ESTAMPE_DATABASE_URL",
        )
    )
