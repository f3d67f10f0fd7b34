"""One open stream: whose it is, what it was told, and what it has still to be told once its client has room."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from estampe.domain import JobId, Principal, Status
from estampe.errors import DatabaseUnavailable
from estampe.http.route import Language
from estampe.http.scenes import Scene, Told, event, message
from estampe.http.wire.line import Line

REAUTHENTICATE, BYE = event("reauthenticate", b"{}"), event("bye", b"{}")
STILL_HERE = message(b": still here\n\n")
MOST_UNTOLD = 64
# The first event, what it tells of which jobs, and whether that is all there will be.
FirstWord = tuple[bytes, dict[JobId, Told], bool]
First = Callable[["Listener"], Awaitable[FirstWord]]


class Place(Protocol):
    """Where listeners are told what is new."""

    def follow(self, listener: "Listener") -> None: ...

    def leave(self, listener: "Listener") -> None: ...


MOST_REMEMBERED = 1000


class Listener:
    """Follows one job, or all of one's own (`job` is None).

    A client that reads too slowly is told the latest of each job when it has room, never all that it missed; of too
    many jobs it is told as one that has just come: `starts_anew`.
    """

    __slots__ = (
        "_begun",
        "_first",
        "_last",
        "_line",
        "_place",
        "_told",
        "_untold",
        "is_beginning",
        "job",
        "language",
        "me",
        "starts_anew",
    )

    def __init__(
        self, me: Principal, language: Language, line: Line, *, first: First, place: Place, job: JobId | None
    ) -> None:
        self.me, self.language, self.job = me, language, job
        self._line, self._first, self._place = line, first, place
        self._told: dict[JobId, Told] = {}
        self._untold: dict[JobId, Scene] = {}
        self._last: bytes | None = None
        self._begun = False
        self.starts_anew = self.is_beginning = False
        line.has_room = self._catch_up

    @property
    def has_ended(self) -> bool:
        return self._line.has_ended

    @property
    def waiting_jobs(self) -> list[JobId]:
        """Those that were queued when they were last told."""
        return [wanted for wanted, told in self._told.items() if told.status is Status.QUEUED]

    async def begin(self) -> None:
        """Say the first word, or say it again; what was offered meanwhile follows."""
        self.starts_anew, self.is_beginning = False, True
        if not self._begun:
            self._place.follow(self)  # before it looks, so that nothing falls between
        try:
            said, told, is_all = await self._first(self)
        except DatabaseUnavailable:
            self.end()  # it comes again, to a database that may be back
            return
        finally:
            self.is_beginning = False
        if self.has_ended:
            return
        if self._line.is_full:
            self.starts_anew = True
            return
        for wanted, one in told.items():
            known = self._told.get(wanted)
            if known is None or known.version <= one.version:
                self._told[wanted] = one
        self._begun = True
        self._line.write(message(said))
        if is_all:
            self._last = b""
        self._catch_up()

    def leave(self) -> None:
        self._place.leave(self)

    def offer(self, scene: Scene) -> None:
        """The job stands like this now: tell it, at once or when there is room."""
        if self.has_ended or self._last is not None or self.starts_anew:
            return
        if self._begun and not self._line.is_full:
            self._tell(scene)
            return
        known = self._untold.get(scene.job.id)
        if known is None or known.version <= scene.version:
            self._untold[scene.job.id] = scene
        if len(self._untold) > MOST_UNTOLD:
            self._untold.clear()
            self.starts_anew = True

    def end(self, last: bytes = b"") -> None:
        """Say `last` and nothing more."""
        if self.has_ended:
            return
        self._untold.clear()
        self._last = last
        self._catch_up()

    def cut(self) -> None:
        """End at once, whatever the client was still to be told."""
        self._line.end()

    def beat(self, now: float, *, silent_seconds: float, slow_seconds: float) -> None:
        """Break a long silence; end what has had no room for too long."""
        quiet = now - self._line.wrote_at
        if self._line.is_full:
            if quiet >= slow_seconds:
                self._line.end()
        elif self._begun and quiet >= silent_seconds and not self.has_ended:
            self._line.write(STILL_HERE)

    def _catch_up(self) -> None:
        while self._untold and not (self._line.is_full or self.has_ended):
            self._tell(self._untold.pop(next(iter(self._untold))))
        if self._last is not None and not (self._line.is_full or self.has_ended):
            if self._last:
                self._line.write(message(self._last))
            self._line.end()

    def _tell(self, scene: Scene) -> None:
        wanted = scene.job.id
        told = self._told.get(wanted)
        if told is not None and told.version > scene.version:
            return
        self._told[wanted] = scene.told
        said = scene.since(told, self.language)
        if said is not None:
            self._line.write(said)
        if scene.job.status.ended and wanted == self.job:
            self._untold.clear()
            self._last = b""
            if not self._line.is_full:
                self._line.end()
        while len(self._told) > MOST_REMEMBERED:
            del self._told[next(iter(self._told))]
