"""How far a request is, as bytes that another process can go on from: coded pictures, at most a hundred kB each."""

from typing import NamedTuple

import msgspec
import numpy as np

from estampe.engines._vignette.network import LATENT, Floats

VERSION = 1  # to be raised with the weights: what other weights left would become another picture
_NOTHING = np.zeros((0, *LATENT), np.float32)


class Halfway(NamedTuple):
    """The outputs that only need to be decoded, and of the next one: its steps done, where they led, what they drew."""

    finished: tuple[Floats, ...] = ()
    step: int = 0
    latent: Floats = _NOTHING
    picture: Floats = _NOTHING

    def packed(self) -> bytes:
        coded = [array.tobytes() for array in (*self.finished, self.latent, self.picture)]
        return msgspec.msgpack.encode(_Packed(VERSION, self.step, coded))


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    version: int
    step: int
    arrays: list[bytes]


def read_halfway(packed: bytes | None, *, longest: int) -> Halfway:
    """The beginning, where there is nothing to go on from that this version can read."""
    if packed is None:
        return Halfway()
    try:
        read = msgspec.msgpack.decode(packed, type=_Packed)
        *finished, latent, picture = (_array(coded) for coded in read.arrays)
    except (msgspec.MsgspecError, ValueError):
        return Halfway()
    if read.version != VERSION or not 0 < read.step <= longest:
        return Halfway()
    return Halfway(tuple(finished), read.step, latent, picture)


def _array(coded: bytes) -> Floats:
    """Raises `ValueError`."""
    return np.frombuffer(coded, np.float32).reshape(-1, *LATENT)
