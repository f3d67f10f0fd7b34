"""Bytes into a file: resumed where they stopped, checked against what the service keeps, there whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from estampe_client._commands import Call, Close, Opened, Request, Sleep, Steps, opened, read
from estampe_client._exchange import Session, authorized, back_off, is_passing, require_success
from estampe_client.errors import ApiError, ConnectionLost, DownloadCorrupt, TokenUnavailable, UnexpectedAnswer
from estampe_client.types import OutputFile, StoredFile

SILENCE_SECONDS = 30.0
PIECE_BYTES = 1024 * 1024
TROUBLE = (ConnectionLost, TokenUnavailable, UnexpectedAnswer, ApiError)

OnBytes = Callable[[int, int], object]
"""Told how many bytes have come, and of how many."""


class Part:
    """The file beside its final place, under the name of its content: another content is never resumed."""

    def __init__(self, to: Path, size: int, sha256: str) -> None:
        self._to, self.size, self._sha256 = to, size, sha256
        self._path = to.with_name(f"{to.name}.{sha256[:16]}.part")
        self._hash = hashlib.sha256()
        self._file: BinaryIO | None = None
        self.done = 0

    def open(self) -> None:
        """What an earlier download left is read again, to be checked with the rest."""
        self._file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b")
        while piece := self._file.read(PIECE_BYTES):
            self._hash.update(piece)
            self.done += len(piece)
        if self.done > self.size:
            self.empty()

    def empty(self) -> None:
        self._opened.seek(0)
        self._opened.truncate()
        self._hash, self.done = hashlib.sha256(), 0

    def write(self, piece: bytes) -> None:
        """Raises `DownloadCorrupt` for more than there should be."""
        if self.done + len(piece) > self.size:
            raise DownloadCorrupt("more bytes came than the service keeps")
        self._opened.write(piece)
        self._hash.update(piece)
        self.done += len(piece)

    def finish(self) -> bool:
        """Whether it is what it should be: then it is in its place, else it is emptied."""
        if self._hash.hexdigest() != self._sha256:
            self.empty()
            return False
        self._opened.flush()
        os.fsync(self._opened.fileno())
        self.close()
        self._path.replace(self._to)
        return True

    def close(self) -> None:
        """What has come stays, for the next time."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("the file is closed")
        return self._file


def download(session: Session, facts: OutputFile | StoredFile, to: Path, on_progress: OnBytes | None) -> Steps[Path]:
    """Raises `DownloadCorrupt` for content that is wrong twice; what the disk raises is raised as it is."""
    part = Part(to, facts.bytes, facts.sha256)
    try:
        yield _on_disk(part.open)
        for _ in range(2):
            yield from _fill(session, facts, part, on_progress)
            if (yield _on_disk(part.finish)):
                return to
    finally:
        part.close()
    raise DownloadCorrupt(f"the bytes of {facts.asset_id} are not those the service keeps")


def _fill(session: Session, facts: OutputFile | StoredFile, part: Part, on_progress: OnBytes | None) -> Steps[None]:
    tries = 0
    while part.done < part.size:
        before = part.done
        try:
            source = yield from _opened_at(session, facts, part)
            while piece := (yield from read(source)):
                yield _on_disk(partial(part.write, piece))
                if on_progress is not None:
                    yield Call(partial(on_progress, part.done, part.size))
            yield Close(source)
            if part.done == before:
                raise DownloadCorrupt(f"the bytes of {facts.asset_id} end too early")
        except TROUBLE as error:
            if not is_passing(error):
                raise
            tries = 1 if part.done > before else tries + 1
            if tries > session.options.retries:
                raise
            yield Sleep(back_off(tries - 1))


def _opened_at(session: Session, facts: OutputFile | StoredFile, part: Part) -> Steps[object]:
    path = f"/api/assets/{facts.asset_id}/content"
    headers = {"Accept": "*/*"}
    if part.done:
        headers |= {"Range": f"bytes={part.done}-", "If-Range": f'"{facts.sha256}"'}
    seconds = min(session.options.timeout_seconds, SILENCE_SECONDS)
    answer: Opened = yield from authorized(
        session, Request("GET", path, headers=headers, timeout_seconds=seconds), opened
    )
    require_success(answer.response)
    if answer.response.status == HTTPStatus.PARTIAL_CONTENT:
        begins = answer.response.headers.get("content-range", "").partition("-")[0]
        if begins != f"bytes {part.done}":
            raise DownloadCorrupt("another part of the file came than was asked for")
    elif part.done:
        yield _on_disk(part.empty)
    if answer.source is None:
        raise UnexpectedAnswer("the answer has no bytes", status=answer.response.status)
    return answer.source


def _on_disk(work: Callable[[], object]) -> Call:
    return Call(work, blocking=True)
