"""Requests a minute: said on every answer, refused beyond, and closed to spending when nobody can count."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace

import httpx
import msgspec
import pytest
from tests.postgres import eventually
from tests.service import free_port
from tests.thorough import thorough
from tests.unit.http import tiny
from tests.unit.http.tiny import ANA, BOB, line

from estampe import checks
from estampe.errors import InvalidSetting, LimitsUnavailable, RateLimited
from estampe.http import rates, table
from estampe.http.rates import InProcess, Rates, Remote
from estampe.http.route import Access, Reply
from estampe.http.table import Table
from estampe.policy.permissions import Permission
from estampe.settings import Settings

EVE = msgspec.structs.replace(BOB, user_id="eve")
NOON = 12 * 3600.0


class Clock:
    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        return self.now


class Broken:
    def __init__(self):
        self.asked = 0

    async def incr(self, key, expiry, amount=1):
        self.asked += 1
        raise ConnectionError("no one there")


def limited(user=3, tenant=5, store=None, clock=None):
    return Rates({"user": user, "tenant": tenant}, store or InProcess(), clock or Clock())


def said(verdict):
    """As people read it."""
    return {name.decode(): value.decode() for name, value in verdict.fields}


async def counted(under, person, times=1, *, spends=False):
    for _ in range(times):
        verdict = await under.count(person, spends=spends)
    return verdict


async def test_every_answer_says_what_is_left_and_until_when():
    clock = Clock(NOON + 1.5)
    verdict = await counted(limited(clock=clock), BOB)

    assert verdict.refusal is None
    assert said(verdict) == {
        "ratelimit-policy": '"user";q=3;w=60, "tenant";q=5;w=60',
        "ratelimit": '"user";r=2;t=59, "tenant";r=4;t=59',
    }


async def test_the_request_beyond_the_last_is_refused_until_the_window_ends():
    clock = Clock(NOON + 20)
    under = limited(clock=clock)
    assert (await counted(under, BOB, 3)).refusal is None

    verdict = await counted(under, BOB)

    assert isinstance(verdict.refusal, RateLimited)
    assert verdict.refusal.retry_after_seconds == 40
    assert said(verdict)["ratelimit"] == '"user";r=0;t=40'
    clock.now += 40
    assert (await counted(under, BOB)).refusal is None


async def test_one_person_s_excess_does_not_count_against_the_others():
    under = limited()
    await counted(under, BOB, 50)

    assert (await counted(under, EVE, 2)).refusal is None
    assert isinstance((await counted(under, EVE)).refusal, RateLimited)


async def test_a_person_has_one_limit_in_all_their_organisations():
    under = limited(tenant=0)
    await counted(under, BOB, 3)
    elsewhere = msgspec.structs.replace(BOB, organization_id="org_c")

    assert isinstance((await counted(under, elsewhere)).refusal, RateLimited)
    other_issuer = msgspec.structs.replace(BOB, issuer="https://other.example")
    assert (await counted(under, other_issuer)).refusal is None


async def test_zero_is_no_limit_and_says_nothing():
    assert await counted(limited(0, 0), BOB, 99) == ((), None)
    assert said(await counted(limited(0, 5), BOB))["ratelimit-policy"] == '"tenant";q=5;w=60'


async def test_when_nobody_can_count_spending_stops_and_reading_goes_on():
    store, clock = Broken(), Clock()
    under = limited(store=store, clock=clock)

    spending, reading = await counted(under, BOB, spends=True), await counted(under, BOB)

    assert isinstance(spending.refusal, LimitsUnavailable)
    assert spending.refusal.retry_after_seconds > 0
    assert reading.refusal is None
    assert store.asked == 1, "a store that is away is not asked again at once"
    clock.now += 2
    await counted(under, BOB)
    assert store.asked == 2


async def test_the_counts_of_a_minute_are_forgotten_with_it():
    store, clock = InProcess(), Clock()
    under = limited(store=store, clock=clock)
    for n in range(1000):
        await counted(under, msgspec.structs.replace(BOB, user_id=f"user_{n}"))
    clock.now += 60
    await counted(under, BOB)

    assert len(store._counts) == 2


class Counting(tiny.Tiny):
    def __init__(self, under):
        self.rates = under


def client(under):
    transport = httpx.ASGITransport(Table(tiny.ROUTES + SPENDING).asgi(Counting(under)))
    return httpx.AsyncClient(transport=transport, base_url="https://estampe.example")


async def spend(call):
    return Reply(202)


SPENDING = (line("POST", "/spend", spend, Permission.IMAGES_GENERATE, spends=True, replies={202: None}),)


async def test_answers_and_refusals_carry_the_headers():
    async with client(limited()) as http:
        first = await http.get("/me", headers=tiny.bearer("bob"))
        missing = await http.get("/secrets/x", headers=tiny.bearer("bob"))
        forbidden = await http.post("/wishes", headers=tiny.bearer("bob"), json={"prompt": 5})
        await http.get("/me", headers=tiny.bearer("bob"))
        refused = await http.get("/me", headers=tiny.bearer("bob"))

    assert first.headers["ratelimit"].startswith('"user";r=2;')
    assert "ratelimit" not in missing.headers, "a public route is not limited"
    assert forbidden.headers["ratelimit"].startswith('"user";r=1;')
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) == 60
    assert refused.headers["ratelimit"].startswith('"user";r=0;')


async def test_what_spends_is_a_503_while_the_store_is_away():
    async with client(limited(store=Broken())) as http:
        spending = await http.post("/spend", headers=tiny.bearer("bob"))
        reading = await http.get("/me", headers=tiny.bearer("bob"))

    assert (spending.status_code, spending.json()["code"]) == (503, "limits_unavailable")
    assert "retry-after" in spending.headers
    assert reading.status_code == 200


MAKING_EITHER = (Permission.IMAGES_GENERATE, Permission.VIDEOS_GENERATE)


def test_every_route_that_makes_or_brings_something_spends():
    making = {Permission.IMAGES_GENERATE, Permission.VIDEOS_GENERATE, MAKING_EITHER}
    for route in table(1):
        wanted = route.may in making or route.path.endswith("/retry")
        assert route.spends == wanted, route.path
        assert not (route.spends and route.may is Access.PUBLIC)


# Redis


@pytest.fixture
def redis(tmp_path):
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None and os.environ.get("TESTS_REQUIRE_REDIS"):
        pytest.fail("redis-server is required and is not installed")
    if program is None:
        pytest.skip("no redis-server")
    port = free_port()
    process = subprocess.Popen(
        [program, "--port", str(port), "--save", "", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL
    )

    def answers():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    eventually(answers, "redis")
    yield f"redis://127.0.0.1:{port}/0", process
    process.send_signal(signal.SIGKILL)
    process.wait()


@thorough("needs redis-server")
async def test_two_processes_count_together_in_redis(redis, monkeypatch):
    monkeypatch.setattr(rates, "PATIENCE_SECONDS", 10.0)
    url, _ = redis
    one, other = (Rates({"user": 3}, Remote(url), Clock()) for _ in range(2))
    try:
        first = await counted(one, BOB, 2)
        second = await counted(other, BOB)
        third = await counted(one, BOB)
    finally:
        await one.close()
        await other.close()

    assert said(first)["ratelimit"].startswith('"user";r=1;')
    assert second.refusal is None
    assert isinstance(third.refusal, RateLimited)


@thorough("needs redis-server")
async def test_a_redis_that_dies_closes_spending_within_its_time_out(redis, monkeypatch):
    monkeypatch.setattr(rates, "PATIENCE_SECONDS", 2.0)
    monkeypatch.setattr(rates, "COOL_DOWN_SECONDS", 60.0)
    url, process = redis
    under = Rates({"user": 9}, Remote(url.replace("redis:", "valkey:")))
    try:
        assert (await counted(under, ANA, spends=True)).refusal is None
        process.send_signal(signal.SIGSTOP)
        started = asyncio.get_running_loop().time()
        assert isinstance((await counted(under, ANA, spends=True)).refusal, LimitsUnavailable)
        assert (await counted(under, ANA)).refusal is None
        assert asyncio.get_running_loop().time() - started < 10 * rates.PATIENCE_SECONDS  # it would never answer
    finally:
        process.send_signal(signal.SIGCONT)
        await under.close()


def test_without_the_client_redis_is_refused_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(InvalidSetting, match="redis"):
        checks.prepare(Settings(data_dir=tmp_path, rate_limit_store="redis://127.0.0.1"))


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("redis://valkey:6379/0", "redis://valkey:6379/0"),
        ("valkey://redis:6379/0", "redis://redis:6379/0"),
        ("valkeys://:valkey@counts", "rediss://:valkey@counts"),
        ("rediss://:redis@valkey", "rediss://:redis@valkey"),
    ],
)
def test_a_store_of_counts_is_reached_where_it_was_said_to_be(monkeypatch, url: str, meant: str):
    asked = []

    class Storage:
        incr = None
        bridge = SimpleNamespace(storage=None)

        def __init__(self, url: str, **_: object) -> None:
            asked.append(url)

    monkeypatch.setattr(rates, "storage_class", lambda: Storage)
    Remote(url)

    assert asked == [f"async+{meant}"]
