"""Strict readings of base64url and JSON: one text has one meaning, or none."""

import base64
import json
from typing import Any, NoReturn

MAX_DEPTH = 12


def base64url(text: str) -> bytes:
    """Unpadded and canonical. Raises `ValueError`."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # The decoder is lenient; what it would write itself has one spelling.
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != text.encode():
        raise ValueError("not canonical")
    return raw


def json_object(raw: bytes) -> dict[str, Any]:
    """UTF-8, an object, no member twice, no NaN, not deep. Raises `ValueError`."""
    try:
        value = _JSON.decode(raw.decode("utf-8"))
    except RecursionError:
        raise ValueError("too deep") from None
    shallow = raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH or _shallow(value, MAX_DEPTH)
    if not isinstance(value, dict) or not shallow:
        raise ValueError("not a shallow object")
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _not_json(name: str) -> NoReturn:
    raise ValueError(name)


_JSON = json.JSONDecoder(object_pairs_hook=_once_each, parse_constant=_not_json)


def _shallow(value: Any, left: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    members = value.values() if isinstance(value, dict) else value
    return left > 0 and all(_shallow(member, left - 1) for member in members)
