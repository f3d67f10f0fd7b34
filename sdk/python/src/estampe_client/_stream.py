"""A stream of the service's events: opened, and how long it is borne that none can be had."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from estampe_client._clock import jitter
from estampe_client._commands import Request, Steps, opened
from estampe_client._exchange import (
    LONGEST_RETRY_AFTER_SECONDS,
    Session,
    authorized,
    back_off,
    is_passing,
    require_success,
)
from estampe_client.errors import (
    AnswerTooLarge,
    ApiError,
    ConnectionLost,
    EstampeError,
    TokenUnavailable,
    UnexpectedAnswer,
    VersionMismatch,
)
from estampe_client.job import Preview
from estampe_client.types import Progress, Status

SILENCE_SECONDS = 35.0  # more than two of the service's heartbeats
BRIEF_SECONDS = 1.0
TROUBLE = (ConnectionLost, TokenUnavailable, UnexpectedAnswer, ApiError)


@dataclass(frozen=True)
class Moved:
    """What a `progress` event says."""

    job_id: str
    status: Status
    queue_position: int | None
    progress: Progress | None


@dataclass(frozen=True)
class Look:
    """What a `preview` event says; `data` is base64."""

    job_id: str
    media_type: str
    data: str

    def preview(self) -> Preview | None:
        try:
            return Preview(self.media_type, base64.b64decode(self.data))
        except binascii.Error:
            return None


def stream(session: Session, path: str, silence_seconds: float) -> Steps[object]:
    """Its source. Raises what a refusal raises, and `UnexpectedAnswer` for what is no stream of events."""
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    asked = Request("GET", path, headers=headers, timeout_seconds=silence_seconds)
    answer = yield from authorized(session, asked, opened)
    require_success(answer.response)
    if answer.source is None or not answer.response.headers.get("content-type", "").startswith("text/event-stream"):
        raise UnexpectedAnswer("this is no stream of events", status=answer.response.status)
    return answer.source


def pause_seconds(error: EstampeError, failures: int) -> float:
    """Before the next try."""
    asked = error.retry_after_seconds if isinstance(error, ApiError) else None
    return back_off(failures) if asked is None else min(asked, LONGEST_RETRY_AFTER_SECONDS) + jitter(BRIEF_SECONDS)


class Outage:
    """Since when nothing could be learnt."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lost_at: float | None = None

    def end(self) -> None:
        self._lost_at = None

    def bear(self, error: EstampeError) -> None:
        """Raises what no patience mends, and an outage that lasts too long."""
        hopeless = isinstance(error, AnswerTooLarge | VersionMismatch)
        if hopeless or not (is_passing(error) or isinstance(error, UnexpectedAnswer)):
            raise error
        now = self._session.clock.awake()
        if self._lost_at is None:
            self._lost_at = now
        if now - self._lost_at > self._session.options.outage_seconds:
            raise error
