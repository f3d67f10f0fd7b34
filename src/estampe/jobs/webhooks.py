"""Webhooks out: one delivery for each job's end, signed, tried again for hours, and what became of it."""

import base64
import hashlib
import hmac
import random
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from estampe.db import Database, Row, Scope
from estampe.domain import JobId, Tenant, TenantId, new_id
from estampe.jobs.outbound import Answer

SECRET_BYTES = 32
OVERLAP_SECONDS = 24 * 3600.0
# After so many failures in a row, the next try comes so much later: a day and three quarters in all.
WAITS_SECONDS = (5, 30, 120, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
JITTER = 0.2
SHOWN_TRIES = 50
LEASE_SECONDS = 60.0
GONE = 410
SUCCESSES = range(200, 300)

Outcome = Literal["delivered", "failed", "given_up"]


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What signs a tenant's deliveries; `previous` signs beside it until `previous_until`."""

    secret: str
    made_at: datetime
    previous: str | None = None
    previous_until: datetime | None = None


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One try: the status that was answered, or the class of what went wrong."""

    at: datetime
    status: int | None
    error: str | None
    seconds: float


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A job's end, told to `url`; `event` is None until it has ended, `due_at` when no try is to come."""

    job_id: JobId
    tenant_id: TenantId
    id: str
    url: str
    event: str | None
    due_at: datetime | None = None
    tries: int
    failures: int
    delivered_at: datetime | None = None
    given_up_at: datetime | None = None


class Webhooks:
    """The deliveries and the secrets, in the database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def find(self, tenant_id: TenantId, wanted: JobId) -> tuple[Delivery, list[Try]] | None:
        """How far telling the job's end has come, and the last tries, the newest first."""
        whose = {"job_id": wanted, "tenant_id": tenant_id}
        async with self._db.tenant(tenant_id) as scope:
            row = await scope.one("find_outgoing_webhook", **whose)
            tries = await scope.all("list_webhook_tries", limit=SHOWN_TRIES, **whose) if row else []
        return (_delivery(row), [msgspec.convert(one, Try) for one in tries]) if row else None

    async def redeliver(self, tenant_id: TenantId, wanted: JobId) -> None:
        """Tell it again; nothing, where it is about to be told anyway or the job has not ended."""
        async with self._db.tenant(tenant_id) as scope:
            await scope.run("redeliver_webhook", job_id=wanted, tenant_id=tenant_id)

    async def secret(self, tenant: Tenant) -> Secret:
        """The tenant's own, made when it is first asked for."""
        async with self._db.tenant(tenant.id) as scope:
            await scope.run("put_tenant", id=tenant.id, **msgspec.structs.asdict(tenant))
            return await _secret(scope, tenant.id)

    async def rotate(self, tenant: Tenant) -> Secret:
        """Another one; the one before goes on signing for a day."""
        async with self._db.tenant(tenant.id) as scope:
            await scope.run("put_tenant", id=tenant.id, **msgspec.structs.asdict(tenant))
            await _secret(scope, tenant.id)
            values = {"tenant_id": tenant.id, "secret": new_secret(), "overlap_seconds": OVERLAP_SECONDS}
            await scope.run("rotate_webhook_secret", **values)
            return await _secret(scope, tenant.id)

    # What the sender does

    async def secret_of(self, tenant_id: TenantId) -> Secret:
        """Of a tenant that has a job."""
        async with self._db.tenant(tenant_id) as scope:
            return await _secret(scope, tenant_id)

    async def claim(self, *, at_most: int, each: int, busy: Sequence[TenantId]) -> list[Delivery]:
        """Some that are due, `each` of a tenant at most; others may have them once the lease ends."""
        values = {"at_most": at_most, "each": each, "busy": list(busy), "lease_seconds": LEASE_SECONDS}
        async with self._db.system() as scope:
            return [_delivery(row) for row in await scope.all("claim_webhooks", **values)]

    async def note(self, delivery: Delivery, answer: Answer) -> Outcome:
        """What became of a try, unless its lease ended and another process has tried since."""
        delivered = answer.status in SUCCESSES
        again = None if delivered or answer.status == GONE else wait_seconds(delivery.failures)
        outcome: Outcome = "delivered" if delivered else "given_up" if again is None else "failed"
        async with self._db.system() as scope:
            await scope.run(
                "note_webhook_try",
                job_id=delivery.job_id,
                tries=delivery.tries,
                delivered=delivered,
                again_in_seconds=again,
                **answer._asdict(),
            )
        return outcome


def wait_seconds(failures: int) -> float | None:
    """How long after so many failures in a row the next try comes; None after the last."""
    if failures >= len(WAITS_SECONDS):
        return None
    return WAITS_SECONDS[failures] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - to spread, not to hide


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_message_id() -> str:
    return new_id("msg_")


def signed(message_id: str, sent_at: int, body: bytes, secret: Secret) -> dict[str, str]:
    """The headers of Standard Webhooks: while secrets rotate, a signature by each."""
    signatures = [_signature(key, message_id, sent_at, body) for key in (secret.secret, secret.previous) if key]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, message_id: str, sent_at: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{sent_at}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


async def _secret(scope: Scope, tenant_id: TenantId) -> Secret:
    row = await scope.one("find_webhook_secret", tenant_id=tenant_id)
    if row is None:
        await scope.run("make_webhook_secret", tenant_id=tenant_id, secret=new_secret())
        row = await scope.one("find_webhook_secret", tenant_id=tenant_id)
    return msgspec.convert(row, Secret)


def _delivery(row: Row) -> Delivery:
    return msgspec.convert({name: row[name] for name in Delivery.__struct_fields__ if name in row}, Delivery)
