"""Stay with a job until it ends, whatever happens to the line, the service, the token and this machine.

Events first: they cost the service least. Where they cannot be had (a gateway that holds them back, a service with
no room for one more watcher) the job is asked about instead, at the service's pace, and events are tried again later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from estampe_client._clock import jitter
from estampe_client._commands import Close, Emit, Flow, Request, Sleep, read, send
from estampe_client._events import EventReader, ServerEvent
from estampe_client._exchange import Session, authorized, require_success
from estampe_client._stream import BRIEF_SECONDS, SILENCE_SECONDS, TROUBLE, Look, Moved, Outage, pause_seconds, stream
from estampe_client._tokens import Held
from estampe_client._wire import decode
from estampe_client.errors import ConnectionLost, TokenUnavailable, WaitTimeout
from estampe_client.job import EventName, JobEvent, has_ended
from estampe_client.types import Snapshot

LONG_POLL_SECONDS = 20.0  # less than what gateways bear
POLL_SECONDS = 1.0
LATEST_STREAM_SECONDS = 600.0
WHOLE: dict[str, EventName] = {"snapshot": "snapshot", "status": "status", "done": "done"}
LAST = frozenset({"done", "reauthenticate", "bye"})


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
        self._outage = Outage(session)
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
        try:
            held = yield from tokens.current(self._session.options.timeout_seconds)
            source = yield from stream(self._session, f"{self._path}/events", silence)
        except TROUBLE as error:
            self._outage.bear(error)
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
            self._outage.bear(error)

    def _heard(self, source: object) -> Flow[JobEvent, str | None]:
        """The last event's name; None where there was none."""
        reader, last = EventReader(), None
        while self._left() > LONG_POLL_SECONDS:
            try:
                chunk = yield from read(source)
            except ConnectionLost:
                break
            for event in reader.feed(chunk):
                last = event.name
                self._outage.end()
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
            preview = decode(Look, event.data).preview()
            if preview is not None:
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
            self._outage.bear(error)
            self._failures += 1
            yield Sleep(min(pause_seconds(error, self._failures), self._left()))
            return
        self._outage.end()
        self._failures = 0
        self._etag = response.headers.get("etag")
        yield from self._learnt(self._name(job), job)
        if not has_ended(job):
            pace = self._patience.poll_seconds - (self._now - begun)
            yield Sleep(max(0.0, min(pace, self._left())))

    def _name(self, job: Snapshot) -> EventName:
        if self.job is None:
            return "snapshot"
        return "progress" if self.job.status == job.status else "status"
