import asyncio
from contextlib import asynccontextmanager

import psycopg
import pytest
from tests.postgres import eventually

from estampe.domain import Model
from estampe.worker.heart import Heart

MODEL = Model(name="m", kind="image", engine="e", title="M", parameters={})


def rows(url, statement):
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


@asynccontextmanager
async def beating(url, *, stalled_seconds):
    made = Heart(url, stalled_seconds=stalled_seconds)
    made.start([MODEL], 2)
    try:
        await made.first_beat()
        yield made
    finally:
        await asyncio.to_thread(made.stop)


@pytest.fixture
async def heart(database_url):
    async with beating(database_url, stalled_seconds=1) as made:
        yield made


async def test_a_worker_is_announced_with_its_models_and_its_slots(heart, database_url):
    ((worker, model, slots),) = rows(database_url, "select id, models->0->>'name', slots from workers")

    assert (worker, model, slots) == (heart.worker, "m", 2)


async def test_it_goes_on_while_the_loop_is_busy(heart, database_url):
    """`eventually` blocks the loop that it is called in."""
    seen = rows(database_url, "select seen_at from workers")

    assert eventually(lambda: rows(database_url, "select seen_at from workers") > seen, "another beat")


async def test_a_gap_starts_its_watch_anew_and_steady_beats_do_not(database_url, monkeypatch):
    monkeypatch.setattr("estampe.worker.heart.BEAT_SECONDS", 0.2)
    async with beating(database_url, stalled_seconds=60):  # no late beat makes a gap of thirty seconds
        since = rows(database_url, "select steady_since from workers")
        seen = rows(database_url, "select seen_at from workers")
        eventually(lambda: rows(database_url, "select seen_at from workers") > seen, "another beat")
        assert rows(database_url, "select steady_since from workers") == since

        with psycopg.connect(database_url) as connection:
            connection.execute("update workers set seen_at = now() - interval '1 minute'")

        eventually(lambda: rows(database_url, "select steady_since from workers") > since, "a watch begun anew")


async def test_it_comes_back_after_its_connection_was_cut(heart, database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute("delete from workers")
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'estampe heartbeat' and datname = current_database()"
        )

    assert eventually(lambda: rows(database_url, "select from workers"), "another beat")


async def test_a_stopped_heart_is_still(heart, database_url):
    await asyncio.to_thread(heart.stop)

    with psycopg.connect(database_url) as connection:
        connection.execute("delete from workers")
    open_ones = (
        "select from pg_stat_activity where application_name = 'estampe heartbeat' and datname = current_database()"
    )
    eventually(lambda: not rows(database_url, open_ones), "the end of its connection")
    assert rows(database_url, "select from workers") == []


async def test_what_the_database_s_address_says_holds_for_its_connection_too(database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute("create schema elsewhere")
        connection.execute("create table elsewhere.workers (like workers including all)")
    separator = "&" if "?" in database_url else "?"
    heart = Heart(f"{database_url}{separator}options=-csearch_path%3Delsewhere", stalled_seconds=1)
    heart.start([MODEL], 1)
    try:
        await heart.first_beat()
    finally:
        await asyncio.to_thread(heart.stop)

    assert rows(database_url, "select id from elsewhere.workers") == [(heart.worker,)]
