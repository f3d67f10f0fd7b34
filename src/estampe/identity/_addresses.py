"""Which addresses may name an issuer, and which may be read from."""

import re

from estampe.domain import is_name

_HTTPS = re.compile(r"https://[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")
_QUERY = re.compile(r"\?[A-Za-z0-9._~/=&%-]*")
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]|localhost)(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")


def is_https(value: str) -> bool:
    return is_name(value) and _HTTPS.fullmatch(value) is not None


def is_https_resource(value: str) -> bool:
    """Where something may be read: what names nobody may have a query."""
    place, mark, query = value.partition("?")
    return is_https(place) and _QUERY.fullmatch(mark + query or "?") is not None


def is_loopback(value: str) -> bool:
    """Plain http, to this machine alone: for trying things out, and for tests."""
    return is_name(value) and _LOOPBACK.fullmatch(value) is not None
