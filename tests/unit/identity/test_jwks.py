"""Keys fetched from an issuer: once for all who ask, ahead of time, and through its outages."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from tests.unit.identity.forge import KID, document, jwk, key

from estampe.errors import IdentityProviderUnavailable
from estampe.identity._jwks import MAX_BYTES, FetchedKeys


class Site:
    """An identity provider on the loopback: counts what it is asked, and answers what it is told."""

    def __init__(self):
        self.asked = 0
        self.status = "200 OK"
        self.entries = [jwk(key())]
        self.body = None
        self.headers = ""
        self.at_once = MAX_BYTES * 2
        self.gate = asyncio.Event()
        self.gate.set()
        self.clock = 0.0

    async def answer(self, reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            await self.gate.wait()
            body = self.body if self.body is not None else json.dumps({"keys": self.entries}).encode()
            head = f"HTTP/1.1 {self.status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n{self.headers}\r\n"
            writer.write(head.encode() + body[: self.at_once])
            for byte in body[self.at_once :]:
                await writer.drain()
                await asyncio.sleep(0.01)
                writer.write(bytes([byte]))
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def fetched(site, **options):
    server = await asyncio.start_server(site.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    keys = FetchedKeys(f"http://127.0.0.1:{port}/.well-known/jwks.json", monotonic=lambda: site.clock, **options)
    try:
        yield keys
    finally:
        site.gate.set()
        await keys.close()
        server.close()
        await server.wait_closed()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


async def settled(site, asked):
    for _ in range(1000):
        if site.asked == asked:
            break
        await asyncio.sleep(0.001)
    for _ in range(20):
        await asyncio.sleep(0.001)


async def test_a_hundred_who_come_at_once_share_one_fetch():
    site = Site()
    site.gate.clear()
    async with fetched(site) as keys:
        waiting = [asyncio.create_task(keys.find(KID)) for _ in range(100)]
        await settled(site, 1)
        site.gate.set()
        found = await asyncio.gather(*waiting)
    assert site.asked == 1
    assert all(one is found[0] and one is not None for one in found)


async def test_one_who_hangs_up_does_not_end_the_fetch_the_others_wait_for():
    site = Site()
    site.gate.clear()
    async with fetched(site) as keys:
        first = asyncio.create_task(keys.find(KID))
        second = asyncio.create_task(keys.find(KID))
        await settled(site, 1)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        site.gate.set()
        assert await second is not None
    assert site.asked == 1


async def test_five_forged_kids_cause_one_fetch_at_most():
    site = Site()
    async with fetched(site) as keys:
        assert await keys.find(KID)
        site.clock = 100.0
        for number in range(5):
            assert await keys.find(f"forged_{number}") is None
        assert site.asked == 2
        site.clock = 129.0
        assert await keys.find("forged_again") is None
        assert site.asked == 2


async def test_a_new_key_is_found_once_the_cool_down_is_over():
    site = Site()
    async with fetched(site) as keys:
        assert await keys.find(KID)
        site.entries = [jwk(key()), jwk(key("second"), "ins_second")]
        assert await keys.find("ins_second") is None
        site.clock = 30.0
        assert await keys.find("ins_second")


async def test_a_key_the_issuer_withdrew_is_gone():
    site = Site()
    async with fetched(site) as keys:
        assert await keys.find(KID)
        site.entries = [jwk(key("second"), "ins_second")]
        site.clock = 30.0
        assert await keys.find("ins_second")
        assert await keys.find(KID) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("503 Service Unavailable", None),
        ("200 OK", b"{}"),
        ("200 OK", b'{"keys":[]}'),
        ("200 OK", b"<html>"),
        ("200 OK", document(jwk(key())) + b" " * MAX_BYTES),
        ("204 No Content", b""),
    ],
    ids=["down", "empty", "no key", "not json", "too large", "nothing"],
)
async def test_an_outage_loses_no_key(status, body):
    site = Site()
    async with fetched(site) as keys:
        before = await keys.find(KID)
        site.status, site.body, site.clock = status, body, 4000.0
        assert await keys.find(KID) is before
        assert site.asked == 2
        assert await keys.find("forged") is None
        assert site.asked == 2


async def test_keys_are_refreshed_ahead_without_anybody_waiting():
    site = Site()
    async with fetched(site) as keys:
        before = await keys.find(KID)
        site.gate.clear()
        site.clock = 240.0
        assert await keys.find(KID) is before
        await settled(site, 2)
        site.gate.set()
        for _ in range(200):
            if await keys.find(KID) is not before:
                break
            await asyncio.sleep(0.001)
        assert await keys.find(KID) is not before
    assert site.asked == 2


async def test_without_a_key_ever_read_the_provider_is_unavailable_for_a_moment():
    site = Site()
    site.status = "500 Oops"
    async with fetched(site) as keys:
        for _ in range(3):
            with pytest.raises(IdentityProviderUnavailable) as refusal:
                await keys.find(KID)
            assert 0 < refusal.value.retry_after_seconds <= 5
        assert site.asked == 1
        site.status, site.clock = "200 OK", 5.0
        assert await keys.find(KID)


async def test_a_server_that_never_answers_is_given_up():
    site = Site()
    site.gate.clear()
    async with fetched(site, timeout_seconds=0.05) as keys:
        with pytest.raises(IdentityProviderUnavailable):
            await keys.find(KID)


async def test_a_server_that_answers_drop_by_drop_is_given_up():
    site = Site()
    site.at_once = 0
    async with fetched(site, timeout_seconds=0.1) as keys:
        with pytest.raises(IdentityProviderUnavailable):
            await keys.find(KID)


async def test_nobody_listening_is_an_outage_like_another():
    keys = FetchedKeys("http://127.0.0.1:1/jwks.json")
    with pytest.raises(IdentityProviderUnavailable):
        await keys.find(KID)
    await keys.close()


async def test_a_redirect_is_not_followed():
    site, elsewhere = Site(), Site()
    async with fetched(elsewhere) as other, fetched(site) as keys:
        site.status, site.headers = "302 Found", f"location: {other._url}\r\n"
        with pytest.raises(IdentityProviderUnavailable):
            await keys.find(KID)
    assert elsewhere.asked == 0


async def test_the_loop_goes_on_while_keys_are_fetched():
    site = Site()
    site.gate.clear()
    async with fetched(site) as keys:
        waiting = asyncio.create_task(keys.find(KID))
        await settled(site, 1)
        assert not waiting.done()
        site.gate.set()
        assert await waiting
