"""What people were last seen to be allowed, told to their API keys: no key stays stronger than its owner."""

from collections import OrderedDict
from collections.abc import Iterable

from psycopg.types.json import Jsonb

from estampe.access.later import Later
from estampe.db import Database
from estampe.domain import Principal

REMEMBERED = 20_000

_Who = tuple[str, str, str | None]


class Rights:
    """Sees the sessions that pass; what is new of their owners is written a moment later."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._seen: OrderedDict[_Who, float] = OrderedDict()
        self._later: Later[_Who, Principal] = Later(self._write, self._unsee)

    def notice(self, principal: Principal) -> None:
        """Of a session alone: an app's token may carry less than its user has. Once a token, and none older."""
        if principal.kind != "session":
            return
        who = (principal.issuer, principal.user_id, principal.organization_id)
        if self._seen.get(who, 0.0) >= principal.issued_at:
            return
        self._seen[who] = principal.issued_at
        self._seen.move_to_end(who)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self._later.put(who, principal)

    async def _write(self, due: dict[_Who, Principal]) -> None:
        seen = [
            {
                "tenant_id": one.tenant.id,
                "user_id": one.user_id,
                "role": one.role,
                "permissions": sorted(one.permissions),
                "plan": one.plan,
                "plan_said": True,
                "at": one.issued_at,
            }
            for one in due.values()
        ]
        async with self._db.system() as scope:
            await scope.run("note_rights_of_keys", seen=Jsonb(seen))

    def _unsee(self, lost: Iterable[_Who]) -> None:
        for who in lost:
            self._seen.pop(who, None)

    async def close(self) -> None:
        await self._later.close()
