"""The table of routes: the ASGI app and the OpenAPI document both come from it, so they cannot differ."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from estampe.http.openapi import document
from estampe.http.route import (
    Access,
    Answer,
    Call,
    Handler,
    Reply,
    Route,
    Stream,
    Surroundings,
)
from estampe.http.wire.front import ASGIApp, Front
from estampe.policy.permissions import Permission

__all__ = ["Access", "Answer", "Call", "Handler", "Reply", "Route", "Stream", "Table"]

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
BODILESS = frozenset({"GET", "DELETE"})
NEVER_IN_A_QUERY = frozenset({"token", "access_token"})

_NAME = re.compile(r"\{[a-z][a-z0-9_]*\}")


class Table:
    """Routes in the order they were added; a literal segment wins over a `{name}` whatever the order."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._routes: list[Route] = []
        self._paths: dict[str, str] = {}
        self.add(*routes)

    def add(self, *routes: Route) -> None:
        """Raises `TypeError` for a line that does not hold together: our mistake, seen at start."""
        for route in routes:
            _check(route)
            shape = _NAME.sub("{}", route.path)
            known = self._paths.setdefault(shape, route.path)
            if known != route.path:
                raise TypeError(f"{route.path} is {known} under other names")
            if any((other.method, other.path) == (route.method, route.path) for other in self._routes):
                raise TypeError(f"{route.method} {route.path} is declared twice")
            self._routes.append(route)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def __len__(self) -> int:
        return len(self._routes)

    def document(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document."""
        return document(self._routes)

    def asgi(self, installation: Surroundings, fallback: ASGIApp | None = None) -> Front:
        """The app; `fallback` answers the paths that are not in the table, else they are a 404 problem."""
        return Front(self._routes, installation, fallback)


def _check(route: Route) -> None:
    where = f"{route.method} {route.path}"
    several = isinstance(route.may, tuple) and route.may and all(isinstance(one, Permission) for one in route.may)
    if not several and not isinstance(route.may, Access | Permission):
        raise TypeError(f"{where} does not say who may call it")
    if route.method not in METHODS:
        raise TypeError(f"{where}: the method is one of {', '.join(sorted(METHODS))}")
    segments = route.path.split("/")
    if len(segments) == 1 or segments[0] or any("{" in part and not _NAME.fullmatch(part) for part in segments):
        raise TypeError(f"{where}: a path starts with / and its {{names}} fill whole segments")
    if not route.replies:
        raise TypeError(f"{where} declares no reply")
    if route.body is not None and route.method in BODILESS:
        raise TypeError(f"{where} cannot take a body")
    _check_query(where, route.query)


def _check_query(where: str, query: type[msgspec.Struct] | None) -> None:
    if query is None:
        return
    names = {field.encode_name for field in msgspec.structs.fields(query)}
    if names & NEVER_IN_A_QUERY:
        raise TypeError(f"{where} would take a token in its query string")
