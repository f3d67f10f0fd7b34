"""Where a request comes from, when several of it must be told apart: an address, or the network of one."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

# A household or a server has at least this much of IPv6 to itself.
HOME_BITS = 64
LONGEST_FORWARDED = 2048


def source_of(scope: Mapping[str, Any], trusted_proxies: int) -> str | None:
    """The client's address, an IPv6 one as its /64; None where the connection has none.

    `X-Forwarded-For` is believed for as many hops as there are proxies of ours: each adds whom it heard, at the
    end, so what stands further left was written by anybody.
    """
    client = scope.get("client")
    heard = _address(client[0]) if client else None
    hops = _forwarded(scope["headers"]) if trusted_proxies else []
    if trusted_proxies and len(hops) >= trusted_proxies:
        heard = _address(hops[-trusted_proxies]) or heard
    return heard


def _forwarded(headers: Any) -> list[str]:
    said = b",".join(value for name, value in headers if name == b"x-forwarded-for")
    return said[-LONGEST_FORWARDED:].decode("latin-1").split(",") if said else []


def _address(text: str) -> str | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(_network(address))


def _network(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address | IPv6Network:
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Network((address, HOME_BITS), strict=False)
