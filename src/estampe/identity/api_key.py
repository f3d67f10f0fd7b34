"""API keys that Estampe hands out: found by their hash, remembered until they change."""

import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Self

import msgspec

from estampe.access import api_keys as keys
from estampe.access import key_format as key
from estampe.access.later import Later
from estampe.db import Database, Row
from estampe.db.notices import Notices
from estampe.domain import Principal
from estampe.errors import DatabaseUnavailable, KeyRevoked, Text, TokenExpired, TokenInvalid
from estampe.identity import Provider
from estampe.settings import Settings

CHANNEL = "estampe_keys"
CACHED_KEYS = 10_000
CACHED_SECONDS = 60.0
# While notices do not reach us, a key may have been withdrawn without our knowing.
DEAF_SECONDS = 1.0
USE_SECONDS = 60.0
# A key without an end: a date that every database and client can say.
FAR = keys.LATEST.timestamp()


class _Kept(msgspec.Struct, frozen=True):
    principal: Principal
    read_at: float


class ApiKeys(Provider):
    """Keys that start with `esk_`."""

    name = "api_key"

    def __init__(self) -> None:
        self._db: Database | None = None
        self._notices: Notices | None = None
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._digests: dict[str, str] = {}
        self._changes = 0
        self._used: OrderedDict[str, float] = OrderedDict()
        self._uses: Later[str, float] = Later(self._write_uses, self._forget_uses)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        del settings
        return cls()

    def attach(self, database: Database, notices: Notices) -> None:
        self._db, self._notices = database, notices
        notices.subscribe(CHANNEL, self._forget, self._forget_all)

    async def authenticate(self, token: str) -> Principal | None:
        """Raises `TokenInvalid`, `KeyRevoked`, `TokenExpired`; `DatabaseUnavailable` for a key not seen of late."""
        if not token.startswith(key.MARK):
            return None
        digest = key.sha256(token)
        kept = self._kept.get(digest)
        principal = kept.principal if kept is not None and self._is_fresh(kept) else await self._read(token, digest)
        if principal.expires_at <= time.time():
            raise TokenExpired(Text("This API key has expired.", "Cette clé d'API a expiré."))
        self._note_use(principal)
        return principal

    def _is_fresh(self, kept: _Kept) -> bool:
        hears = self._notices is not None and self._notices.fresh
        return time.monotonic() - kept.read_at < (CACHED_SECONDS if hears else DEAF_SECONDS)

    async def _read(self, token: str, digest: str) -> Principal:
        if not key.is_key(token):
            raise TokenInvalid(
                Text(
                    "This is no whole API key: check that it was copied from end to end.",
                    "Cette clé d'API n'est pas entière : vérifiez qu'elle a été copiée de bout en bout.",
                )
            )
        if self._db is None:
            raise DatabaseUnavailable(retry_after_seconds=2)
        changes, read_at = self._changes, time.monotonic()
        async with self._db.system() as scope:
            row = await scope.one("find_shown_key", secret_sha256=digest)
        if row is None:
            raise TokenInvalid(Text("There is no such API key.", "Cette clé d'API n'existe pas."))
        if row["revoked_at"] is not None:
            raise KeyRevoked
        principal = _principal(row)
        if changes == self._changes:  # else it may have changed after we read it
            self._keep(row["id"], digest, _Kept(principal, read_at))
        return principal

    def _keep(self, key_id: str, digest: str, kept: _Kept) -> None:
        self._kept[digest] = kept
        self._digests[key_id] = digest
        self._kept.move_to_end(digest)
        while len(self._kept) > CACHED_KEYS:
            _, oldest = self._kept.popitem(last=False)
            self._digests.pop(oldest.principal.key_id or "", None)

    def _forget(self, key_id: str) -> None:
        self._changes += 1
        self._kept.pop(self._digests.pop(key_id, ""), None)

    def _forget_all(self) -> None:
        self._changes += 1
        self._kept.clear()
        self._digests.clear()

    def _note_use(self, principal: Principal) -> None:
        now, key_id = time.time(), principal.key_id or ""
        if now - self._used.get(key_id, 0.0) < USE_SECONDS:
            return
        self._used[key_id] = now
        self._used.move_to_end(key_id)
        if len(self._used) > CACHED_KEYS:
            self._used.popitem(last=False)
        self._uses.put(key_id, now)

    async def _write_uses(self, uses: dict[str, float]) -> None:
        if self._db is not None:
            async with self._db.system() as scope:
                await scope.run("note_uses_of_keys", ids=list(uses), times=list(uses.values()))

    def _forget_uses(self, lost: Iterable[str]) -> None:
        for key_id in lost:
            self._used.pop(key_id, None)

    async def close(self) -> None:
        await self._uses.close()


def _principal(row: Row) -> Principal:
    """The owner as last seen, held to the key's scopes; what that amounts to is policy's business."""
    expires_at: datetime | None = row["expires_at"]
    return Principal(
        issuer=row["issuer"],
        user_id=row["user_id"],
        organization_id=row["organization_id"],
        role=row["role"],
        permissions=frozenset(row["permissions"]),
        key_id=row["id"],
        issued_at=row["created_at"].timestamp(),
        expires_at=FAR if expires_at is None else expires_at.astimezone(UTC).timestamp(),
        provider=ApiKeys.name,
        kind="key",
        scopes=frozenset(row["scopes"]),
        plan=row["plan"],
    )
