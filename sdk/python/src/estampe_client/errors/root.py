"""What every error has, and those that this side of the line raises."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from estampe_client.types import Fault, Snapshot


class EstampeError(Exception):
    """Anything this package raises on purpose, but for a `TypeError` or `ValueError` in how it is called.

    `job_id` is the job that was being waited for, to be waited for again.
    """

    job_id: str | None = None


class TokenUnavailable(EstampeError):
    """The token's source failed, or gave what cannot be one. `passing`: asking it again later may help."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class ConnectionLost(EstampeError):
    """No answer, or half of one. `sent` is False where the service surely never got the request."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class UnexpectedAnswer(EstampeError):
    """An answer that is not the service's: what stands between, or lives at that address, gave it."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class AnswerTooLarge(UnexpectedAnswer):
    """The answer is larger than this client reads."""


class VersionMismatch(UnexpectedAnswer):
    """The service's answer lacks what this client knows, or says it in another way: one of the two is too old."""


class DownloadCorrupt(UnexpectedAnswer):
    """The bytes that came are not those the service keeps."""


class WaitTimeout(EstampeError):
    """The wait is over and the job is not: it goes on, and `job_id` finds it again."""

    def __init__(self, job_id: str, seconds: float) -> None:
        super().__init__(f"{job_id} has not ended within {seconds:g} s; it goes on: wait for it again by its id")
        self.job_id = job_id


@dataclass(frozen=True)
class Refusal:
    """What the service said. `errors` point at each fault of a body; `job` is the job that has no result."""

    code: str
    status: int
    title: str
    detail: str
    request_id: str | None = None
    errors: tuple[Fault, ...] = ()
    retry_after_seconds: float | None = None
    job: Snapshot | None = field(default=None, repr=False)


class ApiError(EstampeError):
    """The service said no: what it said is in `refusal`, and its parts are at hand here."""

    code: ClassVar[str] = ""

    def __init__(self, refusal: Refusal) -> None:
        pointed = "".join(f"; {fault.pointer}: {fault.detail}" for fault in refusal.errors)
        asked = f" (request {refusal.request_id})" if refusal.request_id else ""
        super().__init__(f"{refusal.code}: {refusal.detail or refusal.title}{pointed}{asked}")
        self.refusal = refusal

    @property
    def status(self) -> int:
        return self.refusal.status

    @property
    def title(self) -> str:
        return self.refusal.title

    @property
    def detail(self) -> str:
        return self.refusal.detail

    @property
    def errors(self) -> tuple[Fault, ...]:
        return self.refusal.errors

    @property
    def request_id(self) -> str | None:
        return self.refusal.request_id

    @property
    def retry_after_seconds(self) -> float | None:
        return self.refusal.retry_after_seconds


class UnknownError(ApiError):
    """The service is newer than this client: `refusal.code` is a code that this version does not know."""


class InternalError(ApiError):
    """Something went wrong on the service's side; `request_id` finds it in its log."""

    code = "internal_error"
