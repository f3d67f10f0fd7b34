"""How many large bodies one person, and all together, may have under way."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from tests.unit.http import tiny
from tests.unit.http.tiny import Line, Tiny, piece, scope

from estampe.http.table import Table
from estampe.http.wire import burden
from estampe.policy.permissions import Permission

LARGE = 100
LARGE_ONE = [piece(b"x" * 200)]
PICTURE = ("content-type", "image/png")


@pytest.fixture(autouse=True)
def _small_things_are_large(monkeypatch):
    monkeypatch.setattr(burden, "LARGE_BYTES", LARGE)
    monkeypatch.setattr(burden, "MOST_OF_ONE", 2)
    monkeypatch.setattr(burden, "MOST_OF_ALL", 3)


class House:
    """One route that keeps what it is sent for as long as the test wants, or lets go of it before."""

    def __init__(self, *, lets_go=False):
        self.done, self.lets_go = asyncio.Event(), lets_go
        routes = [tiny.line("POST", path, self.keep, may, body=bytes, body_types=("image/png",))
                  for path, may in (("/", Permission.IMAGES_GENERATE), ("/open", tiny.Access.PUBLIC))]  # fmt: skip
        self.app = Table(routes).asgi(Tiny())

    async def keep(self, call):
        if self.lets_go:
            call.body = None
            call.unburden()
        await self.done.wait()
        return tiny.Reply()

    async def sent(self, *pieces, who="ana", path="/", headers=()):
        line = Line(*pieces)
        token = [("authorization", f"Bearer {who}")] if who else []
        await self.app(scope("POST", path, [PICTURE, *token, *headers]), line.receive, line.send)
        return line

    @asynccontextmanager
    async def with_under_way(self, *whose, pieces=LARGE_ONE, path="/"):
        tasks = [asyncio.create_task(self.sent(*pieces, who=who, path=path)) for who in whose]
        for _ in range(20):
            await asyncio.sleep(0)
        yield tasks
        self.done.set()
        for task in tasks:
            assert (await task).status == 200


async def test_one_person_s_large_bodies_are_bounded_and_leave_the_others_alone():
    house = House()
    async with house.with_under_way("ana", "ana"):
        refused = await house.sent(piece(b"x" * 60, more=True), piece(b"x" * 60, more=True), piece(b"never read"))
        told = json.loads(refused.body)
        assert (refused.status, told["code"], len(refused.incoming)) == (429, "rate_limited", 1)
        assert (b"retry-after", b"2") in refused.sent[0]["headers"]
        async with house.with_under_way("bob"):
            assert (await house.sent(piece(b"x" * 200), who="")).status == 401
    assert (await house.sent(piece(b"x" * 200))).status == 200


async def test_a_length_that_is_declared_is_refused_unread():
    house = House()
    async with house.with_under_way("ana", "ana"):
        refused = await house.sent(piece(b"x", more=True), headers=[("content-length", "101")])
        assert (refused.status, len(refused.incoming)) == (429, 1)


async def test_all_large_bodies_together_are_bounded():
    house = House()
    async with house.with_under_way("ana", "ana", "bob"):
        assert (await house.sent(piece(b"x" * 200), who="bob")).status == 429


async def test_strangers_are_one_person():
    house = House()
    async with house.with_under_way("", "", path="/open"):
        assert (await house.sent(piece(b"x" * 200), who="", path="/open")).status == 429


async def test_a_small_body_is_not_counted():
    house = House()
    async with house.with_under_way("ana", "ana"), house.with_under_way("ana", pieces=[piece(b"x" * LARGE)]):
        pass


async def test_a_body_that_ends_badly_leaves_its_place():
    house = House()
    house.done.set()
    for _ in range(5):
        left = await house.sent(piece(b"x" * 200, more=True), {"type": "http.disconnect"})
        assert left.sent == []
        too_large = await house.sent(piece(b"x" * 200, more=True), piece(b"x" * 2000))
        assert too_large.status == 413

    assert (await house.sent(piece(b"x" * 200))).status == 200


async def test_what_a_handler_has_let_go_of_is_not_counted_while_it_waits():
    house = House(lets_go=True)
    async with house.with_under_way("ana", "ana"), house.with_under_way("ana", "ana"):
        pass
