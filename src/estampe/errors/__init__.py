"""Every error raised on purpose. The wire code is stable; the texts are for people, in English and French.

EstampeError
├── InvalidSetting                      a line for the terminal, never the wire
├── DatabaseUnavailable
├── RequestRefused
│   ├── InvalidRequest · BodyTooLarge · MediaTypeUnsupported · InvalidRequestBody
│   ├── UnknownModel · LimitExceeded · IdempotencyMismatch · MethodNotAllowed
│   └── NotFound
├── Unauthenticated
│   ├── TokenMissing · TokenInvalid · TokenExpired · TokenNotActiveYet · TokenInvalidSignature
│   └── TokenInvalidAlgorithm · TokenInvalidAuthorizedParty · TokenInvalidIssuer · TokenTypeMismatch
│       · SessionPending · KeyRevoked · StepUpRequired · SignInCodeInvalid
│       · WebhookSignatureInvalid
├── Forbidden
│   └── PermissionMissing · IdentityMismatch
├── JobState
│   └── JobNotFinished · JobFailed · JobCanceled · JobExpired · IdempotencyInProgress
├── QuotaExhausted · RateLimited · QueueFull
├── Unavailable
│   └── IdentityProviderUnavailable · LimitsUnavailable · NoWorker · StoreUnavailable · Draining
└── EngineError                         what an engine raises; ends as a job's `error`, never as a status
"""

from estampe.errors.identity import (
    Forbidden,
    IdentityMismatch,
    KeyRevoked,
    PermissionMissing,
    SessionPending,
    SignInCodeInvalid,
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
    WebhookSignatureInvalid,
)
from estampe.errors.requests import (
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
from estampe.errors.root import DatabaseUnavailable, EngineError, EstampeError, FieldError, InvalidSetting, Text
from estampe.errors.states import (
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
    "BodyTooLarge",
    "DatabaseUnavailable",
    "Draining",
    "EngineError",
    "EstampeError",
    "FieldError",
    "Forbidden",
    "IdempotencyInProgress",
    "IdempotencyMismatch",
    "IdentityMismatch",
    "IdentityProviderUnavailable",
    "InvalidRequest",
    "InvalidRequestBody",
    "InvalidSetting",
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
    "RequestRefused",
    "SessionPending",
    "SignInCodeInvalid",
    "StepUpRequired",
    "StoreUnavailable",
    "Text",
    "TokenExpired",
    "TokenInvalid",
    "TokenInvalidAlgorithm",
    "TokenInvalidAuthorizedParty",
    "TokenInvalidIssuer",
    "TokenInvalidSignature",
    "TokenMissing",
    "TokenNotActiveYet",
    "TokenTypeMismatch",
    "Unauthenticated",
    "Unavailable",
    "UnknownModel",
    "WebhookSignatureInvalid",
]
