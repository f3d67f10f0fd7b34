"""How far a request is, as bytes that another process can go on from: coded pictures, at most a hundred kB each."""

from typing import NamedTuple

import msgspec
import numpy as np

from estampe.engines._vignette.network import Floats

VERSION = 2  # to be raised with what is written here
_NOTHING = np.zeros(0, np.float32)


class Halfway(NamedTuple):
    """The outputs that only need to be decoded, and of the next one: its steps done, where they led, what they drew."""

    finished: tuple[Floats, ...] = ()
    step: int = 0
    latent: Floats = _NOTHING
    picture: Floats = _NOTHING

    def packed(self, edition: int) -> bytes:
        """What weights of another `edition` left would become another picture."""
        coded = [array.tobytes() for array in (*self.finished, self.latent, self.picture)]
        return msgspec.msgpack.encode(_Packed(VERSION, edition, self.step, coded))


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    version: int
    edition: int
    step: int
    arrays: list[bytes]


def read_halfway(packed: bytes | None, *, edition: int, shape: tuple[int, int, int], longest: int) -> Halfway:
    """The beginning, where there is nothing to go on from that these weights and this version can read."""
    if packed is None:
        return Halfway()
    try:
        read = msgspec.msgpack.decode(packed, type=_Packed)
        *finished, latent, picture = (_array(coded, shape) for coded in read.arrays)
    except (msgspec.MsgspecError, ValueError):
        return Halfway()
    if (read.version, read.edition) != (VERSION, edition) or not 0 < read.step <= longest:
        return Halfway()
    return Halfway(tuple(finished), read.step, latent, picture)


def _array(coded: bytes, shape: tuple[int, int, int]) -> Floats:
    """Raises `ValueError`."""
    return np.frombuffer(coded, np.float32).reshape(-1, *shape)
