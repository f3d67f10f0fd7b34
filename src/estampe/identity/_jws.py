"""One signed string: form, header, algorithm, signature, in that order; what it says is not looked at."""

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from joserfc import jws
from joserfc.errors import JoseError

from estampe.errors import Text, TokenInvalid, TokenInvalidAlgorithm, TokenInvalidSignature
from estampe.identity._jwks import ALGORITHMS, Key
from estampe.identity._strict import base64url, json_object

MAX_BYTES = 8192
_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]*)")
# Each of these changes what the signature covers or how the payload is read.
_UNREADABLE = ("crit", "b64", "zip", "enc")
# Clerk adds header members of its own, so unknown ones are let through.
_REGISTRIES = {name: jws.JWSRegistry(algorithms=[name], strict_check_header=False) for name in ALGORITHMS}

MALFORMED = Text("The token is malformed.", "Le jeton est mal formé.")


class UnverifiedJws(NamedTuple):
    """Well formed, and no more than that."""

    unverified_header: dict[str, Any]
    unverified_payload: bytes
    segments: tuple[bytes, bytes, bytes]


def split(token: str) -> UnverifiedJws:
    """Raises `TokenInvalid`."""
    if len(token) > MAX_BYTES:
        raise TokenInvalid(Text("The token is too long.", "Le jeton est trop long."))
    form = _FORM.fullmatch(token)
    if form is None:
        raise TokenInvalid(MALFORMED)
    header, payload, signature = form.groups()
    try:
        base64url(signature)
        read = json_object(base64url(header)), base64url(payload)
    except ValueError:
        raise TokenInvalid(MALFORMED) from None
    return UnverifiedJws(*read, (header.encode(), payload.encode(), signature.encode()))


def check_header(unverified: UnverifiedJws, algorithms: Collection[str]) -> None:
    """Raises `TokenInvalid`, `TokenInvalidAlgorithm`."""
    header = unverified.unverified_header
    if any(name in header for name in _UNREADABLE) or not isinstance(header.get("kid", ""), str):
        raise TokenInvalid(Text("The token's header is not accepted.", "L'en-tête du jeton n'est pas accepté."))
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise TokenInvalidAlgorithm


def check_signature(unverified: UnverifiedJws, key: Key) -> None:
    """Raises `TokenInvalidAlgorithm`, `TokenInvalidSignature`, `TokenInvalid`."""
    algorithm = unverified.unverified_header["alg"]
    if not key.allows(algorithm):
        raise TokenInvalidAlgorithm
    signed = jws.CompactSignature(unverified.unverified_header, unverified.unverified_payload)
    header, payload, signature = unverified.segments
    signed.segments = {"header": header, "payload": payload, "signature": signature}
    try:
        genuine = jws.validate_compact(signed, key.public, registry=_REGISTRIES[algorithm])
    except (JoseError, ValueError, TypeError):
        raise TokenInvalid(MALFORMED) from None
    if not genuine:
        raise TokenInvalidSignature
