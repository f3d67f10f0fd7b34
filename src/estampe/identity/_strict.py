"""Strict readings of base64url and JSON: one text has one meaning, or none."""

import json
from typing import Any, NoReturn

import msgspec

MAX_DEPTH = 12
# The decoder speaks the other alphabet, takes padding and reads a JSON text: their letters become one it refuses.
_ALPHABET = bytes.maketrans(b'-_+/="\\', b"+/!!!!!")
# How much of its last letter a text of length 4n + 2 or 4n + 3 uses: the rest must be zero.
_LAST = {0: None, 2: frozenset(b"AQgw"), 3: frozenset(b"AEIMQUYcgkosw048")}
_END = (b'"', b'"', b'=="', b'="')


def base64url(text: str | bytes) -> bytes:
    """Unpadded and canonical. Raises `ValueError`."""
    letters = text.encode("ascii") if isinstance(text, str) else text
    over = len(letters) & 3
    if over and (over == 1 or letters[-1] not in _LAST[over]):  # type: ignore[operator]  # 0 is never asked for
        raise ValueError("not canonical")
    # Twice as fast as binascii, and as strict.
    return _BYTES.decode(b'"' + letters.translate(_ALPHABET) + _END[over])


def json_object(raw: bytes) -> dict[str, Any]:
    """UTF-8, an object, no member twice, no NaN, not deep. Raises `ValueError`."""
    try:
        value = _DECODER.decode(raw)
        # msgspec is several times faster and lets a member come twice. What it would write itself has each once:
        # nearly all issuers write like that, without spaces, and the others are read slowly.
        plain = _ENCODER.encode(value) == raw
    except (ValueError, RecursionError):
        plain = False
    if not plain:
        value = _read_slowly(raw)
    shallow = raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH or _shallow(value, MAX_DEPTH)
    if not isinstance(value, dict) or not shallow:
        raise ValueError("not a shallow object")
    return value


def _read_slowly(raw: bytes) -> Any:
    try:
        return _STRICT.decode(raw.decode("utf-8"))
    except RecursionError:
        raise ValueError("too deep") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _not_json(name: str) -> NoReturn:
    raise ValueError(name)


_BYTES = msgspec.json.Decoder(bytes)
_DECODER = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()
_STRICT = json.JSONDecoder(object_pairs_hook=_once_each, parse_constant=_not_json)


def _shallow(value: Any, left: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    members = value.values() if isinstance(value, dict) else value
    return left > 0 and all(_shallow(member, left - 1) for member in members)
