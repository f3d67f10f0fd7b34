"""What Prometheus reads: everything this API counted, the jobs by status, the queue and the workers by model."""

import time
from contextlib import suppress

from estampe import telemetry
from estampe.errors import DatabaseUnavailable
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Reply, Route
from estampe.jobs import depth
from estampe.policy.permissions import Permission
from estampe.telemetry import Sampled

FRESH_SECONDS = 5.0
# With a million jobs queued, counting them takes a while: it never takes more than this share of a connection.
LARGEST_SHARE = 0.05

JOBS = ("estampe_jobs", "Jobs that have not ended, and those that did in the last hour", "status")
WORKERS = ("estampe_live_workers", "Workers seen a moment ago", "")
DEPTHS = {
    "queued": ("estampe_queue_jobs", "Jobs that wait, by model"),
    "gpu_seconds": ("estampe_queue_gpu_seconds", "GPU-seconds that the waiting jobs are expected to take, by model"),
    "oldest_seconds": ("estampe_queue_oldest_seconds", "How long the job that waits longest has waited, by model"),
    "running": ("estampe_running_jobs", "Jobs that run, by model"),
    "workers": ("estampe_workers", "Live workers that announce the model"),
}


class Standing:
    """What the database knows, read at most once in a while, however many scrape."""

    def __init__(self) -> None:
        self._sampled: list[Sampled] = [(*JOBS, {})]
        self._next_at = float("-inf")

    async def read(self, here: Installation) -> list[Sampled]:
        """The last known ones while the database is away: that is when people look at the rest."""
        began = time.monotonic()
        if began >= self._next_at:
            self._next_at = began + FRESH_SECONDS
            with suppress(DatabaseUnavailable):
                self._sampled = await _sampled(here)
            took = time.monotonic() - began
            self._next_at = began + max(FRESH_SECONDS, took / LARGEST_SHARE)
        return self._sampled


async def _sampled(here: Installation) -> list[Sampled]:
    depths = await depth.by_model(here.database)
    alive = await depth.live_workers(here.database)
    by_model: list[Sampled] = [
        (name, meaning, "model", {model: getattr(one, field) for model, one in depths.items()})
        for field, (name, meaning) in DEPTHS.items()
    ]
    return [(*JOBS, await here.queue.counts()), (*WORKERS, {"": alive}), *by_model]


def routes(who: str) -> list[Route]:
    """None when `who` may read them is "off"."""
    standing = Standing()

    async def metrics(call: Call[None, None]) -> Reply:
        here: Installation = call.installation
        here.tokens.tell()
        content = telemetry.exposition(await standing.read(here))
        return Reply(200, content, media_type=telemetry.MEDIA_TYPE)

    if who == "off":
        return []
    may = Access.PUBLIC if who == "public" else Permission.OPERATOR
    return [
        Route("GET", "/metrics", metrics, may=may, summary="What Prometheus reads", tag="about",
              replies={200: None}, streams="text/plain"),
    ]  # fmt: skip
