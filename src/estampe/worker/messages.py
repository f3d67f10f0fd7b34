"""The closed set of messages between a worker and the child that owns the engine, framed by their length."""

import struct
from typing import Any, BinaryIO

import msgspec

from estampe.domain import Failure, Model, Progress
from estampe.media import Facts

LARGEST = 16 * 1024 * 1024
HEADER = struct.Struct(">I")


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One job of a run; its files go to the folder `scratch`."""

    job: str
    parameters: dict[str, Any]
    inputs: dict[str, str]
    scratch: str
    checkpoint: bytes | None = None


class Run(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Make these, in one batch."""

    engine: str
    model: str
    kind: str
    members: list[Member]


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Give up this job; the others of its batch go on."""

    job: str


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The engines are loaded and can make these."""

    models: list[Model]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The engines could not be loaded."""

    message: str


class Advanced(msgspec.Struct, frozen=True, tag=True):
    """The job is so far."""

    job: str
    progress: Progress


class Seen(msgspec.Struct, frozen=True, tag=True):
    """A WebP look at an unfinished output."""

    job: str
    preview: bytes


class Noted(msgspec.Struct, frozen=True, tag=True):
    """How the request was read."""

    job: str
    values: dict[str, list[str]]


class Saved(msgspec.Struct, frozen=True, tag=True):
    """Enough to go on from here in another process."""

    job: str
    data: bytes


class Made(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """An output lies, encoded, in the file `path`; `poster` is a WebP of its first frame."""

    job: str
    position: int
    path: str
    seed: int
    facts: Facts
    poster: bytes


class Done(msgspec.Struct, frozen=True, tag=True):
    """The job is over: every output was sent, in so many seconds of engine time."""

    job: str
    seconds: float


class Stopped(msgspec.Struct, frozen=True, tag=True):
    """The job was given up."""

    job: str
    seconds: float


class Refused(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The engine could not make it: `failure` becomes the job's error."""

    job: str
    failure: Failure
    seconds: float


class Drawn(msgspec.Struct, frozen=True, tag=True):
    """The engine has nothing more to do for this run: what it made may still be on its way into files."""


Command = Run | Stop
End = Done | Stopped | Refused
News = Advanced | Seen | Noted | Saved | Made | End
"""What is told of one job."""
Report = Ready | Failed | Drawn | News

Malformed = msgspec.MsgspecError


class TooLarge(ValueError):
    """A report of more than `LARGEST` bytes: the worker would hear no more of a child that sent it."""


_encoder = msgspec.msgpack.Encoder()
_commands: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)
_reports: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)


def read_command(body: bytes) -> Command:
    return _commands.decode(body)


def read_report(body: bytes) -> Report:
    """Raises `Malformed`."""
    return _reports.decode(body)


def frame(message: Command | Report) -> bytes:
    body = _encoder.encode(message)
    return HEADER.pack(len(body)) + body


def report_frame(report: Report) -> bytes:
    """Raises `TooLarge`."""
    framed = frame(report)
    if len(framed) > HEADER.size + LARGEST:
        raise TooLarge
    return framed


def report_size(header: bytes) -> int:
    """Of the body that follows. Raises `Malformed`."""
    (size,) = HEADER.unpack(header)
    if size > LARGEST:
        raise Malformed(f"{size} bytes")
    return int(size)


def next_body(stream: BinaryIO) -> bytes | None:
    """The next message's bytes, or None when the other side is gone."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    body = stream.read(size)
    return body if len(body) == size else None
