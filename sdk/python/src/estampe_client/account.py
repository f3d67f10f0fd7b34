"""What an account may make, what it used, and its API keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from typing_extensions import Unpack

from estampe_client._commands import Flow, Request, Steps
from estampe_client._exchange import exchange
from estampe_client._operation import M, Resource, iteration, known_id, operation
from estampe_client._pages import items
from estampe_client._wire import decode, encoded, query
from estampe_client.types import KeyFacts, KeyPage, KeyParameters, Model, ModelList, ShownKey, UsageReport

Day = dt.date | str
"""A day or a moment; as a text, as ISO 8601 writes it."""
GroupBy = Literal["day", "user", "model", "kind"]


class Models(Resource[M]):
    """What can be made now."""

    @operation
    def list(self) -> Steps[list[Model]]:
        """What live workers announce, with what each model takes as a JSON Schema."""
        response = yield from exchange(self._session, Request("GET", "/api/models"))
        return decode(ModelList, response.body).models


class Usage(Resource[M]):
    """What was used, and what is left."""

    @operation
    def report(
        self,
        *,
        since: Day | None = None,
        until: Day | None = None,
        group_by: Sequence[GroupBy] | None = None,
        mine: bool = False,
    ) -> Steps[UsageReport]:
        """By default this month so far, by day. Without `mine` it needs the permission `usage:read`."""
        response = yield from exchange(
            self._session, _usage(since, until, group_by, mine=mine, accept="application/json")
        )
        return decode(UsageReport, response.body)

    @operation
    def csv(
        self,
        *,
        since: Day | None = None,
        until: Day | None = None,
        group_by: Sequence[GroupBy] | None = None,
        mine: bool = False,
    ) -> Steps[str]:
        """The same for a spreadsheet."""
        response = yield from exchange(self._session, _usage(since, until, group_by, mine=mine, accept="text/csv"))
        return response.body.decode("utf-8")


def _usage(
    since: Day | None, until: Day | None, group_by: Sequence[GroupBy] | None, *, mine: bool, accept: str
) -> Request:
    asked = query({"from": since, "to": until, "group_by": list(group_by) if group_by else None, "mine": mine})
    return Request("GET", "/api/usage", asked, headers={"Accept": accept})


class Keys(Resource[M]):
    """API keys."""

    @iteration
    def list(self, *, mine: bool = False) -> Flow[KeyFacts, None]:
        """Newest first, page after page."""
        return items(self._session, "/api/keys", {"mine": mine}, KeyPage, lambda page: page.keys)

    @operation
    def create(self, name: str, **parameters: Unpack[KeyParameters]) -> Steps[ShownKey]:
        """A new one: its `key` is in this answer and nowhere else. Never tried again after a lost answer."""
        content = encoded({**parameters, "name": name})
        headers = {"Content-Type": "application/json"}
        asked = Request("POST", "/api/keys", headers=headers, content=content, repeatable=False)
        response = yield from exchange(self._session, asked)
        return decode(ShownKey, response.body)

    @operation
    def revoke(self, key_id: str) -> Steps[None]:
        """Withdraw one, everywhere and at once."""
        yield from exchange(self._session, Request("DELETE", f"/api/keys/{known_id(key_id)}"))
