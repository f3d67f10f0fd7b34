"""Applies migrations/, and procrastinate's, in order and once, however many processes start together."""

import hashlib
import re
from collections.abc import Collection, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

import psycopg

from estampe.errors import DatabaseUnavailable, InvalidSetting, Text

PHASES = ("pre", "post")
FOLDER = files(__package__) / "migrations"
QUEUE_FOLDER = files("procrastinate") / "sql"
QUEUE = "procrastinate/"
OLDEST = 150000
# Any fixed number will do, as long as nothing else in the database takes it.
LOCK = 0x657374616D7065

_NAME = re.compile(r"(?P<order>\d[\d._]*)_(?:(?P<phase>pre|post)_)?[a-z]\w*\.sql")

Connection = psycopg.Connection[tuple[str, str]]


class _Migration(NamedTuple):
    """A file. Its order is a number, or for procrastinate a version and a number within it."""

    order: tuple[int, ...]
    position: int
    name: str
    sql: bytes

    @property
    def phase(self) -> str:
        return PHASES[self.position]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql).hexdigest()


def migrate(
    url: str,
    *,
    phases: Collection[str] = PHASES,
    folder: Traversable = FOLDER,
    queue_folder: Traversable = QUEUE_FOLDER,
) -> list[str]:
    """The names applied now: "pre" before the new code runs, "post" once no old code does. Synchronous.

    Raises `DatabaseUnavailable` when the server is away or a statement fails, `InvalidSetting` when this
    database is not one for this code.
    """
    try:
        with psycopg.connect(url, autocommit=True, application_name="estampe migrate") as connection:
            if connection.info.server_version < OLDEST:
                raise InvalidSetting(_too_old(connection.info.server_version // 10000))
            connection.execute("select pg_advisory_lock(%s)", [LOCK])  # let go when the connection ends
            connection.execute(
                "create table if not exists migrations (name text primary key, sha256 text not null,"
                " applied_at timestamptz not null default now())"
            )
            return _applied(connection, phases, _read(folder), _read(queue_folder / "migrations", QUEUE), queue_folder)
    except psycopg.Error as error:
        reason = str(error).strip()
        raise DatabaseUnavailable(
            Text(f"the database cannot be migrated: {reason}", f"la base ne peut pas être migrée : {reason}")
        ) from error


def _applied(
    connection: Connection,
    phases: Collection[str],
    ours: list[_Migration],
    queue: list[_Migration],
    queue_folder: Traversable,
) -> list[str]:
    known = dict(connection.execute("select name, sha256 from migrations").fetchall())
    _refuse_unknown(known, {migration.name for migration in (*ours, *queue)})
    _refuse_changed(known, ours)
    names: list[str] = []
    if not any(name.startswith(QUEUE) for name in known):
        _install_queue(connection, (queue_folder / "schema.sql").read_bytes(), queue)
        names += [migration.name for migration in queue]
        queue = []
    for migrations in (queue, ours):
        for migration in _pending(migrations, known, phases):
            _apply(connection, migration)
            names.append(migration.name)
    return names


def _read(folder: Traversable, prefix: str = "") -> list[_Migration]:
    """By number, and of one number the "pre" first; procrastinate's oldest, which do not say, are "pre"."""
    found = []
    for file in folder.iterdir():
        if match := _NAME.fullmatch(file.name):
            order = tuple(int(part) for part in re.findall(r"\d+", match["order"]))
            found.append(
                _Migration(order, PHASES.index(match["phase"] or "pre"), prefix + file.name, file.read_bytes())
            )
    return sorted(found)


def _pending(migrations: list[_Migration], known: Collection[str], phases: Collection[str]) -> Iterator[_Migration]:
    skipped = None
    for migration in migrations:
        if migration.name in known:
            continue
        if migration.phase not in phases:
            skipped = migration
        elif skipped and skipped.order < migration.order:
            raise InvalidSetting(_out_of_order(skipped.name, migration.name))
        else:
            yield migration


def _install_queue(connection: Connection, schema: bytes, queue: list[_Migration]) -> None:
    """The schema as a whole is what all the migrations amount to."""
    with connection.transaction():
        _run(connection, f"{QUEUE}schema.sql", schema)
        for migration in queue:
            _record(connection, migration)


def _apply(connection: Connection, migration: _Migration) -> None:
    with connection.transaction():
        _run(connection, migration.name, migration.sql)
        _record(connection, migration)


def _run(connection: Connection, name: str, sql: bytes) -> None:
    try:
        connection.execute(sql)  # no parameters, so that no % in it is one
    except psycopg.Error as error:
        reason = str(error).strip()
        raise DatabaseUnavailable(
            Text(f"{name} failed and changed nothing: {reason}", f"{name} a échoué sans rien changer : {reason}")
        ) from error


def _record(connection: Connection, migration: _Migration) -> None:
    connection.execute("insert into migrations (name, sha256) values (%s, %s)", [migration.name, migration.sha256])


def _refuse_unknown(known: Collection[str], ours: Collection[str]) -> None:
    if unknown := sorted(set(known) - set(ours)):
        raise InvalidSetting(
            Text(
                f"the database is newer than this Estampe: it has {unknown[-1]}; upgrade Estampe",
                f"la base est plus récente que cet Estampe : elle contient {unknown[-1]} ; mettez Estampe à jour",
            )
        )


def _refuse_changed(known: dict[str, str], ours: list[_Migration]) -> None:
    for migration in ours:
        if known.get(migration.name, migration.sha256) != migration.sha256:
            raise InvalidSetting(
                Text(
                    f"{migration.name} was changed after it was applied: put it back and add another one",
                    f"{migration.name} a changé après son application : rétablissez-le et ajoutez-en un autre",
                )
            )


def _out_of_order(first: str, then: str) -> Text:
    return Text(
        f"{first} must run before {then}: stop the old version, then migrate both phases",
        f"{first} doit passer avant {then} : arrêtez l'ancienne version, puis migrez les deux phases",
    )


def _too_old(major: int) -> Text:
    return Text(
        f"the server is PostgreSQL {major}; Estampe needs {OLDEST // 10000} or later",
        f"le serveur est un PostgreSQL {major} ; il faut {OLDEST // 10000} ou plus récent",
    )
