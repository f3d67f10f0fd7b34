"""Why a job fails that no engine refused, and why a worker cannot work: the sentences that people read."""

from estampe.domain import Failure
from estampe.errors import Text

LOST = Failure(
    code="worker_lost",
    message="The process that ran this job was lost too often.",
    message_fr="Le processus qui exécutait cette tâche a été perdu trop souvent.",
    retryable=True,
)
SILENT = Failure(
    code="engine_failed",
    message="The engine said nothing for too long.",
    message_fr="Le moteur n'a rien dit pendant trop longtemps.",
    retryable=True,
)
BROKEN = Failure(
    code="internal_error",
    message="The result could not be kept; the operator's log says more.",
    message_fr="Le résultat n'a pas pu être conservé ; le journal de l'opérateur en dit plus.",
    retryable=True,
)
NO_ENGINE = Failure(
    code="unknown_model",
    message="No engine of this worker makes this.",
    message_fr="Aucun moteur de ce serveur ne sait faire cela.",
    retryable=True,
)
NO_INPUT = Failure(
    code="not_found",
    message="The picture to start from was deleted.",
    message_fr="L'image de départ a été supprimée.",
    retryable=False,
)
ENDED_LOADING = Text(
    "The engine's process ended while it loaded.",
    "Le processus du moteur s'est arrêté pendant le chargement.",
)
CANNOT_BE_ENDED = Text(
    "The engine's process was killed, and is still there.",
    "Le processus du moteur a été tué, et il est toujours là.",
)


def loads_too_long(seconds: float) -> Text:
    return Text(
        f"The engines were not loaded within {seconds:g} s: ESTAMPE_SETUP_SECONDS gives them longer.",
        f"Les moteurs n'ont pas été chargés en {seconds:g} s : ESTAMPE_SETUP_SECONDS leur laisse plus de temps.",
    )
