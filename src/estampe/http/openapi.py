"""The OpenAPI 3.1 document of a table: what each route takes, answers and refuses."""

from collections import Counter
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from estampe import __version__, errors
from estampe.http import problems
from estampe.http.route import Access, Manner, Route
from estampe.http.wire.intake import is_list
from estampe.policy import Needed

REF = "#/components/schemas/{name}"
WORTH_ANOTHER_TRY = frozenset(
    {
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
STREAMED = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})

ANY_ROUTE = (errors.EstampeError, errors.InvalidRequest)
BEHIND_THE_DOOR = (
    errors.DatabaseUnavailable,
    errors.RateLimited,
    errors.IdentityProviderUnavailable,
    errors.KeyRevoked,
    errors.SessionPending,
    errors.TokenExpired,
    errors.TokenInvalid,
    errors.TokenInvalidAlgorithm,
    errors.TokenInvalidAuthorizedParty,
    errors.TokenInvalidIssuer,
    errors.TokenInvalidSignature,
    errors.TokenMissing,
    errors.TokenNotActiveYet,
    errors.TokenTypeMismatch,
)
WITH_A_BODY = (errors.BodyTooLarge, errors.MediaTypeUnsupported)

# Python renamed these between versions; the document may not depend on who generates it.
_PHRASES = {413: "Content Too Large", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}

Schema = dict[str, Any]


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """Stable: the same table gives the same document, byte for byte."""
    schemas = _Schemas(routes)
    names = operation_ids(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route, name in zip(routes, names, strict=True):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, name, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Estampe",
            "version": __version__,
            "summary": "Images and videos from prompts.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({route.tag for route in routes})],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "headers": _HEADERS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A session token, an OAuth access token or an API key (`esk_…`).",
                }
            },
        },
    }


_HEADERS: Schema = {
    "Challenge": {"description": "How to prove who you are (RFC 6750).", "schema": {"type": "string"}},
    "RequestId": {
        "description": "Names this request in the server's log; yours, if you sent a harmless one.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}},
    "RateLimit": {
        "description": "What is left (`r`) of each policy, and for how many seconds (`t`): an IETF draft.",
        "schema": {"type": "string"},
    },
    "RateLimitPolicy": {
        "description": "The policies: so many requests (`q`) in so many seconds (`w`).",
        "schema": {"type": "string"},
    },
}


def refusals(route: Route) -> dict[int, list[str]]:
    """Every code `route` may answer, by status: those it names and those its other columns imply."""
    found = {*ANY_ROUTE, *route.refuses}
    if route.may is not Access.PUBLIC:
        found.update(BEHIND_THE_DOOR)
    if not isinstance(route.may, Access):
        found.add(errors.PermissionMissing)
    if route.spends:
        found.add(errors.LimitsUnavailable)
    if "{" in route.path:
        found.add(errors.NotFound)
    if route.body is not None:
        found.update(WITH_A_BODY)
        if route.body is not bytes:
            found.add(errors.InvalidRequestBody)
    return problems.codes(found, route.manner or problems.PROBLEMS)


def operation_ids(routes: Sequence[Route]) -> list[str]:
    """A route's own name, else its handler's; one handler on several paths is told apart by method and path."""
    names = [route.name or str(getattr(route.handler, "__name__", type(route.handler).__name__)) for route in routes]
    seen = Counter(names)
    ids = [
        name if seen[name] == 1 else "_".join([name, route.method.lower(), *_words(route.path)])
        for name, route in zip(names, routes, strict=True)
    ]
    if len(set(ids)) != len(ids):
        raise TypeError(f"two routes share an operation id: {sorted(ids)}")
    return ids


def _words(path: str) -> list[str]:
    return [part.strip("{}").replace(".", "_").replace("-", "_") for part in path.split("/") if part]


def _operation(route: Route, name: str, schemas: "_Schemas") -> Schema:
    found: Schema = {
        "operationId": name,
        "summary": route.summary,
        "tags": [route.tag],
        "x-permission": " or ".join(route.may) if isinstance(route.may, tuple) else str(route.may),
        "security": _security(route.may),
    }
    if parameters := [*_path_parameters(route), *schemas.query(route), *_header_parameters(route)]:
        found["parameters"] = parameters
    if route.body is not None:
        schema = {} if route.body is bytes else schemas.of(route.body)
        found["requestBody"] = {
            "required": not route.body_optional,
            "content": {kind: {"schema": schema} for kind in route.body_types},
        }
    responses = {str(status): _reply(route, status, schemas) for status in sorted(route.replies)}
    manner = route.manner or problems.PROBLEMS
    for status, codes in refusals(route).items():
        content = _refusal_content(codes, manner)
        if str(status) in responses:
            responses[str(status)]["content"] = responses[str(status)].get("content", {}) | content
        else:
            responses[str(status)] = _refusal(status, content)
    found["responses"] = dict(sorted(responses.items()))
    return found


def _security(may: Access | Needed) -> list[Schema]:
    match may:
        case Access.PUBLIC:
            return []
        case Access.SIGNED_URL:
            return [{"bearer": []}, {}]
        case _:
            return [{"bearer": []}]


def _path_parameters(route: Route) -> Iterable[Schema]:
    for part in route.path.split("/"):
        if part.startswith("{"):
            schema = {"type": "string", "minLength": 1, "maxLength": 255}
            yield {"name": part[1:-1], "in": "path", "required": True, "schema": schema}


def _header_parameters(route: Route) -> Iterable[Schema]:
    for name, description in route.request_headers.items():
        yield {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


def _reply(route: Route, status: int, schemas: "_Schemas") -> Schema:
    content: Schema = {}
    kind = route.replies[status]
    if kind is not None:
        content["application/json"] = {"schema": schemas.of(kind)}
    if route.streams is not None and status in STREAMED:
        schema = {"type": "string"} if route.streams.startswith("text/") else {}
        content[route.streams] = {"schema": schema}
    reply: Schema = {"description": _phrase(status), "headers": {"X-Request-Id": _header("RequestId")}}
    if route.may is not Access.PUBLIC:
        reply["headers"] |= {"RateLimit": _header("RateLimit"), "RateLimit-Policy": _header("RateLimitPolicy")}
    return reply | {"content": content} if content else reply


def _refusal(status: int, content: Schema) -> Schema:
    headers = {"X-Request-Id": _header("RequestId")}
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        headers["WWW-Authenticate"] = _header("Challenge")
    if status in WORTH_ANOTHER_TRY:
        headers["Retry-After"] = _header("RetryAfter")
    return {"description": _phrase(status), "headers": headers, "content": content}


def _phrase(status: int) -> str:
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def _refusal_content(codes: list[str], manner: Manner) -> Schema:
    told: Schema = {"properties": {"code": {"enum": codes}}}
    if manner.within is not None:
        told = {"properties": {manner.within: told}}
    return {manner.media_type: {"schema": {"allOf": [{"$ref": REF.format(name=manner.shape.__name__)}, told]}}}


def _header(name: str) -> Schema:
    return {"$ref": f"#/components/headers/{name}"}


class _Schemas:
    """The shapes of all routes at once, since msgspec names components over a whole set."""

    def __init__(self, routes: Sequence[Route]) -> None:
        kinds = list(dict.fromkeys(self._kinds(routes)))
        made, self.components = msgspec.json.schema_components(kinds, ref_template=REF)
        self._made: dict[Any, Schema] = dict(zip(kinds, made, strict=True))
        self._queries: dict[type[msgspec.Struct], Schema] = {}
        for query in {route.query for route in routes if route.query}:
            (own,), found = msgspec.json.schema_components([query], ref_template=REF)
            self._queries[query] = found.pop(own["$ref"].rpartition("/")[2])
            self.components |= found
        self.components = dict(sorted(self.components.items()))

    @staticmethod
    def _kinds(routes: Sequence[Route]) -> Iterable[Any]:
        yield problems.Problem
        for route in routes:
            if route.manner is not None:
                yield route.manner.shape
            yield from (kind for kind in route.replies.values() if kind is not None)
            if route.body not in {None, bytes}:
                yield route.body

    def of(self, kind: Any) -> Schema:
        return self._made[kind]

    def query(self, route: Route) -> Iterable[Schema]:
        if route.query is None:
            return
        properties = self._queries[route.query]["properties"]
        for field in msgspec.structs.fields(route.query):
            schema = _never_null(properties[field.encode_name])
            parameter: Schema = {"name": field.encode_name, "in": "query", "required": field.required}
            if description := schema.pop("description", None):
                parameter["description"] = description
            if is_list(field.type):
                parameter |= {"style": "form", "explode": False}
            yield parameter | {"schema": schema}


def _never_null(schema: Schema) -> Schema:
    """A query parameter is absent or a value: null has no way to be written there."""
    if "default" in schema and schema["default"] is None:
        schema = {key: value for key, value in schema.items() if key != "default"}
    sides: list[Schema] = [side for side in schema.get("anyOf", ()) if side != {"type": "null"}]
    if len(sides) == 1 and len(sides) < len(schema["anyOf"]):
        return {key: value for key, value in schema.items() if key != "anyOf"} | sides[0]
    return schema
