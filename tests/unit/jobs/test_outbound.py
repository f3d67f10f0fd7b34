"""Where a POST that somebody else addressed may go: checked at the moment it is sent."""

import asyncio
import socket
import threading
from ipaddress import ip_address

import httpcore
import pytest
from tests.receiver import receiving

from estampe.jobs.outbound import Outbound, is_acceptable, is_public, resolve

PUBLIC = "93.184.216.34"
INSIDE = (
    "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
    "168.63.129.16", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.192", "::", "::1", "fe80::1",
    "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::", "2001:0:1::1", "2001:db8::1", "100::1",
)  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_not_public(address: str):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_what_anybody_may_reach_is_public(address: str):
    assert is_public(ip_address(address))


class Lines(httpcore.AsyncNetworkBackend):
    """Notes where it was asked to connect, and has nothing to connect to."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def connect_tcp(self, host, port, *how, **more):
        self.asked.append(host)
        raise httpcore.ConnectError

    async def sleep(self, seconds):
        raise AssertionError


def leading_to(*answers):
    """A name server that answers differently each time it is asked."""
    left = list(answers)

    async def lookup(host, port):
        return left.pop(0)

    return lookup


async def sent(lookup, url="https://hook.example/x"):
    lines = Lines()
    answer = await Outbound(private=False, lookup=lookup, inner=lines).post(url, {}, b"{}")
    return answer, lines.asked


@pytest.mark.parametrize("address", INSIDE)
async def test_a_name_that_leads_inside_is_refused(address: str):
    answer, asked = await sent(leading_to([address]))

    assert (answer.status, answer.error) == (None, "address_refused")
    assert asked == []


async def test_the_address_that_was_checked_is_the_one_connected_to():
    """The next answer of the name server would lead inside: nobody asks for it."""
    answer, asked = await sent(leading_to([PUBLIC], ["127.0.0.1"]))

    assert answer.error == "connect"
    assert asked == [PUBLIC]


async def test_of_several_addresses_those_inside_are_left_out():
    _, asked = await sent(leading_to(["10.0.0.1", PUBLIC, "::1", "93.184.216.35"]))

    assert asked == [PUBLIC, "93.184.216.35"]


async def test_what_is_no_address_is_none():
    answer, asked = await sent(leading_to(["not an address"]))

    assert answer.error == "address_refused"
    assert asked == []


async def test_a_name_that_nobody_knows():
    async def unknown(host, port):
        raise OSError("no such host")

    answer, _ = await sent(unknown)

    assert answer.error == "connect"


@pytest.mark.parametrize("url", ["http://hook.example/", "https://127.0.0.1/", "https://2130706433/"])
async def test_a_url_that_was_never_acceptable_is_not_even_looked_up(url: str):
    answer, asked = await sent(leading_to(), url)

    assert answer.error == "address_refused"
    assert asked == []


async def test_only_who_allows_it_sends_inside():
    with receiving() as receiver:
        allowed = await Outbound(private=True).post(receiver.url, {"x-said": "yes"}, b"{}")
        refused = await Outbound(private=False).post(receiver.url, {}, b"{}")

    assert allowed.status == 204
    assert refused.error == "address_refused"
    assert [came.headers["x-said"] for came in receiver.came] == ["yes"]


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with receiving() as receiver:
        answer = await Outbound(private=True).post(receiver.url, {}, b"{}")

    assert answer.status == 204


async def test_a_redirect_inside_is_only_a_status():
    with receiving() as receiver, receiving() as elsewhere:
        receiver.answers = [(302, {"location": elsewhere.url})]
        answer = await Outbound(private=True).post(receiver.url, {}, b"{}")

    assert answer.status == 302
    assert elsewhere.came == []


async def test_who_never_answers_is_given_up():
    with receiving() as receiver:
        receiver.hold.clear()
        answer = await Outbound(private=True, whole_seconds=0.3).post(receiver.url, {}, b"{}")
        receiver.hold.set()

    assert (answer.status, answer.error) == (None, "timeout")


@pytest.mark.parametrize("url", ["https://a.example", "https://a.example:8443/x?y=z", "https://93.184.216.34/"])
def test_an_ordinary_url_is_acceptable(url: str):
    assert is_acceptable(url, private=False)


def test_plain_http_is_for_who_sends_inside():
    assert is_acceptable("http://127.0.0.1:8080/x", private=True)
    assert not is_acceptable("http://a.example/", private=False)


async def test_names_that_nobody_answers_for_hold_up_no_other(monkeypatch):
    let = threading.Event()

    def look(host, port, **_):
        if host != "fast.example":
            let.wait(60)
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    waiting = [asyncio.create_task(resolve(f"slow-{number}.example", 443)) for number in range(100)]
    try:
        await asyncio.sleep(0)  # they have begun
        assert await asyncio.wait_for(resolve("fast.example", 443), 30) == [PUBLIC]
        waiting[0].cancel()
    finally:
        let.set()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(one) for one in ended[1:]} == {socket.gaierror}
