"""The closed set of messages between a worker and the child that owns the engine, framed by their length."""

import struct
from typing import Any, BinaryIO

import msgspec

from estampe.domain import Failure, Model, Progress
from estampe.media import Facts

LARGEST = 16 * 1024 * 1024
HEADER = struct.Struct(">I")


class Run(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Make this; files go to the folder `scratch`."""

    job: str
    engine: str
    model: str
    kind: str
    parameters: dict[str, Any]
    inputs: dict[str, str]
    scratch: str


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Give up the run of this job."""

    job: str


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The engines are loaded and can make these."""

    models: list[Model]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The engines could not be loaded."""

    message: str


class Advanced(msgspec.Struct, frozen=True, tag=True):
    """The run is so far."""

    progress: Progress


class Seen(msgspec.Struct, frozen=True, tag=True):
    """A WebP look at an unfinished output."""

    preview: bytes


class Noted(msgspec.Struct, frozen=True, tag=True):
    """How the request was read."""

    values: dict[str, list[str]]


class Made(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """An output lies, encoded, in the file `path`."""

    position: int
    path: str
    seed: int
    facts: Facts


class Done(msgspec.Struct, frozen=True, tag=True):
    """The run is over: every output was sent, in so many seconds of engine time."""

    seconds: float


class Stopped(msgspec.Struct, frozen=True, tag=True):
    """The run was given up."""

    seconds: float


class Refused(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The engine raised: `failure` becomes the job's error."""

    failure: Failure
    seconds: float


Command = Run | Stop
Report = Ready | Failed | Advanced | Seen | Noted | Made | Done | Stopped | Refused
End = Done | Stopped | Refused

Malformed = msgspec.MsgspecError

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


def next_body(stream: BinaryIO) -> bytes | None:
    """The next message's bytes, or None when the other side is gone."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    body = stream.read(size)
    return body if len(body) == size else None
