"""Every error of this package. Catch by class; `code` is the service's own word and is stable.

EstampeError
├── TokenUnavailable                    the token's source failed, or gave what cannot be one
├── ConnectionLost                      no answer, or half of one
├── UnexpectedAnswer                    an answer that is not the service's: a gateway's page, another API's JSON
│   ├── AnswerTooLarge · VersionMismatch
│   └── DownloadCorrupt
├── WaitTimeout                         the job goes on; wait again with its `job_id`
└── ApiError                            the service said no
    ├── InternalError · UnknownError
    ├── RequestRefused
    │   ├── InvalidRequest · BodyTooLarge · MediaTypeUnsupported · InvalidRequestBody
    │   ├── UnknownModel · LimitExceeded · IdempotencyMismatch · MethodNotAllowed
    │   └── NotFound
    ├── Unauthenticated
    │   ├── TokenMissing · TokenInvalid · TokenExpired · TokenNotActiveYet · TokenInvalidSignature
    │   └── TokenInvalidAlgorithm · TokenInvalidAuthorizedParty · TokenInvalidIssuer · TokenTypeMismatch
    │       · SessionPending · KeyRevoked · StepUpRequired
    ├── Forbidden
    │   └── PermissionMissing · IdentityMismatch
    ├── JobState
    │   └── JobNotFinished · JobFailed · JobCanceled · JobExpired · IdempotencyInProgress
    ├── QuotaExhausted · RateLimited · QueueFull
    └── Unavailable
        └── DatabaseUnavailable · IdentityProviderUnavailable · LimitsUnavailable ·
            NoWorker · StoreUnavailable · Draining
"""

from estampe_client.errors.identity import (
    Forbidden,
    IdentityMismatch,
    KeyRevoked,
    PermissionMissing,
    SessionPending,
    StepUpRequired,
    TokenExpired,
    TokenInvalid,
    TokenInvalidAlgorithm,
    TokenInvalidAuthorizedParty,
    TokenInvalidIssuer,
    TokenInvalidSignature,
    TokenMissing,
    TokenNotActiveYet,
    TokenTypeMismatch,
    Unauthenticated,
)
from estampe_client.errors.requests import (
    BodyTooLarge,
    IdempotencyMismatch,
    InvalidRequest,
    InvalidRequestBody,
    LimitExceeded,
    MediaTypeUnsupported,
    MethodNotAllowed,
    NotFound,
    RequestRefused,
    UnknownModel,
)
from estampe_client.errors.root import (
    AnswerTooLarge,
    ApiError,
    ConnectionLost,
    DownloadCorrupt,
    EstampeError,
    InternalError,
    Refusal,
    TokenUnavailable,
    UnexpectedAnswer,
    UnknownError,
    VersionMismatch,
    WaitTimeout,
)
from estampe_client.errors.states import (
    DatabaseUnavailable,
    Draining,
    IdempotencyInProgress,
    IdentityProviderUnavailable,
    JobCanceled,
    JobExpired,
    JobFailed,
    JobNotFinished,
    JobState,
    LimitsUnavailable,
    NoWorker,
    QueueFull,
    QuotaExhausted,
    RateLimited,
    StoreUnavailable,
    Unavailable,
)

__all__ = [
    "AnswerTooLarge",
    "ApiError",
    "BodyTooLarge",
    "ConnectionLost",
    "DatabaseUnavailable",
    "DownloadCorrupt",
    "Draining",
    "EstampeError",
    "Forbidden",
    "IdempotencyInProgress",
    "IdempotencyMismatch",
    "IdentityMismatch",
    "IdentityProviderUnavailable",
    "InternalError",
    "InvalidRequest",
    "InvalidRequestBody",
    "JobCanceled",
    "JobExpired",
    "JobFailed",
    "JobNotFinished",
    "JobState",
    "KeyRevoked",
    "LimitExceeded",
    "LimitsUnavailable",
    "MediaTypeUnsupported",
    "MethodNotAllowed",
    "NoWorker",
    "NotFound",
    "PermissionMissing",
    "QueueFull",
    "QuotaExhausted",
    "RateLimited",
    "Refusal",
    "RequestRefused",
    "SessionPending",
    "StepUpRequired",
    "StoreUnavailable",
    "TokenExpired",
    "TokenInvalid",
    "TokenInvalidAlgorithm",
    "TokenInvalidAuthorizedParty",
    "TokenInvalidIssuer",
    "TokenInvalidSignature",
    "TokenMissing",
    "TokenNotActiveYet",
    "TokenTypeMismatch",
    "TokenUnavailable",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "UnknownError",
    "UnknownModel",
    "VersionMismatch",
    "WaitTimeout",
    "refused",
]

FAMILIES: dict[int, type[ApiError]] = {401: Unauthenticated, 403: Forbidden, 503: Unavailable}


def _known(above: type[ApiError]) -> dict[str, type[ApiError]]:
    found: dict[str, type[ApiError]] = {}
    for kind in above.__subclasses__():
        found |= {kind.code: kind} if kind.code else {}
        found |= _known(kind)
    return found


KNOWN = _known(ApiError)


def refused(refusal: Refusal) -> ApiError:
    """The error of this refusal; a code that is newer than this client keeps its family."""
    return KNOWN.get(refusal.code, FAMILIES.get(refusal.status, UnknownError))(refusal)
