"""No proven identity, or one that may not."""

from estampe_client.errors.root import ApiError


class Unauthenticated(ApiError):
    """No proven identity."""


class TokenMissing(Unauthenticated):
    """There is no token: the source gave none, and nothing was sent; or something on the way took it."""

    code = "token_missing"


class TokenInvalid(Unauthenticated):
    """The token is not one the service takes."""

    code = "token_invalid"


class TokenExpired(Unauthenticated):
    """The token has expired, and so has the one its source gave instead."""

    code = "token_expired"


class TokenNotActiveYet(Unauthenticated):
    """The token begins in the future: the issuer's clock and the service's differ."""

    code = "token_not_active_yet"


class TokenInvalidSignature(Unauthenticated):
    """The signature does not match the issuer's key."""

    code = "token_invalid_signature"


class TokenInvalidAlgorithm(Unauthenticated):
    """The token's algorithm is not allowed."""

    code = "token_invalid_algorithm"


class TokenInvalidAuthorizedParty(Unauthenticated):
    """The token was issued to another site."""

    code = "token_invalid_authorized_party"


class TokenInvalidIssuer(Unauthenticated):
    """The service does not trust the token's issuer."""

    code = "token_invalid_issuer"


class TokenTypeMismatch(Unauthenticated):
    """A real token, of a kind that is not accepted."""

    code = "token_type_mismatch"


class SessionPending(Unauthenticated):
    """The person has not finished signing in."""

    code = "session_pending"


class KeyRevoked(Unauthenticated):
    """The API key was revoked."""

    code = "key_revoked"


class StepUpRequired(Unauthenticated):
    """The person signed in too long ago for this."""

    code = "insufficient_user_authentication"


class Forbidden(ApiError):
    """The identity is proven and may not do this."""


class PermissionMissing(Forbidden):
    """A permission is missing; `detail` names it."""

    code = "permission_missing"


class IdentityMismatch(Forbidden):
    """The body names someone else than the token."""

    code = "identity_mismatch"
