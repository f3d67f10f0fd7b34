"""What makes asking twice safe: for a day, a key stands for its job and for what was asked with it."""

import hashlib
from typing import Self

import msgspec

from estampe.db import Scope
from estampe.domain import Job, JobId, Principal, TenantId
from estampe.errors import IdempotencyInProgress, IdempotencyMismatch
from estampe.jobs import from_row


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, with which key, and a digest of what must be the same when it is asked again."""

    tenant_id: TenantId
    user_id: str
    key: str
    fingerprint: str

    @classmethod
    def of(cls, principal: Principal, kind: str, key: str, asked: bytes) -> Self:
        fingerprint = hashlib.sha256(kind.encode() + b"\0" + asked).hexdigest()
        return cls(tenant_id=principal.tenant.id, user_id=principal.user_id, key=key, fingerprint=fingerprint)


async def find(scope: Scope, asking: Asking) -> Job | None:
    """The job that the key stands for. Raises `IdempotencyMismatch`."""
    tenant = asking.tenant_id
    known = await scope.one("find_idempotency_key", tenant_id=tenant, user_id=asking.user_id, key=asking.key)
    if known is None:
        return None
    if known["fingerprint"] != asking.fingerprint:
        raise IdempotencyMismatch
    row = await scope.one("find_job", job_id=known["job_id"], tenant_id=tenant)
    return from_row(row) if row else None


async def take(scope: Scope, asking: Asking, new: JobId) -> Job | None:
    """Have the key stand for `new`; the job that it stands for already, if it does. Raises as `find` does."""
    if await scope.one("take_idempotency_key", **msgspec.structs.asdict(asking), job_id=new):
        return None
    earlier = await find(scope, asking)
    if earlier is None:
        raise IdempotencyInProgress(retry_after_seconds=1)
    return earlier
