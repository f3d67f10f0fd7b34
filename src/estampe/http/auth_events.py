"""Who signed in and who was refused: a tenant's own people, or for an operator everyone and nobody."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from estampe.access.auth_events import Asked
from estampe.errors import InvalidRequest, Text
from estampe.http.installation import Installation
from estampe.http.route import Call, Reply, Route
from estampe.http.schemas import Line, Query
from estampe.policy.permissions import Permission, granted

LAST = timedelta(days=1)
LONGEST = timedelta(days=366)
LONGEST_BY_HOUR = timedelta(days=31)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class AuthEventsQuery(Query, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    """From when to when: the last day, unless said. `reason` and `refused` (without the accepted) choose `events`."""

    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    reason: Line | None = None
    refused: bool = False
    group_by: Literal["hour", "day"] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 200


class AuthEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What was alike in one minute. `reason` is "accepted" or the code of a refusal; `source` is a client, hashed."""

    at: datetime
    reason: str
    count: int
    issuer: str
    route: str | None
    source: str | None
    user_id: str | None
    tenant_id: str | None


class AuthEventCount(msgspec.Struct, frozen=True):
    """How often a reason came in the hour or day (of UTC) that begins then."""

    at: datetime
    reason: str
    count: int


class AuthEventPage(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    """`counts` are of the whole time, by reason; `groups` also by `group_by`, oldest first; `events` the newest."""

    since: datetime
    until: datetime
    counts: dict[str, int]
    groups: list[AuthEventCount]
    events: list[AuthEvent]


def _period(query: AuthEventsQuery) -> tuple[datetime, datetime]:
    """Raises `InvalidRequest`."""
    until = query.until or datetime.now(UTC)
    # The first days of the calendar have no day before them.
    since = query.since or max(until, EARLIEST) - LAST
    if not timedelta(0) <= until - since <= LONGEST:
        raise InvalidRequest(
            Text("“from” comes before “to”, by a year at most.", "« from » précède « to », d'un an au plus.")
        )
    if query.group_by == "hour" and until - since > LONGEST_BY_HOUR:
        raise InvalidRequest(
            Text(
                f"Counts by hour cover {LONGEST_BY_HOUR.days} days at most: ask for them by day.",
                f"Les décomptes par heure couvrent {LONGEST_BY_HOUR.days} jours au plus : demandez-les par jour.",
            )
        )
    return since, until


async def auth_events(call: Call[None, AuthEventsQuery]) -> Reply:
    here: Installation = call.installation
    since, until = _period(call.query)
    me = call.principal
    everyone = Permission.OPERATOR in granted(me, frozenset(here.settings.operators))
    query = call.query
    asked = Asked(since, until, reason=query.reason, refused=query.refused, step=query.group_by, limit=query.limit)
    told = await here.auth_events.between(asked, tenant_id=None if everyone else me.tenant.id)
    events = [msgspec.convert(row, AuthEvent) for row in told.events]
    groups = [msgspec.convert(row, AuthEventCount) for row in told.steps]
    page = AuthEventPage(since=since, until=until, counts=told.counts, groups=groups, events=events)
    return Reply(200, page)


ROUTES = [
    Route("GET", "/api/auth-events", auth_events, may=Permission.USAGE_READ, summary="Sign-ins and refusals",
          tag="usage", query=AuthEventsQuery, replies={200: AuthEventPage}, refuses=(InvalidRequest,)),
]  # fmt: skip
