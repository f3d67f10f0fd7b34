"""Requests that are wrong in themselves."""

from estampe_client.errors.root import ApiError


class RequestRefused(ApiError):
    """The request itself is wrong."""


class InvalidRequest(RequestRefused):
    """A malformed header or query."""

    code = "invalid_request"


class BodyTooLarge(RequestRefused):
    """More than the service takes."""

    code = "body_too_large"


class MediaTypeUnsupported(RequestRefused):
    """The service does not read this media type here."""

    code = "media_type_unsupported"


class InvalidRequestBody(RequestRefused):
    """A field is wrong; `errors` point at each."""

    code = "invalid_request_body"


class UnknownModel(RequestRefused):
    """No worker makes this kind with this model now."""

    code = "unknown_model"


class LimitExceeded(RequestRefused):
    """A parameter is outside of what the model takes; `errors` point at each."""

    code = "limit_exceeded"


class IdempotencyMismatch(RequestRefused):
    """The idempotency key was used with another body."""

    code = "idempotency_mismatch"


class MethodNotAllowed(RequestRefused):
    """The service has this path, and not this method."""

    code = "method_not_allowed"


class NotFound(RequestRefused):
    """There is no such thing, or it is someone else's."""

    code = "not_found"
