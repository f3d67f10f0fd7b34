"""A POST to an address that somebody else chose: never to one inside, wherever its name leads at that moment."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
LONGEST_URL = 2048
MOST_ADDRESSES = 4

# IANA's special-purpose addresses, said here since Python's own lists change with its version; and the one, public
# by its number, at which a cloud tells its machines who they are.
NEVER_IPV4 = [IPv4Network(text) for text in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
)]  # fmt: skip
# What lies outside is this machine's, its network's, of many at once or nobody's; 6to4 and Teredo lead anywhere.
GLOBAL_UNICAST = IPv6Network("2000::/3")
NEVER_IPV6 = [IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
# Its last 32 bits are the IPv4 address at which a packet ends.
NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


class Refused(Exception):
    """The name leads to no address that may be reached from here."""


class Answer(NamedTuple):
    """What became of a POST: a status, or the class of what went wrong."""

    status: int | None
    error: str | None
    seconds: float


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet could be meant: not this machine, its network or its cloud."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NEVER_IPV4)
    inner = IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else address.ipv4_mapped
    if inner is not None:
        return is_public(inner)
    return address in GLOBAL_UNICAST and not any(address in network for network in NEVER_IPV6)


def is_acceptable(url: str, *, private: bool) -> bool:
    """Whether a webhook may be sent there, as far as the URL alone tells: the name is looked up when it is sent."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in ({"https", "http"} if private else {"https"}) or not host or parts.fragment:
        return False
    if parts.username is not None or parts.password is not None or port == 0 or len(url) > LONGEST_URL:
        return False
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    literal = _literal(host)
    return literal is None or private or is_public(literal)


def _literal(host: str) -> Address | None:
    """The address that the host is, in whatever way it is written: `127.1` and `0x7f000001` are addresses too."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as the system gives them. Raises `OSError`.

    On a thread of its own, which may outlive its caller: a look-up that nobody answers cannot be cut short, and the
    loop's few threads are for everybody.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Any]] = loop.create_future()

    def settle(addresses: list[Any] | None, error: OSError | UnicodeError | None) -> None:
        if not found.done():
            found.set_exception(error) if error else found.set_result(addresses or [])

    def look() -> None:
        addresses, error = None, None
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as failure:
            error = failure
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, addresses, error)

    threading.Thread(target=look, name="look-up", daemon=True).start()
    return [str(address[0]) for *_, address in await found]


class Guarded(httpcore.AsyncNetworkBackend):
    """Looks a name up, checks what it leads to, and connects to that very address: nobody can swap it in between."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend, lookup: Resolve, *, private: bool) -> None:
        self._inner, self._lookup, self._private = inner, lookup, private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's name
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises `Refused`, and what httpcore raises."""
        try:
            found = await self._lookup(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name is not known") from error
        allowed = [one for one in dict.fromkeys(found) if self._private or _is_public(one)][:MOST_ADDRESSES]
        if not allowed:
            raise Refused
        for left, one in reversed([*enumerate(reversed(allowed))]):
            try:
                return await self._inner.connect_tcp(one, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not left:
                    raise
        raise Refused

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def _is_public(text: str) -> bool:
    try:
        return is_public(ip_address(text.partition("%")[0]))
    except ValueError:
        return False


class Outbound:
    """Sends one POST, follows nothing, reads no further than the status, and asks no proxy."""

    def __init__(
        self,
        *,
        private: bool,
        lookup: Resolve = resolve,
        inner: httpcore.AsyncNetworkBackend | None = None,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._backend = Guarded(inner or httpcore.AnyIOBackend(), lookup, private=private)
        self._private, self._whole_seconds = private, whole_seconds
        self._context = ssl.create_default_context()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what is wrong at the other end."""
        began = time.monotonic()
        status, error = None, None
        try:
            async with asyncio.timeout(self._whole_seconds):
                status = await self._status(url, headers, body)
        except (TimeoutError, httpcore.TimeoutException):
            error = "timeout"
        except Refused:
            error = "address_refused"
        except ssl.SSLError:
            error = "tls"
        except httpcore.ConnectError as failed:
            error = "tls" if isinstance(failed.__cause__ or failed.__context__, ssl.SSLError) else "connect"
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError):
            error = "connection"
        return Answer(status, error, time.monotonic() - began)

    async def _status(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        if not is_acceptable(url, private=self._private):
            raise Refused
        # A connection each: what is kept open to somebody else's machine is one more thing that can go wrong.
        async with httpcore.AsyncConnectionPool(
            ssl_context=self._context, network_backend=self._backend, max_connections=1, max_keepalive_connections=0
        ) as pool:
            patience = {"connect": CONNECT_SECONDS, "read": WHOLE_SECONDS, "write": WHOLE_SECONDS, "pool": 1.0}
            said = [(name.encode(), value.encode()) for name, value in headers.items()]
            async with pool.stream("POST", url, headers=said, content=body, extensions={"timeout": patience}) as reply:
                return int(reply.status)
