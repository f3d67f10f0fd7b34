"""One connection that listens, across whatever happens to it."""

import asyncio
import time

import psycopg
import pytest

from estampe.db import notices as module
from estampe.db.notices import Notices


async def until(question, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            pytest.fail("that never came")
        await asyncio.sleep(0.01)


class Ear:
    """Writes down what it hears."""

    def __init__(self, notices, channel):
        self.heard, self.gaps = [], 0
        notices.subscribe(channel, self.heard.append, self._missed)

    def _missed(self):
        self.gaps += 1


def tell(url, channel, payload):
    with psycopg.connect(url) as connection:
        connection.execute("select pg_notify(%s, %s)", [channel, payload])


def listeners(url):
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select pid from pg_stat_activity where application_name = 'estampe listen'"
            " and datname = current_database()"
        ).fetchall()


async def test_each_channel_has_its_ears_and_all_share_one_connection(database_url):
    notices = Notices(database_url)
    one, two, more = Ear(notices, "one"), Ear(notices, "two"), Ear(notices, "two")
    assert not notices.fresh
    async with notices.listening():
        await until(lambda: notices.fresh)
        tell(database_url, "one", "a")
        tell(database_url, "two", "b")
        await until(lambda: more.heard)
        assert (one.heard, two.heard, more.heard) == (["a"], ["b"], ["b"])
        assert (one.gaps, two.gaps) == (1, 1)
        assert len(listeners(database_url)) == 1
    await until(lambda: not listeners(database_url))


async def test_nothing_is_lost_between_two_looks(database_url):
    notices = Notices(database_url)
    ear = Ear(notices, "one")
    async with notices.listening():
        await until(lambda: notices.fresh)
        told = [str(number) for number in range(100)]
        for payload in told:
            await asyncio.to_thread(tell, database_url, "one", payload)
        await until(lambda: len(ear.heard) == len(told))
    assert ear.heard == told


async def test_a_connection_cut_is_made_again_and_the_gap_is_told(database_url):
    notices = Notices(database_url)
    ear = Ear(notices, "one")
    async with notices.listening():
        await until(lambda: ear.gaps == 1 and notices.fresh)
        with psycopg.connect(database_url) as connection:
            connection.execute("select pg_terminate_backend(%s)", listeners(database_url)[0])
        await until(lambda: not notices.fresh)
        await until(lambda: ear.gaps == 2 and notices.fresh)
        tell(database_url, "one", "after")
        await until(lambda: ear.heard == ["after"])


async def test_silence_that_proves_nothing_is_not_fresh(database_url, monkeypatch):
    monkeypatch.setattr(module, "PROVE_SECONDS", 60.0)
    notices = Notices(database_url)
    async with notices.listening():
        await until(lambda: notices._proven_at > float("-inf"))  # a slow look may find it past already
        await until(lambda: not notices.fresh)


async def test_a_database_that_is_not_there_is_waited_for(tmp_path):
    notices = Notices(f"postgresql:///estampe?host={tmp_path}")
    async with notices.listening():
        await asyncio.sleep(0.3)
        assert not notices.fresh
