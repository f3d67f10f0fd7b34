"""Right requests at the wrong moment."""

from estampe.errors.root import EstampeError, Text


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


class LimitsUnavailable(Unavailable):
    """The store that counts requests is away: what spends is refused, for nobody could say when to stop."""

    code = "limits_unavailable"
    title = Text("Limits cannot be checked now.", "Les limites ne peuvent pas être vérifiées pour l'instant.")


class StoreUnavailable(Unavailable):
    """The place where files lie does not answer, or refuses us."""

    code = "store_unavailable"
    title = Text("The store of files cannot be reached.", "Le stockage des fichiers est injoignable.")


class Draining(Unavailable):
    """The process is stopping."""

    code = "draining"
    title = Text("The server is restarting.", "Le serveur redémarre.")
