"""Stay with a job until it ends, whatever happens to the line, the service, the token and this machine.

Events first: they cost the service least. Where they cannot be had (a gateway that holds them back, a service with
no room for one more watcher) the job is asked about instead, at the service's pace, and events are tried again later.
"""

from __future__ import annotations

import base64
import contextlib
from dataclasses import dataclass, replace

from estampe_client._clock import jitter
from estampe_client._commands import Close, Emit, Flow, Opened, Read, Request, Sleep, opened, send
from estampe_client._events import EventReader, ServerEvent
from estampe_client._exchange import (
    LONGEST_RETRY_AFTER_SECONDS,
    Session,
    authorized,
    back_off,
    is_passing,
    require_success,
)
from estampe_client._tokens import Held
from estampe_client._wire import decode
from estampe_client.errors import (
    AnswerTooLarge,
    ApiError,
    ConnectionLost,
    EstampeError,
    TokenUnavailable,
    UnexpectedAnswer,
    VersionMismatch,
    WaitTimeout,
)
from estampe_client.job import EventName, JobEvent, Preview, has_ended
from estampe_client.types import Progress, Snapshot, Status

SILENCE_SECONDS = 35.0  # more than two of the service's heartbeats
LONG_POLL_SECONDS = 20.0  # less than what gateways bear
POLL_SECONDS = 1.0
LATEST_STREAM_SECONDS = 600.0
BRIEF_SECONDS = 1.0
WHOLE: dict[str, EventName] = {"snapshot": "snapshot", "status": "status", "done": "done"}
LAST = frozenset({"done", "reauthenticate", "bye"})
TROUBLE = (ConnectionLost, TokenUnavailable, UnexpectedAnswer, ApiError)


@dataclass(frozen=True)
class Moved:
    """What a `progress` event says."""

    status: Status
    queue_position: int | None
    progress: Progress | None


@dataclass(frozen=True)
class Look:
    """What a `preview` event says; `data` is base64."""

    media_type: str
    data: str


@dataclass(frozen=True)
class Patience:
    """How long a wait goes on (None: as long as the job), and how often the service wants to be asked."""

    timeout_seconds: float | None = None
    poll_seconds: float = POLL_SECONDS


class Watch:
    """One wait: what is known of the job, and since when nothing could be learnt."""

    def __init__(self, session: Session, job_id: str, patience: Patience) -> None:
        self._session, self.job_id, self._patience = session, job_id, patience
        self._path = f"/api/jobs/{job_id}"
        self.job: Snapshot | None = None
        self._etag: str | None = None
        self._lost_at: float | None = None
        self._failures = 0
        self._deaf = 0  # streams in a row that said nothing
        self._begun = self._stream_at = self._now

    @property
    def _now(self) -> float:
        return self._session.clock.awake()

    def steps(self) -> Flow[JobEvent, Snapshot]:
        """The job once it has ended. Raises `WaitTimeout`, and what no patience mends."""
        while self.job is None or not has_ended(self.job):
            if self._left() > LONG_POLL_SECONDS and self._now >= self._stream_at:
                yield from self._stream()
            else:
                yield from self._poll()
        return self.job

    def _left(self) -> float:
        """Seconds of patience. Raises `WaitTimeout`."""
        timeout = self._patience.timeout_seconds
        if timeout is None:
            return float("inf")
        left = self._begun + timeout - self._now
        if left <= 0:
            raise WaitTimeout(self.job_id, timeout)
        return left

    def _stream(self) -> Flow[JobEvent, None]:
        begun, tokens = self._now, self._session.tokens
        silence = min(SILENCE_SECONDS, self._left())
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        asked = Request("GET", f"{self._path}/events", headers=headers, timeout_seconds=silence)
        try:
            held = yield from tokens.current(self._session.options.timeout_seconds)
            source = _source((yield from authorized(self._session, asked, opened)))
        except TROUBLE as error:
            self._bear(error)
            self._stream_later()
            return
        last = yield from self._heard(source)
        yield Close(source)
        if last is None:
            self._stream_later()
            return
        self._deaf = 0
        self._stream_at = self._now + jitter(2 * BRIEF_SECONDS)
        if last == "reauthenticate":
            yield from self._reauthenticated(held)
            self._stream_at = self._now if self._now - begun > BRIEF_SECONDS else self._stream_at

    def _reauthenticated(self, held: Held) -> Flow[JobEvent, None]:
        """The stream's token is over, and the job is not."""
        try:
            yield from self._session.tokens.instead_of(held, self._session.options.timeout_seconds)
        except TokenUnavailable as error:
            self._bear(error)

    def _heard(self, source: object) -> Flow[JobEvent, str | None]:
        """The last event's name; None where there was none."""
        reader, last = EventReader(), None
        while self._left() > LONG_POLL_SECONDS:
            try:
                chunk: bytes = yield Read(source)
            except ConnectionLost:
                break
            for event in reader.feed(chunk):
                last = event.name
                self._lost_at = None
                yield from self._told(event)
                if last in LAST or (self.job and has_ended(self.job)):
                    return last
            if not chunk:
                break
        return last

    def _told(self, event: ServerEvent) -> Flow[JobEvent, None]:
        """What is newer than this client is not heard."""
        if event.name in WHOLE:
            yield from self._learnt(WHOLE[event.name], decode(Snapshot, event.data))
        elif event.name == "progress" and self.job:
            moved = decode(Moved, event.data)
            job = replace(self.job, status=moved.status, queue_position=moved.queue_position, progress=moved.progress)
            yield from self._learnt("progress", job)
        elif event.name == "preview" and self.job:
            look = decode(Look, event.data)
            with contextlib.suppress(ValueError):
                preview = Preview(look.media_type, base64.b64decode(look.data))
                yield Emit(JobEvent("preview", self.job, preview))

    def _learnt(self, name: EventName, job: Snapshot) -> Flow[JobEvent, None]:
        """A job that stands as it stood is no news; one that has ended is, once."""
        before, self.job = self.job, job
        if before != job or has_ended(job):
            yield Emit(JobEvent("done" if has_ended(job) else name, job))

    def _stream_later(self) -> None:
        self._deaf += 1
        self._stream_at = self._now + min(2.0**self._deaf, LATEST_STREAM_SECONDS) + jitter(BRIEF_SECONDS)

    def _poll(self) -> Flow[JobEvent, None]:
        begun = self._now
        known = {"If-None-Match": self._etag} if self._etag else {}
        until_stream = self._stream_at - begun if self._stream_at > begun else LONG_POLL_SECONDS
        wait = min(LONG_POLL_SECONDS, self._left(), until_stream) if known else 0.0
        seconds = self._session.options.timeout_seconds + wait
        asked = Request("GET", self._path, (("wait", f"{wait:.2f}"),), known, timeout_seconds=seconds)
        try:
            response = yield from authorized(self._session, asked, send)
            require_success(response)
            job = decode(Snapshot, response.body)
        except TROUBLE as error:
            self._bear(error)
            self._failures += 1
            yield Sleep(min(_pause(error, self._failures), self._left()))
            return
        self._lost_at, self._failures = None, 0
        self._etag = response.headers.get("etag")
        yield from self._learnt(self._name(job), job)
        if not has_ended(job):
            pace = self._patience.poll_seconds - (self._now - begun)
            yield Sleep(max(0.0, min(pace, self._left())))

    def _name(self, job: Snapshot) -> EventName:
        if self.job is None:
            return "snapshot"
        return "progress" if self.job.status == job.status else "status"

    def _bear(self, error: EstampeError) -> None:
        """Raises what no patience mends, and an outage that lasts too long."""
        hopeless = isinstance(error, AnswerTooLarge | VersionMismatch)
        if hopeless or not (is_passing(error) or isinstance(error, UnexpectedAnswer)):
            raise error
        if self._lost_at is None:
            self._lost_at = self._now
        if self._now - self._lost_at > self._session.options.outage_seconds:
            raise error


def _source(answer: Opened) -> object:
    """Raises what a refusal raises, and `UnexpectedAnswer` for what is no stream of events."""
    require_success(answer.response)
    if answer.source is None or not answer.response.headers.get("content-type", "").startswith("text/event-stream"):
        raise UnexpectedAnswer("this is no stream of events", status=answer.response.status)
    return answer.source


def _pause(error: EstampeError, failures: int) -> float:
    asked = error.retry_after_seconds if isinstance(error, ApiError) else None
    return back_off(failures) if asked is None else min(asked, LONGEST_RETRY_AFTER_SECONDS) + jitter(BRIEF_SECONDS)
