"""One signed string: form, header, algorithm, signature, in that order; what it says is not looked at."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from estampe.errors import Text, TokenInvalid, TokenInvalidAlgorithm, TokenInvalidSignature
from estampe.identity._public_keys import PublicKey
from estampe.identity._strict import base64url, json_object

MAX_BYTES = 8192
# All tokens of one key have the same header: reading it once is a quarter of what there is to read.
KEPT_HEADERS = 64
# Each of these changes what the signature covers or how the payload is read.
_UNREADABLE = frozenset({"crit", "b64", "zip", "enc"})
# Clerk adds header members of its own, so unknown ones are let through.
_REGISTRY = JWSRegistry(strict_check_header=False)

MALFORMED = Text("The token is malformed.", "Le jeton est mal formé.")


class Header(NamedTuple):
    """A header as it came; `sound` when it asks for nothing that we do not do."""

    unverified: dict[str, Any]
    sound: bool


class UnverifiedJws(NamedTuple):
    """Well formed, and no more than that."""

    header: Header
    unverified_payload: bytes
    signed: bytes
    signature: bytes

    @property
    def unverified_header(self) -> dict[str, Any]:
        return self.header.unverified


def split(token: str) -> UnverifiedJws:
    """Raises `TokenInvalid`."""
    if len(token) > MAX_BYTES:
        raise TokenInvalid(Text("The token is too long.", "Le jeton est trop long."))
    try:
        raw = token.encode("ascii")
        header, payload, signature = raw.split(b".")
        signed = raw[: len(header) + 1 + len(payload)]
        return UnverifiedJws(_header(header), base64url(payload), signed, base64url(signature))
    except ValueError:
        raise TokenInvalid(MALFORMED) from None


@lru_cache(maxsize=KEPT_HEADERS)
def _header(segment: bytes) -> Header:
    unverified = json_object(base64url(segment))
    sound = _UNREADABLE.isdisjoint(unverified) and isinstance(unverified.get("kid", ""), str)
    try:
        _REGISTRY.check_header(unverified | {"alg": "RS256"})
    except (JoseError, ValueError, TypeError):
        sound = False
    return Header(unverified, sound)


def check_header(unverified: UnverifiedJws, algorithms: Collection[str]) -> None:
    """Raises `TokenInvalid`, `TokenInvalidAlgorithm`."""
    if not unverified.header.sound:
        raise TokenInvalid(Text("The token's header is not accepted.", "L'en-tête du jeton n'est pas accepté."))
    algorithm = unverified.header.unverified.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise TokenInvalidAlgorithm


def check_signature(unverified: UnverifiedJws, key: PublicKey) -> None:
    """Raises `TokenInvalidAlgorithm`, `TokenInvalidSignature`, `TokenInvalid`."""
    algorithm = unverified.header.unverified["alg"]
    if algorithm not in key.algorithms:
        raise TokenInvalidAlgorithm
    try:
        genuine = key.verifies(algorithm, unverified.signed, unverified.signature)
    except (ValueError, TypeError):
        raise TokenInvalid(MALFORMED) from None
    if not genuine:
        raise TokenInvalidSignature
