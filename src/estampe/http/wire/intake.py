"""What a request brings: its query and its body, read within limits and given the shape the route asks for."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from estampe.errors import (
    BodyTooLarge,
    FieldError,
    InvalidRequest,
    InvalidRequestBody,
    MediaTypeUnsupported,
    Text,
)
from estampe.http.route import RawHeaders, Route
from estampe.http.wire import forms
from estampe.http.wire.burden import Load
from estampe.http.wire.faults import fault, faults, nul
from estampe.http.wire.negotiate import names_media_type

PATIENCE_SECONDS = 30
SLOWEST_BYTES_PER_SECOND = 64 * 1024
MOST_PARAMETERS = 64
CREDENTIALS = frozenset({"token", "access_token"})
CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_TOKEN_IN_QUERY = Text(
    "A token is sent in the Authorization header, never in the URL.",
    "Un jeton s'envoie dans l'en-tête Authorization, jamais dans l'URL.",
)
_TOO_SLOW = Text("The body came too slowly.", "Le contenu est arrivé trop lentement.")


class ClientGone(Exception):
    """The client left before its request was whole: nobody is there to answer."""


class Query:
    """The query string of one route → its Struct. Lists are comma-separated: `group_by=day,user`."""

    def __init__(self, shape: type[msgspec.Struct] | None) -> None:
        self._shape = shape
        fields = () if shape is None else msgspec.structs.fields(shape)
        self._names = frozenset(field.encode_name for field in fields)
        self._nothing = None if any(field.required for field in fields) or shape is None else shape()
        self._lists = frozenset(field.encode_name for field in fields if is_list(field.type))

    def read(self, text: bytes) -> Any:
        """Raises `InvalidRequest` for an unknown, repeated or unreadable parameter, and for a token."""
        if not text and self._nothing is not None:
            return self._nothing
        given = self._parameters(text) if text else {}
        if self._shape is None:
            return None
        values = {name: value.split(",") if name in self._lists else value for name, value in given.items()}
        try:
            return msgspec.convert(values, self._shape, strict=False)
        except msgspec.ValidationError as error:
            pointer, said = fault(error)
            name = pointer.strip("/").partition("/")[0]
            raise InvalidRequest(
                Text(f"Query parameter “{name}”: {said.en}", f"Paramètre « {name} » : {said.fr}")
            ) from None

    def refuse_token(self, text: bytes) -> None:
        """Raises `InvalidRequest` for a token."""
        names = {pair.partition(b"=")[0].decode("ascii", "replace") for pair in text.split(b"&")}
        if names & CREDENTIALS:
            raise InvalidRequest(_TOKEN_IN_QUERY)

    def _parameters(self, text: bytes) -> dict[str, str]:
        try:
            pairs = parse_qsl(
                text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
            )
        except ValueError:
            raise InvalidRequest(Text("The query string is malformed.", "La requête d'URL est mal formée.")) from None
        given: dict[str, str] = {}
        for name, value in pairs:
            if name in CREDENTIALS:
                raise InvalidRequest(_TOKEN_IN_QUERY)
            if name not in self._names or name in given or "\0" in value:
                shown = name[:64]
                raise InvalidRequest(
                    Text(
                        f"Query parameter “{shown}” is unknown, repeated or unreadable.",
                        f"Le paramètre « {shown} » est inconnu, répété ou illisible.",
                    )
                )
            given[name] = value
        return given


class Body:
    """The body of one route, JSON or a form → its Struct, or its bytes where the handler reads them itself."""

    def __init__(self, route: Route, default_limit_bytes: int) -> None:
        self._shape = route.body
        self._types = route.body_types
        self._optional = route.body_optional
        self._limit = default_limit_bytes if route.body_limit is None else route.body_limit
        self._decode = None if route.body in {None, bytes} else msgspec.json.Decoder(route.body).decode

    async def read(self, headers: RawHeaders, receive: Receive, load: Load) -> Any:
        """Raises `MediaTypeUnsupported`, `BodyTooLarge`, `InvalidRequestBody`, and `InvalidRequest` if too slow.

        A large one is weighed before it is read on, and raises `RateLimited` where it is one too many.
        """
        if self._shape is None:
            return None
        if self._optional:
            body = await _whole(receive, self._limit, load)
            if not body:
                return None
            content_type = self._check(headers, load)
        else:
            content_type = self._check(headers, load)
            body = await _whole(receive, self._limit, load)
        if self._decode is None:
            return body
        if not body:
            raise InvalidRequestBody(errors=(FieldError("", Text("A body is expected.", "Un contenu est attendu.")),))
        return self._filled(forms.read(body, content_type)) if forms.is_form(content_type) else self._decoded(body)

    def _filled(self, values: dict[str, Any]) -> Any:
        """A form holds texts, so `"2"` is a number here where one is asked for."""
        try:
            return msgspec.convert(values, self._shape, strict=False)
        except (ValueError, RecursionError) as error:
            raise InvalidRequestBody(errors=(fault(error),)) from None

    def _decoded(self, body: bytes) -> Any:
        if self._decode is None:
            return body
        try:
            value = self._decode(body)
        except (ValueError, RecursionError) as error:
            raise InvalidRequestBody(errors=faults(error, body, self._shape)) from None
        if (found := nul(body)) is not None:
            raise InvalidRequestBody(errors=(found,))
        return value

    def _check(self, headers: RawHeaders, load: Load) -> str:
        """The content type."""
        content_type = ""
        for name, value in headers:
            if name == b"content-length":
                load.weigh(self._length(value))
            elif name == b"content-encoding" and value.strip().lower() != b"identity":
                raise MediaTypeUnsupported(Text("Send the body uncompressed.", "Envoyez le contenu sans compression."))
            elif name == b"content-type":
                content_type = value.decode("latin-1")
        fits = names_media_type(self._types, content_type)
        if not fits or (self._decode is not None and _charset(content_type) not in CHARSETS):
            wanted = ", ".join(self._types)
            raise MediaTypeUnsupported(Text(f"Send {wanted}.", f"Envoyez {wanted}."))
        return content_type

    def _length(self, value: bytes) -> int:
        if not value.isdigit():
            raise InvalidRequest(Text("Content-Length is malformed.", "Content-Length est mal formé."))
        # Compared by digits first: an int of thousands of digits is refused by Python itself.
        if len(value.lstrip(b"0")) > len(str(self._limit)) or int(value) > self._limit:
            raise _too_large(self._limit)
        return int(value)


async def _whole(receive: Receive, limit_bytes: int, load: Load) -> bytes:
    """A body may take as long as a slow line needs, not as long as someone holds it open."""
    began = asyncio.get_running_loop().time()
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(PATIENCE_SECONDS) as patience:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                if chunk := message.get("body", b""):
                    size += len(chunk)
                    if size > limit_bytes:
                        raise _too_large(limit_bytes)
                    load.weigh(size)
                    chunks.append(chunk)
                if not message.get("more_body", False):
                    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
                patience.reschedule(began + PATIENCE_SECONDS + size / SLOWEST_BYTES_PER_SECOND)
    except TimeoutError:
        raise InvalidRequest(_TOO_SLOW) from None


def _too_large(limit_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(
        Text(f"At most {limit_bytes} bytes are taken here.", f"Au plus {limit_bytes} octets sont acceptés ici.")
    )


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""


def is_list(kind: Any) -> bool:
    """Whether a field's type, or one side of its `| None`, holds several values."""
    origin = get_origin(kind) or kind
    if origin in {Annotated, Union, UnionType}:
        return any(is_list(side) for side in get_args(kind))
    return origin in {list, tuple, set, frozenset}
