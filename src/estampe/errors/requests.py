"""Requests that are wrong in themselves."""

from estampe.errors.root import EstampeError, Text


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
