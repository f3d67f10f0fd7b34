"""Who signed in and who was refused, kept by the minute, so that a flood of refusals fills no database."""

import asyncio
import contextlib
import hashlib
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from estampe import telemetry
from estampe.db import Database, Row
from estampe.domain import Principal, TenantId
from estampe.errors import DatabaseUnavailable

ACCEPTED = "accepted"
MINUTE = 60
FLUSH_SECONDS = 3.0
# Of what nobody proved, an attacker chooses how many rows there would be; of the rest, our own people do.
MOST_UNPROVEN, MOST_PROVEN = 256, 1024
MOST_MINUTES = 10
KNOWN_SESSIONS = 20_000

log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """What is told apart: each is one row a minute, with how often it was seen.

    `reason` is "accepted" or an error's code. `user_id` and `tenant_id` only when proven, `source` as a keyed hash.
    """

    reason: str
    issuer: str
    route: str | None
    source: str | None = None
    user_id: str | None = None
    tenant_id: str | None = None

    @property
    def merged(self) -> "Seen":
        """What is left to say when there is no room to tell apart."""
        return Seen(self.reason, self.issuer, None)


class Asked(NamedTuple):
    """What is asked for. Of `events` alone: one `reason`, none that was accepted (`refused`), the newest `limit`."""

    since: datetime
    until: datetime
    reason: str | None = None
    refused: bool = False
    step: Literal["hour", "day"] | None = None
    limit: int = 200


class Told(NamedTuple):
    """Events newest first, and how often each reason came: in all of the time asked for, and in each step of it."""

    events: Sequence[Row]
    counts: dict[str, int]
    steps: Sequence[Row]


class AuthEvents:
    """Gathers in memory, writes one statement every few seconds; `keeping` runs it."""

    def __init__(self, database: Database, *, now: Callable[[], float] = time.time) -> None:
        self._db, self._now = database, now
        # By the minute: what nobody proved, and what was proven, so that neither takes the other's room.
        self._minutes: dict[int, tuple[Counter[Seen], Counter[Seen]]] = {}
        self._sessions: OrderedDict[int, None] = OrderedDict()

    def saw(self, seen: Seen) -> None:
        self._add(int(self._now()) // MINUTE, seen, 1)

    def is_new(self, principal: Principal) -> bool:
        """Whether this session, key or person is seen for the first time: one row for a sign-in, not for each page."""
        who = hash((principal.issuer, principal.user_id, principal.organization_id, principal.session_id,
                    principal.key_id))  # fmt: skip
        if who in self._sessions:
            self._sessions.move_to_end(who)
            return False
        self._sessions[who] = None
        if len(self._sessions) > KNOWN_SESSIONS:
            self._sessions.popitem(last=False)
        return True

    async def flush(self) -> None:
        """Write what was gathered; what cannot be written now stays for the next time."""
        gathered, self._minutes = self._minutes, {}
        rows = [
            (minute, seen, count)
            for minute, both in gathered.items()
            for counted in both
            for seen, count in counted.items()
        ]
        if not rows:
            return
        columns = {name: [getattr(seen, name) for _, seen, _ in rows] for name in Seen._fields}
        minutes = [datetime.fromtimestamp(minute * MINUTE, UTC) for minute, _, _ in rows]
        try:
            async with self._db.system() as scope:
                await scope.run("add_auth_events", at=minutes, count=[count for _, _, count in rows], **columns)
        except DatabaseUnavailable:
            for row in rows:
                self._add(*row)
            log.warning("could not write the sign-ins and refusals of the last seconds; keeping them for later")

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """Write every few seconds, and what is left at the end."""
        task = asyncio.create_task(self._often(), name="estampe keeps auth events")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self.flush()

    async def between(self, asked: Asked, *, tenant_id: TenantId | None) -> Told:
        """Of one tenant; without one, of all of them and of those nobody could name."""
        values = asked._asdict() | {"tenant_id": tenant_id}
        # What is counted is what is listed, whoever writes meanwhile.
        opened = self._db.tenant(tenant_id, snapshot=True) if tenant_id else self._db.system(snapshot=True)
        async with opened as scope:
            events = await scope.all("list_auth_events", **values)
            counts = await scope.all("count_auth_events", **values)
            steps = await scope.all("count_auth_events_over_time", **values) if asked.step else ()
        return Told(events, {row["reason"]: row["count"] for row in counts}, steps)

    async def _often(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    def _add(self, minute: int, seen: Seen, count: int) -> None:
        if minute not in self._minutes and len(self._minutes) >= MOST_MINUTES:
            del self._minutes[min(self._minutes)]
        both = self._minutes.setdefault(minute, (Counter(), Counter()))
        proven = seen.tenant_id is not None
        counted = both[proven]
        if seen not in counted and len(counted) >= (MOST_PROVEN if proven else MOST_UNPROVEN):
            telemetry.note("unkept_events")
            seen, counted = seen.merged, both[False]
        counted[seen] += count


def hidden(source: str | None, secret: bytes) -> str | None:
    """The same for the same source, and nobody without the secret can tell which."""
    if source is None:
        return None
    return hashlib.blake2b(source.encode(), key=secret[:64], digest_size=10, person=b"estampe source").hexdigest()
