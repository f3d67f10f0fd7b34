"""Single-use sign-in codes and the browser sessions they open; the database keeps hashes alone."""

import hashlib
import secrets
from datetime import datetime

import msgspec

from estampe.db import Database
from estampe.errors import SignInCodeInvalid

SECRET_BYTES = 32
SECONDS_A_DAY = 86_400


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that has signed in; its cookie holds the secret, not the `id`."""

    id: str
    user_id: str
    organization_id: str | None
    role: str | None
    created_at: datetime
    expires_at: datetime


async def new_code(
    db: Database, *, user_id: str, organization_id: str | None, role: str | None, ttl_seconds: float
) -> str:
    code = secrets.token_urlsafe(SECRET_BYTES)
    async with db.system() as scope:
        await scope.run("sweep_sign_ins")
        await scope.run(
            "put_sign_in_code",
            hash=_hash(code),
            user_id=user_id,
            organization_id=organization_id,
            role=role,
            ttl_seconds=ttl_seconds,
        )
    return code


async def redeem(db: Database, code: str, *, session_days: int) -> tuple[str, Session]:
    """The cookie's secret and the new session. Raises `SignInCodeInvalid`: of two who race, one is too late."""
    cookie = secrets.token_urlsafe(SECRET_BYTES)
    async with db.system() as scope:
        await scope.run("sweep_sign_ins")
        row = await scope.one(
            "redeem_sign_in_code",
            code_hash=_hash(code),
            session_hash=_hash(cookie),
            session_id="sess_" + secrets.token_hex(16),
            ttl_seconds=session_days * SECONDS_A_DAY,
        )
    if row is None:
        raise SignInCodeInvalid
    return cookie, msgspec.convert(row, Session)


async def read(db: Database, cookie: str) -> Session | None:
    async with db.system() as scope:
        row = await scope.one("find_session", hash=_hash(cookie))
    return msgspec.convert(row, Session) if row else None


async def end(db: Database, cookie: str, issuer: str, *, token_seconds: float) -> str | None:
    """The session and its tokens, which live so long, are worth nothing from now on. The session's id; None where it
    had ended, which is no error."""
    async with db.system() as scope:
        await scope.run("forget_old_revocations")
        row = await scope.one("end_session", hash=_hash(cookie), issuer=issuer, token_seconds=token_seconds)
    return row["session_id"] if row else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
