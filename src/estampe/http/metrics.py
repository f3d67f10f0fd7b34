"""What Prometheus reads: everything this API counted, and the jobs by status."""

import time
from contextlib import suppress

from estampe import telemetry
from estampe.errors import DatabaseUnavailable
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Reply, Route
from estampe.policy.permissions import Permission

FRESH_SECONDS = 5.0
JOBS = ("estampe_jobs", "Jobs that have not ended, and those that did in the last hour", "status")


class JobCounts:
    """Read at most once in a while, however many scrape."""

    def __init__(self) -> None:
        self._counts: dict[str, float] = {}
        self._read_at = float("-inf")

    async def read(self, here: Installation) -> dict[str, float]:
        """The last known ones while the database is away: that is when people look at the rest."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._read_at = time.monotonic()
            with suppress(DatabaseUnavailable):
                self._counts = await here.queue.counts()
        return self._counts


def routes(who: str) -> list[Route]:
    """None when `who` may read them is "off"."""
    counts = JobCounts()

    async def metrics(call: Call[None, None]) -> Reply:
        here: Installation = call.installation
        here.tokens.tell()
        content = telemetry.exposition([(*JOBS, await counts.read(here))])
        return Reply(200, content, media_type=telemetry.MEDIA_TYPE)

    if who == "off":
        return []
    may = Access.PUBLIC if who == "public" else Permission.OPERATOR
    return [
        Route("GET", "/metrics", metrics, may=may, summary="What Prometheus reads", tag="about",
              replies={200: None}, streams="text/plain"),
    ]  # fmt: skip
