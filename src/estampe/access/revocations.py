"""What has been withdrawn before its time, on every process within a second: keys, sessions, members, users."""

import asyncio
import logging
import time
from collections.abc import Callable

import msgspec

from estampe.db import Database
from estampe.db.notices import Notices
from estampe.domain import Principal
from estampe.errors import KeyRevoked, Text, TokenInvalid

CHANNEL = "estampe_revocations"
# As long as most issuers let a token live; whoever knows better says so.
REMEMBERED_SECONDS = 86_400.0
# Half of the second that we promise, less what a look takes.
DEAF_SECONDS = 0.4
TIDY_SECONDS = 60.0
NEVER = float("-inf")
# A token's `iat` is told in whole seconds, by another machine's clock.
ISSUED_LATER_SECONDS = 5.0

_Named = tuple[str | None, str | None, str | None, str | None]

log = logging.getLogger(__name__)


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """Withdraws every credential of the issuer that has all that is named here.

    Of a user, a member or an organisation: those issued before, so that who is taken back may come back.
    """

    issuer: str
    key_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    organization_id: str | None = None
    revoked_at: float = 0.0
    until: float = 0.0


async def revoke(db: Database, told: Revocation, *, seconds: float = REMEMBERED_SECONDS) -> None:
    """Withdraw on every process; the keys of who is named go too. `seconds` is how long a token may have to live."""
    names = {name: getattr(told, name) for name in ("issuer", "session_id", "user_id", "organization_id")}
    async with db.system() as scope:
        await scope.run("forget_old_revocations")
        await scope.one("hold_off_new_keys", issuer=told.issuer)
        await scope.run("put_revocation", seconds=seconds, **names)
        if told.session_id is None:
            whose = {name: names[name] for name in ("issuer", "user_id", "organization_id")}
            await scope.run("revoke_keys_of", **whose)


def session_ended() -> TokenInvalid:
    return TokenInvalid(Text("This session has ended.", "Cette session est terminée."))


class Revocations:
    """Hears of every withdrawal; while it cannot hear, it looks, at most every `DEAF_SECONDS`."""

    def __init__(self, database: Database, notices: Notices) -> None:
        self._db, self._notices = database, notices
        self._known: dict[str, dict[_Named, Revocation]] = {}
        self._followers: list[Callable[[Revocation], None]] = []
        self._looking = asyncio.Lock()
        self._looked_at = self._tidied_at = NEVER
        self._gaps = 0
        notices.subscribe(CHANNEL, self._tell, self._missed)

    def follow(self, follower: Callable[[Revocation], None]) -> None:
        """Have it called with each withdrawal that was not known yet."""
        self._followers.append(follower)

    def withdrew(self, told: Revocation) -> None:
        """Told by who did it in this process: the next request is refused before the database's word comes back."""
        now = time.time()
        self._hear(msgspec.structs.replace(told, revoked_at=now, until=now + REMEMBERED_SECONDS))

    async def check(self, principal: Principal) -> None:
        """Raises `KeyRevoked`, or `TokenInvalid` for what is no key, and what `withdrawn` raises."""
        if not await self.withdrawn(principal):
            return
        if principal.key_id is not None:
            raise KeyRevoked
        raise session_ended()

    async def withdrawn(self, principal: Principal) -> bool:
        """Raises `DatabaseUnavailable` when nobody can say."""
        if not self.hears:
            await self._look()
        return self._is_named(principal)

    def is_clear(self, principal: Principal) -> bool:
        """Whether it is known without looking that nothing withdrew it."""
        if not self.hears:
            return False
        return not self._known.get(principal.issuer) or not self._is_named(principal)

    @property
    def hears(self) -> bool:
        """Whether whatever was withdrawn more than a second ago was told to the followers."""
        return self._looked_at != NEVER and self._notices.fresh

    def _is_named(self, principal: Principal) -> bool:
        known = self._known.get(principal.issuer)
        if not known:
            return False
        for named in _names(principal):
            told = known.get(named)
            if told is not None and _is_older(principal, told):
                return True
        return False

    async def _look(self) -> None:
        async with self._looking:
            started_at, gaps = time.monotonic(), self._gaps
            if started_at - self._looked_at < DEAF_SECONDS:
                return
            async with self._db.system() as scope:
                rows = await scope.all("live_revocations")
            for row in rows:
                self._hear(msgspec.convert(row, Revocation))
            if gaps == self._gaps:  # else something may have been withdrawn after we looked and before we listened
                self._looked_at = started_at

    def _missed(self) -> None:
        self._gaps += 1
        self._looked_at = NEVER

    def _tell(self, payload: str) -> None:
        try:
            self._hear(msgspec.json.decode(payload, type=Revocation))
        except msgspec.DecodeError:
            log.warning("could not read a revocation; looking at all of them")
            self._missed()

    def _hear(self, told: Revocation) -> None:
        of_issuer = self._known.setdefault(told.issuer, {})
        named = (told.key_id, told.session_id, told.user_id, told.organization_id)
        earlier = of_issuer.get(named)
        of_issuer[named] = told if earlier is None else _both(earlier, told)
        if earlier is None or earlier.revoked_at < told.revoked_at:
            for follower in self._followers:
                follower(told)
        self._tidy()

    def _tidy(self) -> None:
        now = time.time()
        if now - self._tidied_at < TIDY_SECONDS:
            return
        self._tidied_at = now
        for of_issuer in self._known.values():
            for named in [named for named, told in of_issuer.items() if told.until < now]:
                del of_issuer[named]


def _names(principal: Principal) -> tuple[_Named, ...]:
    """Every way a withdrawal could name this principal: a key is withdrawn by its own name, whoever else goes."""
    if principal.key_id is not None:
        return ((principal.key_id, None, None, None),)
    user, organization = principal.user_id, principal.organization_id
    return (
        (None, principal.session_id, None, None),
        (None, None, user, None),
        (None, None, user, organization),
        (None, None, None, organization),
    )


def _both(one: Revocation, other: Revocation) -> Revocation:
    """Two withdrawals of the same: of all that was issued before the later, for as long as the longer."""
    until = max(one.until, other.until)
    return msgspec.structs.replace(one, revoked_at=max(one.revoked_at, other.revoked_at), until=until)


def _is_older(principal: Principal, told: Revocation) -> bool:
    if told.key_id is not None or told.session_id is not None:
        return True
    return principal.issued_at <= told.revoked_at + ISSUED_LATER_SECONDS
