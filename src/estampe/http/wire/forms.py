"""A form with files (`multipart/form-data`, RFC 7578) → the same values a JSON body would hold, files as bytes."""

import re
from collections.abc import Iterator
from typing import Any

from estampe.errors import FieldError, InvalidRequestBody, Text
from estampe.http.wire.faults import NUL

MEDIA_TYPE = "multipart/form-data"
MOST_PARTS = 64
LONGEST_HEADERS = 4096

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"\\]{1,70})"|([^\s;"\\]{1,70}))\s*(?:;|$)', re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition:[ \t]*form-data[ \t]*(;[^\r\n]*)\r?$", re.IGNORECASE | re.MULTILINE)
_PARAMETER = re.compile(rb';[ \t]*([a-z]+\*?)=("(?:[^"\\]|\\.)*"|[^;\s"]*)', re.IGNORECASE)
_NESTED = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")

_MALFORMED = Text("The form is malformed.", "Le formulaire est mal formé.")
_NOT_UTF8 = Text("The field is not UTF-8.", "Le champ n'est pas en UTF-8.")


def is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == MEDIA_TYPE


def read(body: bytes, content_type: str) -> dict[str, Any]:
    """`name[]` and repeated names become lists, `name[key]` a map. Raises `InvalidRequestBody`."""
    found: dict[str, Any] = {}
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise _refused()
    for number, (name, value) in enumerate(_parts(body, (boundary[1] or boundary[2]).encode("latin-1"))):
        if number == MOST_PARTS:
            raise _refused()
        _put(found, name, value)
    return found


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, str | bytes]]:
    edge = b"--" + boundary
    at = 0 if body.startswith(edge) else body.find(b"\r\n" + edge) + 2
    while True:
        if not body.startswith(edge, at):
            raise _refused()
        at += len(edge)
        if body.startswith(b"--", at):
            return
        headers = body.find(b"\r\n\r\n", at, at + LONGEST_HEADERS)
        end = body.find(b"\r\n" + edge, headers + 2)
        if not body.startswith(b"\r\n", at) or headers < 0 or end < 0:
            raise _refused()
        yield _part(body[at + 2 : headers], body[headers + 4 : end])
        at = end + 2


def _part(headers: bytes, content: bytes) -> tuple[str, str | bytes]:
    """What has a file's name is a file; all else is text."""
    disposition = _DISPOSITION.search(headers)
    parameters = _PARAMETER.findall(disposition[1]) if disposition else ()
    named = {key.lower(): value.strip(b'"') for key, value in parameters}
    try:
        name = named[b"name"].decode()
    except (KeyError, UnicodeDecodeError):
        raise _refused() from None
    if {b"filename", b"filename*"} & named.keys():
        return name, content
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise _refused(f"/{name}", _NOT_UTF8) from None
    if "\0" in name or "\0" in text:
        raise _refused(f"/{name}", NUL)
    return name, text


def _put(found: dict[str, Any], name: str, value: str | bytes) -> None:
    nested = _NESTED.fullmatch(name)
    if nested is None:
        if name in found:
            earlier = found[name]
            found[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            found[name] = value
        return
    outer, inner = nested.groups()
    if inner == "" or inner.isdecimal():
        held = found.setdefault(outer, [])
        if not isinstance(held, list):
            raise _refused(f"/{outer}")
        held.append(value)
    else:
        held = found.setdefault(outer, {})
        if not isinstance(held, dict):
            raise _refused(f"/{outer}")
        held[inner] = value


def _refused(pointer: str = "", why: Text = _MALFORMED) -> InvalidRequestBody:
    return InvalidRequestBody(why, errors=(FieldError(pointer, why),))
