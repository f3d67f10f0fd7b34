"""A gallery filled from behind: as much as years of work would leave, in seconds."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg

from estampe.db.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    from datetime import datetime

    from tests.browser.visit import Visitor

# The newest of them is a minute older than what it is like, and each a minute older than the one before.
JOBS = """
    insert into jobs (id, tenant_id, user_id, organization_id, kind, model, status, attempt, parameters, usage,
                      created_at, started_at, finished_at)
    select 'job_' || left(translate(md5(%(once)s || n), '0189', 'ghij'), 24), tenant_id,
           user_id, organization_id, kind, model, status, attempt,
           parameters || jsonb_build_object('prompt', %(prompt)s || ' ' || n), usage,
           created_at - n * interval '1 minute', started_at, finished_at
    from jobs, generate_series(1, %(jobs)s) as n where id = %(like)s
"""
FILES = """
    insert into assets (id, tenant_id, user_id, job_id, position, kind, media_type, width, height, bytes, sha256, seed,
                        placeholder, key, thumbnail_key, created_at)
    select 'as_' || left(translate(md5(a.id || j.id), '0189', 'ghij'), 24), a.tenant_id,
           a.user_id, j.id, a.position, a.kind, a.media_type, a.width, a.height,
           a.bytes, a.sha256, a.seed, a.placeholder, 'stored/' || j.id || a.position, 'small/' || j.id || a.position,
           j.created_at
    from assets a, jobs j where a.job_id = %(like)s and j.parameters->>'prompt' like %(prompt)s || ' %%'
"""
KEYS = """
    select new.key, new.thumbnail_key, old.key, old.thumbnail_key from assets new join jobs j on j.id = new.job_id
    join assets old on old.job_id = %(like)s and old.position = new.position
    where j.parameters->>'prompt' like %(prompt)s || ' %%'
"""
EMPTY = "delete from jobs where parameters->>'prompt' like %(prompt)s || ' %%'"


class Shelves:
    """The database and the files of a running installation."""

    def __init__(self, data_dir: Path) -> None:
        self._server, self._files = EmbeddedPostgres(data_dir), data_dir / "files"

    def __enter__(self) -> Self:
        self._server.start()
        self._connection = psycopg.connect(self._server.url("postgres"), autocommit=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._server.release()

    def date(self, job_id: str, at: datetime) -> None:
        self._run("update jobs set created_at = %(at)s where id = %(id)s", id=job_id, at=at)

    @contextmanager
    def filled(self, *, jobs: int, prompt: str, like: dict[str, Any], seen_by: Visitor) -> Iterator[None]:
        """So many finished jobs, of which nobody is told, with files of the same bytes as one that is there has.

        Who sees them leaves before they are taken away, or the pictures still on their way would be missed.
        """
        # Never the same names twice: what was emptied before is swept some time later.
        values = {"jobs": jobs, "prompt": prompt, "like": like["job_id"], "once": secrets.token_hex(8)}
        # Nobody sees a row before its files are there: a page that is open may look at any moment.
        with self._connection.transaction():
            self._run("set local session_replication_role = replica")
            self._run(JOBS, **values)
            self._run(FILES, **values)
            self._link(self._run(KEYS, **values))
        try:
            yield
        finally:
            seen_by.leaves()
            self._run(EMPTY, prompt=prompt)
            for folder in ("stored", "small"):
                shutil.rmtree(self._files / folder)

    def _link(self, keys: list[Any]) -> None:
        for folder in ("stored", "small"):
            (self._files / folder).mkdir(exist_ok=True)
        for *made, original, thumbnail in keys:
            for key, source in zip(made, (original, thumbnail), strict=True):
                os.link(self._files / source, self._files / key)

    def _run(self, statement: str, **values: object) -> list[Any]:
        found = self._connection.execute(statement, values or None)
        return found.fetchall() if found.description else []
