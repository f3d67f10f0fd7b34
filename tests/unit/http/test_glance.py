import asyncio

import pytest

from estampe.errors import DatabaseUnavailable
from estampe.http.glance import Glance


class Source:
    """A database that is asked, and may be away or slow."""

    def __init__(self):
        self.asked, self.away, self.clock = 0, False, 0.0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self, here):
        self.asked += 1
        number = self.asked
        await self.gate.wait()
        if self.away:
            raise DatabaseUnavailable
        return number


async def test_many_who_look_at_once_share_one_reading():
    source = Source()
    glance = Glance(source.read, fresh_seconds=5, monotonic=lambda: source.clock)

    assert await asyncio.gather(*(glance.now(None) for _ in range(50))) == [1] * 50
    assert await glance.now(None) == 1
    assert source.asked == 1


async def test_whoever_comes_during_a_reading_is_given_the_last():
    source = Source()
    glance = Glance(source.read, fresh_seconds=5, monotonic=lambda: source.clock)
    assert await glance.now(None) == 1
    source.clock = 5.0
    source.gate.clear()
    first = asyncio.create_task(glance.now(None))
    await asyncio.sleep(0)

    assert await glance.now(None) == 1
    source.gate.set()
    assert await first == 2


async def test_what_is_known_outlives_the_database():
    source = Source()
    glance = Glance(source.read, fresh_seconds=5, monotonic=lambda: source.clock)
    source.away = True
    with pytest.raises(DatabaseUnavailable):
        await glance.now(None)
    source.away = False
    known = await glance.now(None)
    source.away, source.clock = True, 5.0

    assert await glance.now(None) == known


async def test_a_slow_reading_is_repeated_the_more_rarely():
    source = Source()
    glance = Glance(source.read, fresh_seconds=5, monotonic=lambda: source.clock)
    source.gate.clear()
    first = asyncio.create_task(glance.now(None))
    await asyncio.sleep(0)
    source.clock = 2.0
    source.gate.set()
    assert await first == 1

    source.clock = 39.0
    assert await glance.now(None) == 1
    source.clock = 40.0
    assert await glance.now(None) == 2


async def test_who_hangs_up_during_the_first_reading_leaves_it_to_the_next():
    source = Source()
    glance = Glance(source.read, fresh_seconds=5, monotonic=lambda: source.clock)
    source.gate.clear()
    first, second = (asyncio.create_task(glance.now(None)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    source.gate.set()

    assert await second == 2
