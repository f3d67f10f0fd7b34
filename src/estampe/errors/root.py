"""What every error has: a stable code, a status, texts in each language; and those that are nobody's fault."""

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


class EngineError(EstampeError):
    """The engine refused or failed; `retryable` says whether another try may help."""

    code = "engine_failed"
    title = Text("The model could not make this.", "Le modèle n'a pas pu réaliser cette demande.")

    def __init__(self, detail: Text | None = None, *, retryable: bool = False) -> None:
        super().__init__(detail)
        self.retryable = retryable
