"""Where the service is and how it is reached: what both clients are made of."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from typing import TypedDict
from urllib.parse import urlsplit

import httpx

from estampe_client._clock import Clock
from estampe_client._commands import Request
from estampe_client._exchange import Options, Session
from estampe_client._tokens import Tokens, TokenSource
from estampe_client._version import __version__
from estampe_client.errors import AnswerTooLarge, ConnectionLost

DEFAULT_URL = "http://127.0.0.1:9006"
CONNECT_SECONDS = 10.0
KEPT_OPEN = 20
AGENT = f"estampe-client-python/{__version__}"

# What never left this machine.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


class Making(TypedDict):
    """What both of httpx's clients are made with."""

    base_url: str
    trust_env: bool
    follow_redirects: bool
    limits: httpx.Limits


def address(base_url: str | None) -> str:
    """The service's URL. Raises `ValueError` for one that cannot be, or that carries a secret."""
    url = (base_url or os.environ.get("ESTAMPE_PUBLIC_URL") or DEFAULT_URL).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("the service's URL begins with http:// or https:// and names a host")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("the service's URL has no user, password, query or fragment: the token goes elsewhere")
    return url


def session(token: TokenSource | None, options: Options | None) -> Session:
    chosen, clock = options or Options(), Clock()
    source = os.environ.get("ESTAMPE_TOKEN", "") if token is None else token
    return Session(Tokens(source, clock, chosen.language), chosen, clock)


def making(url: str, *, trust_env: bool | None) -> Making:
    """A request to this very machine goes through no proxy, unless that is asked for."""
    return {
        "base_url": url,
        "trust_env": not _is_here(url) if trust_env is None else trust_env,
        "follow_redirects": False,
        "limits": httpx.Limits(max_connections=None, max_keepalive_connections=KEPT_OPEN),
    }


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def sendable(http: httpx.Client | httpx.AsyncClient, url: str, request: Request, options: Options) -> httpx.Request:
    seconds = request.timeout_seconds or options.timeout_seconds
    return http.build_request(
        request.method,
        url + request.path,
        params=list(request.query) or None,
        content=request.content,
        headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": AGENT, **request.headers},
        timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
    )


def lost(error: httpx.RequestError | httpx.StreamError) -> ConnectionLost:
    """Httpx's word for it is kept, and nothing of the request."""
    said = str(error) or type(error).__name__
    return ConnectionLost(f"the service cannot be reached: {said}", sent=not isinstance(error, UNSENT))


class Collected:
    """The bytes of one answer, as long as they are not too many and do not take too long."""

    def __init__(self, request: Request, options: Options, clock: Clock) -> None:
        self._limit, self._clock = options.max_answer_bytes, clock
        self._until = clock.awake() + (request.timeout_seconds or options.timeout_seconds)
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Raises `AnswerTooLarge`, and `ConnectionLost` for an answer that trickles."""
        self._size += len(piece)
        if self._size > self._limit:
            raise AnswerTooLarge(f"the answer is larger than {self._limit} bytes (`max_answer_bytes`)")
        if self._clock.awake() > self._until:
            raise ConnectionLost("the answer did not come whole in time")
        self._pieces.append(piece)

    def whole(self) -> bytes:
        return b"".join(self._pieces)


def headers(answer: httpx.Response) -> Mapping[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}
