"""Server-Sent Events out of bytes, however they are cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from estampe_client.errors import AnswerTooLarge

BOM = b"\xef\xbb\xbf"
LARGEST_EVENT_BYTES = 8 * 1024 * 1024

_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class ServerEvent:
    """One event; `data` is its lines joined, as they came."""

    name: str
    data: bytes


class EventReader:
    """Feed it what comes; a half event waits for its other half."""

    def __init__(self) -> None:
        self._rest = b""
        self._name, self._data, self._size = "", list[bytes](), 0
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """Raises `AnswerTooLarge` for an event that never ends."""
        text = self._rest + chunk
        if not self._begun and len(text) >= len(BOM):
            self._begun, text = True, text.removeprefix(BOM)
        start = 0
        for end in _LINE_END.finditer(text):
            if end.end() == len(text) and end.group() == b"\r":
                break  # the \n of this \r may still come
            yield from self._line(text[start : end.start()])
            start = end.end()
        self._rest = text[start:]
        if len(self._rest) + self._size > LARGEST_EVENT_BYTES:
            raise AnswerTooLarge(f"an event is larger than {LARGEST_EVENT_BYTES} bytes")

    def _line(self, line: bytes) -> Iterator[ServerEvent]:
        if not line:
            if self._data:
                yield ServerEvent(self._name or "message", b"\n".join(self._data))
            self._name, self._data, self._size = "", [], 0
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif field == b"data":
            self._data.append(value)
            self._size += len(value)
