"""Runs batches on the loaded engines, and turns what they yield into files and reports, each job's its own."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from estampe.domain import Failure, Progress
from estampe.engines import Checkpoint, Ended, Engine, Event, Notes, Output, Preview, Request
from estampe.errors import EngineError, EstampeError
from estampe.media import POSTER_PIXELS, Kind, Label, still
from estampe.traces import trace
from estampe.worker import messages
from estampe.worker.messages import Member, Report, Run
from estampe.worker.press import Press

PREVIEW_PIXELS = 192
# The worker writes no more than this of them; what nobody will see need not be encoded.
PREVIEW_SECONDS = 0.25
SAVE_SECONDS = 2.0
LARGEST_CHECKPOINT = 8 * 1024 * 1024

Send = Callable[[Report], None]
"""Raises `TooLarge`, and has told nothing then."""
Stops = Callable[[str], bool]
"""Whether a job is not wanted any more."""


class MissingEnds(Exception):
    """The engine left members without an end: its type is what the log says."""


class MissingOutputs(Exception):
    """The engine ended a member, and not all that was asked for was there."""


class Workshop:
    """What the process that owns the engines does with them."""

    def __init__(self, engines: dict[str, Engine], kinds: dict[str, Kind], send: Send) -> None:
        self._engines, self._kinds, self._send = engines, kinds, send
        self.press = Press()

    def run(self, run: Run, stops: Stops) -> None:
        """Until the engine is free again. The last report of each job says how it ended, once its files are written."""
        batch = _Batch(run, self._kinds[run.kind], self._send, stops, self.press)
        events = None
        try:
            events = self._engines[run.engine].run(run.model, batch.requests)
            for member, event in events:
                batch.hear(member, event)
                if not batch.going:
                    return
            batch.break_off(MissingEnds())
        except Exception as error:  # noqa: BLE001 - an engine may raise anything, and the child must live
            batch.break_off(error)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()


class _Seat:
    """One job of the batch."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.begun = False
        self.seconds = 0.0
        self.missing = set(range(member.parameters.get("num_outputs", 1)))
        self.unsaved: bytes | None = None
        self.saved_at = time.monotonic()
        self.seen_at = time.monotonic()  # what takes no longer than that needs no look at it
        self.has_ended = False
        """Its last report was sent; known to the press alone until the engine's next event."""


class _Batch:
    """A batch on its way: which of its jobs go on, and what each has cost."""

    def __init__(self, run: Run, kind: Kind, send: Send, stops: Stops, press: Press) -> None:
        self._run, self._kind, self._send, self._stops, self._press = run, kind, send, stops, press
        self.going = {number: _Seat(member) for number, member in enumerate(run.members)}
        self._shared_at = time.perf_counter()

    @property
    def requests(self) -> list[Request]:
        return [
            Request(
                parameters={**member.parameters, **{name: Path(path) for name, path in member.inputs.items()}},
                checkpoint=member.checkpoint,
                wanted=lambda job=member.job: not self._stops(job),  # type: ignore[misc]
            )
            for member in self._run.members
        ]

    def hear(self, number: int, event: Event) -> None:
        self._share_time(number)
        seat = self.going.get(number)
        if seat is not None and seat.has_ended:  # an output of it could not be written
            del self.going[number]
        elif seat is not None:
            try:
                self._tell(number, seat, event)
            except Exception as error:  # noqa: BLE001 - what cannot be told is one job's, and the others go on
                self._refuse(number, error)
        for other in [number for number, seat in self.going.items() if self._stops(seat.member.job)]:
            self._stop(other)

    def break_off(self, error: Exception) -> None:
        """Whose fault it was cannot be seen from here: of several, each is tried again by itself."""
        self._share_time(None)
        for number in list(self.going):
            self._refuse(number, error, retryable=len(self._run.members) > 1)

    def _share_time(self, number: int | None) -> None:
        now = time.perf_counter()
        if number in self.going:
            self.going[number].begun = True
        begun = [seat for seat in self.going.values() if seat.begun]
        for seat in begun:
            seat.seconds += (now - self._shared_at) / len(begun)
        self._shared_at = now

    def _tell(self, number: int, seat: _Seat, event: Event) -> None:
        job = seat.member.job
        match event:
            case Progress():
                self._send(messages.Advanced(job, event))
            case Preview():
                self._show(seat, event)
            case Notes():
                self._send(messages.Noted(job, event.values))
            case Output():
                seat.missing.discard(event.position)
                self._press.then(lambda: self._write(seat, lambda: self._made(seat.member, event)))
            case Checkpoint(data):
                self._save(seat, data)
            case Ended(error):
                self._end(number, error)

    def _show(self, seat: _Seat, preview: Preview) -> None:
        now = time.monotonic()
        if now - seat.seen_at >= PREVIEW_SECONDS and self._press.is_idle:
            seat.seen_at = now
            self._press.then(lambda: self._write(seat, lambda: self._seen(seat.member.job, preview)))

    def _write(self, seat: _Seat, make: Callable[[], Report]) -> None:
        """What cannot be written is one job's, and the others go on."""
        if not seat.has_ended:
            try:
                self._send(make())
            except Exception as error:  # noqa: BLE001 - a file format may raise anything
                self._close(seat, _refused(seat, error))

    def _close(self, seat: _Seat, end: messages.End) -> None:
        if not seat.has_ended:
            seat.has_ended = True
            try:
                self._send(end)
            except messages.TooLarge as error:  # a refusal's own words
                self._send(_refused(seat, error))

    def _seen(self, job: str, preview: Preview) -> Report:
        return messages.Seen(job, still(preview.rendered()[0], PREVIEW_PIXELS))

    def _made(self, member: Member, output: Output) -> Report:
        parameters = member.parameters
        label = Label(
            job_id=member.job,
            model=self._run.model,
            prompt=parameters["prompt"],
            seed=output.seed,
            parameters=parameters,
            enlarged_from=output.enlarged_from,
        )
        wants_label = parameters.get("embed_metadata", True)
        path = Path(member.scratch) / f"{output.position}.{parameters['output_format']}"
        frames = output.rendered()
        facts = self._kind.encode(frames, parameters, label if wants_label else None, path)
        return messages.Made(
            job=member.job,
            position=output.position,
            path=str(path),
            seed=output.seed,
            facts=facts,
            poster=still(frames[0], POSTER_PIXELS),
        )

    def _end(self, number: int, error: Exception | None) -> None:
        if error is not None:
            self._refuse(number, error)
        elif self._stops(self.going[number].member.job):
            return
        elif self.going[number].missing:
            self._refuse(number, MissingOutputs())
        else:
            self._leave(number, lambda seat: messages.Done(seat.member.job, seat.seconds))

    def _leave(self, number: int, end: Callable[[_Seat], messages.End]) -> None:
        """The last that is told of it, after its files."""
        seat = self.going.pop(number)
        last = end(seat)
        self._press.then(lambda: self._close(seat, last))

    def _save(self, seat: _Seat, data: bytes) -> None:
        seat.unsaved = data if len(data) <= LARGEST_CHECKPOINT else None
        if time.monotonic() - seat.saved_at >= SAVE_SECONDS:
            self._send_unsaved(seat)

    def _send_unsaved(self, seat: _Seat) -> None:
        if seat.unsaved is not None:
            self._send(messages.Saved(seat.member.job, seat.unsaved))
            seat.unsaved, seat.saved_at = None, time.monotonic()

    def _stop(self, number: int) -> None:
        """It may be handed back: what it has comes along."""
        self._send_unsaved(self.going[number])
        self._leave(number, lambda seat: messages.Stopped(seat.member.job, seat.seconds))

    def _refuse(self, number: int, error: Exception, *, retryable: bool = False) -> None:
        self._leave(number, lambda seat: _refused(seat, error, retryable=retryable))


def _refused(seat: _Seat, error: Exception, *, retryable: bool = False) -> messages.Refused:
    failure = _failure(error, retryable=retryable)
    return messages.Refused(job=seat.member.job, failure=failure, seconds=seat.seconds)


def _failure(error: Exception, *, retryable: bool) -> Failure:
    if not isinstance(error, EstampeError):
        print(trace(error), file=sys.stderr, flush=True)  # noqa: T201 - the child's log
        error = EngineError(retryable=True)
    retryable = retryable or (isinstance(error, EngineError) and error.retryable)
    en, fr = error.detail or error.title
    return Failure(code=error.code, message=en, message_fr=fr, retryable=retryable)
