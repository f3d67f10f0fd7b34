"""One request and its answer: the token, the tries, and the service's refusals as errors. The one place of retries."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypedDict, TypeVar

from estampe_client._clock import Clock, jitter, unix_time
from estampe_client._commands import Opened, Request, Response, Sleep, Steps, send
from estampe_client._tokens import Tokens
from estampe_client._wire import decode
from estampe_client.errors import (
    ApiError,
    ConnectionLost,
    EstampeError,
    IdempotencyInProgress,
    NotFound,
    Refusal,
    StepUpRequired,
    TokenMissing,
    TokenUnavailable,
    Unauthenticated,
    UnexpectedAnswer,
    refused,
)
from estampe_client.types import Problem

T = TypeVar("T")

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 8.0
LONGEST_RETRY_AFTER_SECONDS = 120.0
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
# Said at the door, before anything was done: even what must not be done twice may be asked again.
AT_THE_DOOR = frozenset({"rate_limited", "draining", "limits_unavailable", "identity_provider_unavailable"})
RENEWABLE = frozenset(kind.code for kind in Unauthenticated.__subclasses__()) - {TokenMissing.code, StepUpRequired.code}

log = logging.getLogger("estampe_client")


@dataclass(frozen=True)
class Options:
    """How a client asks. `timeout_seconds` is for one try; `retries` come after the first one.

    `outage_seconds`: how long a wait bears that the service cannot be reached. `language` is that of errors.
    """

    timeout_seconds: float = 30.0
    retries: int = 4
    outage_seconds: float = 3600.0
    language: str = "en"
    max_answer_bytes: int = 16 * 1024 * 1024


class OptionChanges(TypedDict, total=False):
    """The options to change."""

    timeout_seconds: float
    retries: int
    outage_seconds: float
    language: str
    max_answer_bytes: int


@dataclass(frozen=True)
class Session:
    """What all calls of a client share."""

    tokens: Tokens
    options: Options
    clock: Clock


def exchange(session: Session, request: Request) -> Steps[Response]:
    """The answer of a success. Raises the last error, once tries are used up or would change nothing."""
    tries, lost = 0, False
    while True:
        try:
            response = yield from authorized(session, request, send)
            require_success(response)
        except (ConnectionLost, TokenUnavailable, ApiError, UnexpectedAnswer) as error:  # noqa: PERF203 - a try a turn
            if lost and request.method == "DELETE" and isinstance(error, NotFound):
                return Response(204, {})  # the try whose answer was lost did it
            lost = lost or not _is_undone(error)
            wait = None if tries >= session.options.retries else _wait_seconds(request, error, tries)
            if wait is None:
                raise
            tries += 1
            log.debug("%s %s: try %d in %.1f s", request.method, request.path, tries + 1, wait)
            yield Sleep(wait)
        else:
            return response


def authorized(session: Session, request: Request, ask: Callable[[Request], Steps[T]]) -> Steps[T]:
    """The answer to the request with a token; where that one is refused, to one replay with a fresh one."""
    seconds = session.options.timeout_seconds
    held = yield from session.tokens.current(seconds)
    said = {"Accept-Language": session.options.language}
    answer = yield from ask(request.with_headers({**said, "Authorization": f"Bearer {held.value}"}))
    response = _head(answer)
    session.clock.hear(response.headers.get("date"))
    if not _is_token_refused(response):
        return answer
    fresh = yield from session.tokens.instead_of(held, seconds)
    if fresh is held:
        return answer
    log.debug("%s %s: again, with a fresh token", request.method, request.path)
    return (yield from ask(request.with_headers({**said, "Authorization": f"Bearer {fresh.value}"})))


def _head(answer: object) -> Response:
    if isinstance(answer, Opened):
        return answer.response
    if isinstance(answer, Response):
        return answer
    raise TypeError(type(answer))


def _is_token_refused(response: Response) -> bool:
    """Another token may do better (RFC 6750). Gateways rename the challenge, so the code counts too; never a 403's."""
    if response.status != HTTPStatus.UNAUTHORIZED:
        return False
    if 'error="invalid_token"' in response.headers.get("www-authenticate", ""):
        return True
    try:
        code = decode(Problem, response.body).code
    except UnexpectedAnswer:
        return False
    return code in RENEWABLE


def require_success(response: Response) -> None:
    """Raises an `ApiError` for a refusal, `UnexpectedAnswer` for what the service does not say."""
    if response.is_success:
        return
    if not response.headers.get("content-type", "").startswith("application/problem+json"):
        raise UnexpectedAnswer(
            f"the answer is a {response.status} that is not the service's: "
            "what stands between gave it, or this is not its address",
            status=response.status,
        )
    problem = decode(Problem, response.body)
    raise refused(
        Refusal(
            code=problem.code,
            status=response.status,
            title=problem.title,
            detail=problem.detail,
            request_id=problem.request_id,
            errors=tuple(problem.errors),
            retry_after_seconds=_retry_after(response),
        )
    )


def _retry_after(response: Response) -> float | None:
    """Seconds; a date is read against the clock of whoever wrote it."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    then, now = unix_time(said), unix_time(response.headers.get("date"))
    return None if then is None or now is None else max(0.0, math.ceil(then - now))


def is_passing(error: EstampeError) -> bool:
    """Whether the same question may be answered a moment later."""
    if isinstance(error, ApiError):
        return error.status in PASSING or isinstance(error, IdempotencyInProgress)
    if isinstance(error, UnexpectedAnswer):
        return error.status in PASSING
    return error.passing if isinstance(error, TokenUnavailable) else isinstance(error, ConnectionLost)


def back_off(tries: int) -> float:
    return jitter(min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(tries, 16)))


def _wait_seconds(request: Request, error: EstampeError, tries: int) -> float | None:
    """How long to wait before the next try; None where there should be none."""
    if not is_passing(error) or not (request.repeatable or _is_undone(error)):
        return None
    asked = error.retry_after_seconds if isinstance(error, ApiError) else None
    if asked is None:
        return back_off(tries)
    return None if asked > LONGEST_RETRY_AFTER_SECONDS else asked + jitter(FIRST_WAIT_SECONDS)


def _is_undone(error: EstampeError) -> bool:
    if isinstance(error, ConnectionLost):
        return not error.sent
    return isinstance(error, TokenUnavailable) or (isinstance(error, ApiError) and error.refusal.code in AT_THE_DOOR)
