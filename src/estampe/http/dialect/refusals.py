"""EstampeError → a refusal in OpenAI's shape, so that its clients raise the class their users expect."""

from http import HTTPStatus

from estampe.errors import (
    EstampeError,
    JobCanceled,
    JobExpired,
    JobFailed,
    JobNotFinished,
    QueueFull,
    QuotaExhausted,
    RateLimited,
    RequestRefused,
    Unauthenticated,
    UnknownModel,
)
from estampe.http.dialect.shapes import Refusal, RefusalDetail
from estampe.http.problems import Problem, problem
from estampe.http.route import Asked, Manner, Reply

_PLACES: tuple[tuple[type[EstampeError], int, str], ...] = (
    (UnknownModel, 404, "model_not_found"),
    (QuotaExhausted, 429, "insufficient_quota"),
    (RateLimited, 429, "rate_limit_exceeded"),
    (Unauthenticated, 401, "invalid_api_key"),
    (JobFailed, 500, "job_failed"),
)
_BAD_REQUESTS = frozenset({HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY})
# OpenAI's clients ask again after every 409, 429 and 500; of these nothing would come but the same answer.
_FINAL = (QuotaExhausted, JobFailed, JobCanceled, JobExpired)


def placed(error: type[EstampeError]) -> tuple[int, str]:
    """The status and the code."""
    for kind, status, code in _PLACES:
        if issubclass(error, kind):
            return status, code
    if issubclass(error, RequestRefused) and error.status in _BAD_REQUESTS:
        return HTTPStatus.BAD_REQUEST, error.code
    return error.status, error.code


def refusal(error: EstampeError, asked: Asked, url: str) -> Reply:
    said = problem(error, asked, url)
    status, _ = placed(type(error))
    headers = said.headers
    if isinstance(error, _FINAL):
        headers["X-Should-Retry"] = "false"
    elif isinstance(error, JobNotFinished):
        headers["X-Should-Retry"] = "true"
    return Reply(status, detail(error, said.body), headers)


def detail(error: EstampeError, said: Problem) -> Refusal:
    """`said` is the same refusal as a problem, in the person's language."""
    status, code = placed(type(error))
    message, param = said.detail, None
    if said.errors:
        param = said.errors[0].pointer.strip("/").replace("/", ".") or None
        message = said.errors[0].detail
    elif isinstance(error, UnknownModel):
        param = "model"
    if param is not None and param not in message:
        message = f"{param}: {message}"
    told = RefusalDetail(message=message, type=_type(error, status), param=param, code=code, reason=error.code)
    return Refusal(told)


def _type(error: EstampeError, status: int) -> str:
    if isinstance(error, QuotaExhausted):
        return "insufficient_quota"
    if isinstance(error, RateLimited | QueueFull):
        return "rate_limit_error"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"


MANNER = Manner("application/json", Refusal, placed, refusal, within="error")
