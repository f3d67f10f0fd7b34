"""No proven identity, or one that may not."""

from estampe.errors.root import EstampeError, Text


class Unauthenticated(EstampeError):
    """No proven identity."""

    code, status = "token_invalid", 401
    title = Text("The token is not valid.", "Le jeton d'authentification n'est pas valide.")


class TokenMissing(Unauthenticated):
    """The request carries no token."""

    code = "token_missing"
    title = Text("Authentication token missing", "Token d'authentification manquant")


class TokenInvalid(Unauthenticated):
    """The token is not one we can accept, for a reason that has no code of its own."""


class TokenExpired(Unauthenticated):
    """The one refusal a client mends by itself: get a fresh token and ask again."""

    code = "token_expired"
    title = Text("The token has expired.", "Le jeton d'authentification a expiré.")


class TokenNotActiveYet(Unauthenticated):
    """`nbf` or `iat` lies in the future."""

    code = "token_not_active_yet"
    title = Text(
        "The token is not active yet: check the clocks.",
        "Le jeton n'est pas encore actif : vérifiez l'horloge.",
    )


class TokenInvalidSignature(Unauthenticated):
    """The signature does not match the issuer's key."""

    code = "token_invalid_signature"
    title = Text("The token's signature is not valid.", "La signature du jeton n'est pas valide.")


class TokenInvalidAlgorithm(Unauthenticated):
    """The token's algorithm is not one allowed for the issuer's key."""

    code = "token_invalid_algorithm"
    title = Text("The token's algorithm is not allowed.", "L'algorithme du jeton n'est pas autorisé.")


class TokenInvalidAuthorizedParty(Unauthenticated):
    """The token was made for a site that is not allowed to call this server (`azp`)."""

    code = "token_invalid_authorized_party"
    title = Text("The token was issued to another site.", "Le jeton a été émis pour un autre site.")


class TokenInvalidIssuer(Unauthenticated):
    """No configured provider issues such tokens."""

    code = "token_invalid_issuer"
    title = Text("The token's issuer is not trusted here.", "L'émetteur du jeton n'est pas reconnu ici.")


class TokenTypeMismatch(Unauthenticated):
    """A real token of a kind that is not accepted here."""

    code = "token_type_mismatch"
    title = Text("This kind of token is not accepted here.", "Ce genre de jeton n'est pas accepté ici.")


class SessionPending(Unauthenticated):
    """The session still has a task to finish, so the person counts as signed out."""

    code = "session_pending"
    title = Text("Finish signing in first.", "Terminez d'abord votre connexion.")


class KeyRevoked(Unauthenticated):
    """The API key has been revoked."""

    code = "key_revoked"
    title = Text("This API key has been revoked.", "Cette clé d'API a été révoquée.")


class StepUpRequired(Unauthenticated):
    """The person signed in too long ago for this (RFC 9470): `max_age_seconds` is what is asked for."""

    code = "insufficient_user_authentication"
    title = Text("Confirm that it is you: sign in again.", "Confirmez votre identité : connectez-vous à nouveau.")

    def __init__(self, max_age_seconds: int) -> None:
        super().__init__()
        self.max_age_seconds = max_age_seconds


class SignInCodeInvalid(Unauthenticated):
    """The single-use sign-in code is unknown, used or too old."""

    code = "sign_in_code_invalid"
    title = Text(
        "This sign-in link has been used or is too old. Run `estampe link` for a new one.",
        "Ce lien de connexion a déjà servi ou a expiré. Lancez « estampe link » pour en obtenir un autre.",
    )


class WebhookSignatureInvalid(Unauthenticated):
    """A webhook that the identity provider did not sign, or not just now."""

    code, status = "webhook_signature_invalid", 400
    title = Text("The webhook's signature is not valid.", "La signature du webhook n'est pas valide.")


class Forbidden(EstampeError):
    """The identity is proven and may not do this."""

    code, status = "permission_missing", 403
    title = Text("You may not do this.", "Vous n'avez pas la permission de faire cela.")


class PermissionMissing(Forbidden):
    """The permission named in `needed`, or each of several that would do, is not among the principal's."""

    def __init__(self, *needed: str) -> None:
        super().__init__(
            Text(
                f"You need the permission {' or '.join(needed)}.",
                f"Il vous faut la permission {' ou '.join(needed)}.",
            )
        )
        self.needed = needed


class IdentityMismatch(Forbidden):
    """The body names another user or organisation than the token."""

    code = "identity_mismatch"
    title = Text(
        "The body names another user or organisation than the token.",
        "Le contenu nomme un autre utilisateur ou une autre organisation que le jeton.",
    )
