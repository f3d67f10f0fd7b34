"""The Authorization header: one bearer token, none, or a request that cannot be read."""

import re
import string
from collections.abc import Sequence

from estampe.errors import InvalidRequest, Text, TokenInvalid
from estampe.identity._jws import MAX_BYTES

_TOKEN_LETTERS = (string.ascii_letters + string.digits + "._~+/-").encode()
_SCHEME = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([^ ].*)")
_BEARER = b"bearer "
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_ANOTHER = re.compile(r",\s*bearer\s", re.IGNORECASE)


def bearer_token(authorization: Sequence[bytes | str]) -> str | None:
    """The token in the values of all Authorization headers of a request.

    None when there is none, or one of another scheme: RFC 6750 has both answered like no token at all.
    Raises `InvalidRequest` for two credentials or an unreadable header, `TokenInvalid` for a token too long.
    """
    if not authorization:
        return None
    if len(authorization) > 1:
        raise InvalidRequest(Text("Send one Authorization header.", "Envoyez un seul en-tête Authorization."))
    value = authorization[0]
    plain = _plain(value) if isinstance(value, bytes) else None
    return plain or _parsed(value)


def _plain(value: bytes) -> str | None:
    """What nearly every request sends, in one sweep over the token: the patterns cost ten times that."""
    token = value[len(_BEARER) :]
    if value[: len(_BEARER)].lower() != _BEARER or len(token) > MAX_BYTES or token.translate(None, _TOKEN_LETTERS):
        return None
    return token.decode("ascii")


def _parsed(value: bytes | str) -> str | None:
    text = (value.decode("latin-1") if isinstance(value, bytes) else value).strip(" \t")
    parts = _SCHEME.fullmatch(text)
    if parts is None or _ANOTHER.search(text):
        raise _malformed()
    scheme, token = parts.groups()
    if scheme.lower() != "bearer":
        return None
    if len(token) > MAX_BYTES:
        raise TokenInvalid(Text("The token is too long.", "Le jeton est trop long."))
    if not _TOKEN.fullmatch(token):
        raise _malformed()
    return token


def _malformed() -> InvalidRequest:
    said = "Authorization: Bearer <token>"
    return InvalidRequest(Text(f"Send one header, {said}.", f"Envoyez un en-tête, {said}."))
