"""JSON to the types of types.py and back: fields that this version does not know are left out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from estampe_client.errors import UnexpectedAnswer, VersionMismatch

T = TypeVar("T")

PLAIN = (str, int, bool)


def decode(kind: type[T], content: bytes) -> T:
    """Raises `UnexpectedAnswer` for what is not JSON, or not of that shape."""
    try:
        raw: object = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer("the answer is not JSON: is this the address of an Estampe service?") from error
    return cast("T", shaped(kind, raw, kind.__name__))


def shaped(kind: Any, raw: object, where: str) -> object:
    """`raw` as `kind`, a class or a hint. Raises `UnexpectedAnswer`."""
    if dataclasses.is_dataclass(kind):
        return _instance(cast("type[Any]", kind), raw, where)
    origin, sides = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return None if raw is None else shaped(next(side for side in sides if side is not NoneType), raw, where)
    if origin is list and isinstance(raw, list):
        return [shaped(sides[0], value, where) for value in cast("list[object]", raw)]
    if origin is dict and isinstance(raw, dict):
        return {key: shaped(sides[1], value, where) for key, value in cast("dict[str, object]", raw).items()}
    return raw if kind is Any else _plain(kind, raw, where)


def _plain(kind: Any, raw: object, where: str) -> object:
    if kind is float and isinstance(raw, int | float) and not isinstance(raw, bool):
        return float(raw)
    if (kind in PLAIN and type(raw) is kind) or (get_origin(kind) is Literal and isinstance(raw, str)):
        return raw  # a newer service may have more words than those listed
    if isinstance(raw, str) and kind in {dt.datetime, dt.date}:
        try:
            return kind.fromisoformat(raw.replace("Z", "+00:00"))
        except ValueError:
            pass
    raise VersionMismatch(f"{where} is not what this client knows: one of the two is of another version")


def _instance(kind: type[Any], raw: object, where: str) -> object:
    if not isinstance(raw, dict):
        raise VersionMismatch(f"{where} is not an object: is this the address of an Estampe service?")
    given = cast("dict[str, object]", raw)
    values: dict[str, object] = {}
    for name, wire, hint, required in _fields(cast("Any", kind)):
        if wire in given:
            values[name] = shaped(hint, given[wire], f"{where}.{wire}")
        elif required:
            raise VersionMismatch(f"{where} lacks {wire}: this client is newer than the service, or it is another one")
    return kind(**values)


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, str, Any, bool], ...]:
    """Of each field: its name, its name on the wire, its type, whether it must be there."""
    hints = get_type_hints(kind)
    return tuple(
        (
            one.name,
            cast("str", one.metadata.get("wire", one.name)),
            hints[one.name],
            one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING,
        )
        for one in dataclasses.fields(kind)
    )


def encoded(fields: Mapping[str, object]) -> bytes:
    """A JSON body; what is None is not said."""
    said = {name: value for name, value in fields.items() if value is not None}
    return json.dumps(said, default=_text, ensure_ascii=False, allow_nan=False).encode("utf-8")


def query(fields: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """A query string's pairs; what is None is not said."""
    return tuple((name, _said(value)) for name, value in fields.items() if value is not None)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(_said(one) for one in cast("list[object]", value))
    return _text(value) if isinstance(value, dt.date) else str(value)


def _text(value: object) -> str:
    """A moment without a zone is one of this machine's."""
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.astimezone()).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be sent")
