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
│       · SessionPending · KeyRevoked · SignInCodeInvalid
├── Forbidden
│   └── PermissionMissing · IdentityMismatch
├── JobState
│   └── JobNotFinished · JobFailed · JobCanceled · JobExpired · IdempotencyInProgress
├── QuotaExhausted · RateLimited · QueueFull
├── Unavailable
│   └── IdentityProviderUnavailable · NoWorker · Draining
└── EngineError                         what an engine raises; ends as a job's `error`, never as a status
"""

from typing import ClassVar, NamedTuple


class Text(NamedTuple):
    """One sentence in each language that people see."""

    en: str
    fr: str


class FieldError(NamedTuple):
    """One fault in a body: a JSON pointer and what is wrong there."""

    pointer: str
    detail: Text


class EstampeError(Exception):
    """Something went wrong on our side."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[Text] = Text("Something went wrong on our side.", "Une erreur est survenue de notre côté.")

    def __init__(
        self,
        detail: Text | None = None,
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__((detail or self.title).en)
        self.detail = detail
        self.errors = errors
        self.retry_after_seconds = retry_after_seconds


class InvalidSetting(EstampeError):
    """A setting, or the place where Estampe runs, does not allow it to start: one clear line for the terminal."""

    code = "invalid_setting"
    title = Text("A setting is wrong.", "Un réglage est incorrect.")


class DatabaseUnavailable(EstampeError):
    """PostgreSQL cannot be reached, started or migrated."""

    code, status = "database_unavailable", 503
    title = Text("The database cannot be reached.", "La base de données est injoignable.")


class RequestRefused(EstampeError):
    """The request itself is wrong."""

    code, status = "invalid_request", 400
    title = Text("The request is malformed.", "La requête est mal formée.")


class InvalidRequest(RequestRefused):
    """Two credentials, a token in the query string, a malformed header or query."""


class BodyTooLarge(RequestRefused):
    """The body is larger than the route takes."""

    code, status = "body_too_large", 413
    title = Text("The body is too large.", "Le corps de la requête est trop volumineux.")


class MediaTypeUnsupported(RequestRefused):
    """The body's media type is not one the route reads."""

    code, status = "media_type_unsupported", 415
    title = Text("This media type is not supported.", "Ce type de média n'est pas pris en charge.")


class InvalidRequestBody(RequestRefused):
    """The body does not have the shape the route asks for; `errors` points at each fault."""

    code, status = "invalid_request_body", 422
    title = Text("The body is not valid.", "Le corps de la requête n'est pas valide.")


class UnknownModel(RequestRefused):
    """No live worker has announced this model for this kind."""

    code, status = "unknown_model", 422
    title = Text("This model is not available.", "Ce modèle n'est pas disponible.")


class LimitExceeded(RequestRefused):
    """A parameter is outside what the model allows, or is not one it takes."""

    code, status = "limit_exceeded", 422
    title = Text("A parameter is outside the model's limits.", "Un paramètre dépasse les limites du modèle.")


class IdempotencyMismatch(RequestRefused):
    """The key was used before with another body."""

    code, status = "idempotency_mismatch", 422
    title = Text(
        "This Idempotency-Key was used with another body.",
        "Cette Idempotency-Key a déjà servi avec un autre contenu.",
    )


class MethodNotAllowed(RequestRefused):
    """The path exists, the method does not."""

    code, status = "method_not_allowed", 405
    title = Text("This method is not allowed here.", "Cette méthode n'est pas permise ici.")


class NotFound(RequestRefused):
    """There is no such thing, or it is another tenant's: the answer is the same."""

    code, status = "not_found", 404
    title = Text("There is no such thing.", "Élément introuvable.")


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


class SignInCodeInvalid(Unauthenticated):
    """The single-use sign-in code is unknown, used or too old."""

    code = "sign_in_code_invalid"
    title = Text(
        "This sign-in link has been used or is too old. Run `estampe link` for a new one.",
        "Ce lien de connexion a déjà servi ou a expiré. Lancez « estampe link » pour en obtenir un autre.",
    )


class Forbidden(EstampeError):
    """The identity is proven and may not do this."""

    code, status = "permission_missing", 403
    title = Text("You may not do this.", "Vous n'avez pas la permission de faire cela.")


class PermissionMissing(Forbidden):
    """The permission named in `needed` is not among the principal's."""

    def __init__(self, needed: str) -> None:
        super().__init__(Text(f"You need the permission {needed}.", f"Il vous faut la permission {needed}."))
        self.needed = needed


class IdentityMismatch(Forbidden):
    """The body names another user or organisation than the token."""

    code = "identity_mismatch"
    title = Text(
        "The body names another user or organisation than the token.",
        "Le contenu nomme un autre utilisateur ou une autre organisation que le jeton.",
    )


class JobState(EstampeError):
    """The job is not in a state that allows this."""

    code, status = "job_not_finished", 409
    title = Text("The job is not finished yet.", "La tâche n'est pas encore terminée.")


class JobNotFinished(JobState):
    """The result is asked before the end."""


class JobFailed(JobState):
    """The result is asked of a job that failed."""

    code = "job_failed"
    title = Text("The job failed.", "La tâche a échoué.")


class JobCanceled(JobState):
    """The result is asked of a job that was canceled."""

    code = "job_canceled"
    title = Text("The job was canceled.", "La tâche a été annulée.")


class JobExpired(JobState):
    """The job or its results are past their date."""

    code = "job_expired"
    title = Text("The job has expired.", "La tâche a expiré.")


class IdempotencyInProgress(JobState):
    """The first request with this key is still being written."""

    code = "idempotency_in_progress"
    title = Text(
        "The first request with this Idempotency-Key is still under way.",
        "La première requête avec cette Idempotency-Key est encore en cours.",
    )


class QuotaExhausted(EstampeError):
    """The tenant has used what it may use in this period."""

    code, status = "quota_exhausted", 402
    title = Text("The quota is used up.", "Le quota est épuisé.")


class RateLimited(EstampeError):
    """Too many requests in too little time."""

    code, status = "rate_limited", 429
    title = Text("Too many requests.", "Trop de requêtes.")


class QueueFull(EstampeError):
    """The tenant, or the server, holds as many waiting jobs as it may."""

    code, status = "queue_full", 429
    title = Text("The queue is full.", "La file d'attente est pleine.")


class Unavailable(EstampeError):
    """Something we need is away for a moment: ask again later."""

    code, status = "no_worker", 503
    title = Text("No worker can make this now.", "Aucun serveur de calcul n'est disponible.")


class IdentityProviderUnavailable(Unavailable):
    """The issuer's keys were never read and cannot be read now."""

    code = "identity_provider_unavailable"
    title = Text("The identity provider cannot be reached.", "Le fournisseur d'identité est injoignable.")


class NoWorker(Unavailable):
    """No live worker announces a model of this kind."""


class Draining(Unavailable):
    """The process is stopping."""

    code = "draining"
    title = Text("The server is restarting.", "Le serveur redémarre.")


class EngineError(EstampeError):
    """The engine refused or failed; `retryable` says whether another try may help."""

    code = "engine_failed"
    title = Text("The model could not make this.", "Le modèle n'a pas pu réaliser cette demande.")

    def __init__(self, detail: Text | None = None, *, retryable: bool = False) -> None:
        super().__init__(detail)
        self.retryable = retryable
