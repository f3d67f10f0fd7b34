"""Right requests at the wrong moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estampe_client.errors.root import ApiError

if TYPE_CHECKING:
    from estampe_client.types import JobError, Snapshot


class JobState(ApiError):
    """The job is not in a state that allows this."""

    @property
    def job(self) -> Snapshot | None:
        """The job as it stood, where a wait ended so."""
        return self.refusal.job

    @property
    def error(self) -> JobError | None:
        """Why the job failed, where a wait ended so."""
        return self.refusal.job.error if self.refusal.job else None


class JobNotFinished(JobState):
    """It has no result yet."""

    code = "job_not_finished"


class JobFailed(JobState):
    """It failed; `error` says why."""

    code = "job_failed"


class JobCanceled(JobState):
    """It was canceled."""

    code = "job_canceled"


class JobExpired(JobState):
    """It, or what it made, is past its date."""

    code = "job_expired"


class IdempotencyInProgress(JobState):
    """The first request with this key is still under way."""

    code = "idempotency_in_progress"


class QuotaExhausted(ApiError):
    """The period's quota is spent; `retry_after_seconds` says when the next one begins."""

    code = "quota_exhausted"


class RateLimited(ApiError):
    """Too many requests."""

    code = "rate_limited"


class QueueFull(ApiError):
    """As many jobs wait as may."""

    code = "queue_full"


class Unavailable(ApiError):
    """Something the service needs is away for a moment."""


class DatabaseUnavailable(Unavailable):
    """The service cannot reach its database."""

    code = "database_unavailable"


class IdentityProviderUnavailable(Unavailable):
    """The service cannot read the issuer's keys."""

    code = "identity_provider_unavailable"


class LimitsUnavailable(Unavailable):
    """The service cannot check limits now, so it refuses what spends."""

    code = "limits_unavailable"


class NoWorker(Unavailable):
    """No worker makes this kind now."""

    code = "no_worker"


class StoreUnavailable(Unavailable):
    """The service cannot reach its files now."""

    code = "store_unavailable"


class Draining(Unavailable):
    """The service is stopping, or starting again."""

    code = "draining"
