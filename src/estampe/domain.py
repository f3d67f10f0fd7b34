"""The nouns every stage speaks: frozen values with typed ids, and no I/O."""

import base64
import hashlib
import secrets
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal, NewType

import msgspec

TenantId = NewType("TenantId", str)
JobId = NewType("JobId", str)
AssetId = NewType("AssetId", str)

LONGEST_NAME = 255
YEAR_10000 = 253_402_300_800
"""In Unix seconds: neither `datetime` nor PostgreSQL's clients go further."""


def new_id(prefix: str) -> str:
    """`prefix` and 120 random bits: nobody guesses one, and it is safe in a path and a URL."""
    return prefix + base64.b32encode(secrets.token_bytes(15)).decode().lower()


def is_name(value: object) -> bool:
    """Fit to identify someone, in a log line and in a text column."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


class Status(StrEnum):
    """Where a job stands; `jobs.MOVES` says which may follow which."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELING = "canceling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"

    @property
    def ended(self) -> bool:
        return self in ENDED


ENDED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELED, Status.EXPIRED})


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """Who everything belongs to: an organisation of an issuer, or one user of it alone.

    The id is derived, so every process names a tenant alike without asking the database, and the
    same `sub` from two issuers never meets.
    """

    issuer: str
    user_id: str | None = None
    organization_id: str | None = None

    @property
    def id(self) -> TenantId:
        kind, name = ("org", self.organization_id) if self.organization_id else ("user", self.user_id)
        return _tenant_id(self.issuer, kind, name or "")


# Every request asks for it, and most of them are of people who asked a moment ago.
@lru_cache(maxsize=16_384)
def _tenant_id(issuer: str, kind: str, name: str) -> TenantId:
    digest = hashlib.sha256(f"{issuer}\0{kind}\0{name}".encode()).digest()
    return TenantId("tn_" + base64.b32encode(digest[:15]).decode().lower())


CredentialKind = Literal["session", "oauth", "m2m", "key"]
"""A person signed in, an app that a person lent some of their rights, a machine, an API key."""


class Principal(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """A proven identity: only a `Provider` that checked a credential makes one.

    `permissions` are the custom ones the credential carries ("org:images:generate"); what they
    amount to is policy's business, and every kind but a session is held to its `scopes`.
    `issued_at` (0 where the credential does not say) and `expires_at` are in Unix seconds. `plan` is
    the one the issuer bills the tenant for. `factor_ages` are the minutes since the first and the second
    factor were proven, -1 for never; None where the issuer does not say.
    """

    issuer: str
    user_id: str
    organization_id: str | None = None
    role: str | None = None
    permissions: frozenset[str] = frozenset()
    session_id: str | None = None
    key_id: str | None = None
    actor: str | None = None
    issued_at: float = 0.0
    expires_at: float
    provider: str
    kind: CredentialKind = "session"
    scopes: frozenset[str] = frozenset()
    plan: str | None = None
    factor_ages: tuple[int, int] | None = None

    @property
    def tenant(self) -> Tenant:
        return Tenant(
            issuer=self.issuer,
            organization_id=self.organization_id,
            user_id=None if self.organization_id else self.user_id,
        )


Priority = Literal["low", "normal", "high"]
"""When a job runs among those of its tenant: sooner now is later next time."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker announces it can make.

    `parameters` is a JSON Schema (2020-12) of an object: every field the model takes, with
    `minimum`, `maximum`, `multipleOf`, `enum` and `default`; `additionalProperties` is false. It requires or
    defaults what its kind needs to write a file. A seed that nobody named is drawn between the bounds of
    `seed`; a model without `num_outputs` makes one. Up to `max_batch` requests whose parameters named in
    `batch_by` are equal may run as one batch; the same seed gives the same bytes in any batch, unless
    `deterministic` is false.
    """

    name: str
    kind: str
    engine: str
    title: str
    description: str = ""
    parameters: dict[str, Any]
    deterministic: bool = True
    default: bool = False
    max_batch: int = 1
    batch_by: tuple[str, ...] = ()


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a running job is; `fraction` is in 0..1, `eta_s` in seconds or unknown."""

    fraction: float
    step: int = 0
    steps: int = 0
    stage: str = ""
    eta_s: float | None = None


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job failed, in a stable code and a sentence for the person, in each language."""

    code: str
    message: str
    message_fr: str
    retryable: bool


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a job consumed: `units` are images or seconds of video, `cost` is None where no price is set."""

    units: float
    gpu_seconds: float
    cost: float | None = None
    currency: str | None = None


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """A kept file: a result of a job, or an upload (then `job_id` is None).

    `placeholder` is a tiny data: URL to show before the file has come.
    """

    id: AssetId
    tenant_id: TenantId
    user_id: str
    job_id: JobId | None
    position: int
    kind: str
    media_type: str
    width: int
    height: int
    duration_s: float | None
    bytes: int
    sha256: str
    seed: int | None
    placeholder: str
    key: str
    thumbnail_key: str
    created_at: datetime

    @property
    def keys(self) -> tuple[str, str]:
        """All that it has in the store."""
        return self.key, self.thumbnail_key


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One request to make something, and all that became of it.

    `parameters` are resolved (defaults filled, seed drawn) before the job is written; `version`
    grows with every change, so a watcher can tell news from old; `losses` counts the attempts whose
    worker or engine died or asked for another try.
    """

    id: JobId
    tenant_id: TenantId
    user_id: str
    organization_id: str | None
    kind: str
    model: str
    status: Status
    attempt: int
    losses: int
    version: int
    parameters: dict[str, Any]
    metadata: dict[str, str]
    notes: dict[str, list[str]]
    progress: Progress | None
    error: Failure | None
    usage: Usage | None
    priority: Priority
    queue_id: int | None
    retry_of: JobId | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    deadline_at: datetime | None
