"""Which bytes of a file are asked for (RFC 9110, section 14): one range, or all of it."""

import re
from typing import NamedTuple

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_DIGITS = 18


class Span(NamedTuple):
    """Bytes [start, end)."""

    start: int
    end: int


class Unsatisfiable(Exception):
    """The range lies outside of the file."""


def asked(header: str | None, size: int) -> Span | None:
    """The span of a `Range` header; None for the whole file: no header, one we cannot read, or several ranges.

    Raises `Unsatisfiable`.
    """
    match = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or max(map(len, match.groups())) > _DIGITS:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        start, end = max(size - int(last), 0), size
        if int(last) == 0:
            raise Unsatisfiable
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size:
        raise Unsatisfiable
    return Span(start, end)
