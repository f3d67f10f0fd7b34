"""Which running jobs people do not want any more, as the database tells it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from estampe.db.notices import Notices
from estampe.domain import JobId

CHANNEL = "estampe_stops"


class Stops:
    """An ear for the jobs of this worker. What is told in an outage is missed: attempts look for themselves, too."""

    def __init__(self, notices: Notices) -> None:
        self._stops: dict[str, asyncio.Event] = {}
        notices.subscribe(CHANNEL, self._hear, lambda: None)

    @contextmanager
    def listening(self, job: JobId) -> Iterator[asyncio.Event]:
        """The event is set when somebody cancels the job."""
        stop = self._stops[job] = asyncio.Event()
        try:
            yield stop
        finally:
            if self._stops.get(job) is stop:
                del self._stops[job]

    def _hear(self, job: str) -> None:
        stop = self._stops.get(job)
        if stop is not None:
            stop.set()
