"""A list, page after page, as one iteration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from estampe_client._commands import Emit, Flow, Request
from estampe_client._exchange import Session, exchange
from estampe_client._wire import decode, query
from estampe_client.types import AssetPage, JobPage, KeyPage

T = TypeVar("T")
P = TypeVar("P", AssetPage, JobPage, KeyPage)


def items(
    session: Session, path: str, filters: Mapping[str, object], page: type[P], of: Callable[[P], list[T]]
) -> Flow[T, None]:
    cursor: str | None = None
    while True:
        asked = Request("GET", path, query({**filters, "cursor": cursor}))
        response = yield from exchange(session, asked)
        found = decode(page, response.body)
        for item in of(found):
            yield Emit(item)
        if found.next_cursor is None:
            return
        cursor = found.next_cursor
