"""What happens to all of one's jobs, told by one stream for as long as somebody listens."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from estampe_client._clock import jitter
from estampe_client._commands import Close, Emit, Flow, Request, Sleep, read
from estampe_client._events import EventReader, ServerEvent
from estampe_client._exchange import Session, exchange
from estampe_client._stream import BRIEF_SECONDS, SILENCE_SECONDS, TROUBLE, Look, Moved, Outage, pause_seconds, stream
from estampe_client._wire import decode
from estampe_client.errors import EstampeError, NotFound
from estampe_client.job import EventName, JobEvent, has_ended
from estampe_client.types import JobPage, Snapshot

REMEMBERED = 1000  # ends that are told once, over all streams


class News:
    """One listening, over as many streams as it takes. Who was told of as going on is told of as ended, too."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._outage, self._failures = Outage(session), 0
        self._going: dict[str, Snapshot] = {}
        self._ended = deque[str](maxlen=REMEMBERED)
        self._is_new = False
        """Whether what is listed was seen before: what has ended since the first list is told as done."""

    def steps(self) -> Flow[JobEvent, None]:
        """Never ends by itself. Raises what no patience mends, and an outage that lasts too long."""
        while True:
            begun = self._session.clock.awake()
            try:
                yield from self._stream()
                if self._session.clock.awake() - begun < BRIEF_SECONDS:
                    yield Sleep(jitter(2 * BRIEF_SECONDS))
            except TROUBLE as error:
                self._outage.bear(error)
                self._failures += 1
                yield Sleep(pause_seconds(error, self._failures))

    def _stream(self) -> Flow[JobEvent, None]:
        """Until the service ends it; where it asks for another token, with that one at hand."""
        tokens, seconds = self._session.tokens, self._session.options.timeout_seconds
        held = yield from tokens.current(seconds)
        source = yield from stream(self._session, "/api/events", SILENCE_SECONDS)
        try:
            last = yield from self._heard(source)
        except EstampeError:
            yield Close(source)
            raise
        yield Close(source)
        if last == "reauthenticate":
            yield from tokens.instead_of(held, seconds)

    def _heard(self, source: object) -> Flow[JobEvent, str]:
        """The last event's name."""
        reader, last = EventReader(), ""
        while chunk := (yield from read(source)):
            for event in reader.feed(chunk):
                self._outage.end()
                self._failures, last = 0, event.name
                yield from self._told(event)
        return last

    def _told(self, event: ServerEvent) -> Flow[JobEvent, None]:
        """What is newer than this client is not heard."""
        if event.name == "snapshot":
            yield from self._listed(decode(JobPage, event.data).jobs)
        elif event.name in {"status", "done"}:
            yield from self._learnt("status", decode(Snapshot, event.data))
        elif event.name == "progress":
            moved = decode(Moved, event.data)
            if job := self._going.get(moved.job_id):
                now = replace(job, status=moved.status, queue_position=moved.queue_position, progress=moved.progress)
                yield from self._learnt("progress", now)
        elif event.name == "preview":
            look = decode(Look, event.data)
            job, preview = self._going.get(look.job_id), look.preview()
            if job and preview:
                yield Emit(JobEvent("preview", job, preview))

    def _listed(self, jobs: list[Snapshot]) -> Flow[JobEvent, None]:
        """The newest, the oldest of them first; and those that went on when the line was lost, wherever they stand."""
        for job in reversed(jobs):
            yield from self._learnt("snapshot", job)
        self._is_new = True
        for job_id in self._going.keys() - {job.job_id for job in jobs}:
            try:
                response = yield from exchange(self._session, Request("GET", f"/api/jobs/{job_id}"))
            except NotFound:
                del self._going[job_id]
                continue
            yield from self._learnt("snapshot", decode(Snapshot, response.body))

    def _learnt(self, name: EventName, job: Snapshot) -> Flow[JobEvent, None]:
        """A job that stands as it stood is no news; one that has ended is, once."""
        before = self._going.pop(job.job_id, None)
        if not has_ended(job):
            self._going[job.job_id] = job
            if before != job:
                yield Emit(JobEvent(name, job))
        elif job.job_id not in self._ended:
            self._ended.append(job.job_id)
            yield Emit(JobEvent("done" if name != "snapshot" or self._is_new else name, job))
