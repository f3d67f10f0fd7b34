"""What Prometheus reads: everything this API counted, the jobs by status, the queue and the workers by model."""

from estampe import telemetry
from estampe.http.glance import Glance
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Reply, Route
from estampe.jobs.depth import standing
from estampe.policy.permissions import Permission
from estampe.telemetry import Sampled

FRESH_SECONDS = 5.0

JOBS = ("estampe_jobs", "Jobs that have not ended, and those that did in the last hour", "status")
WORKERS = ("estampe_live_workers", "Workers seen a moment ago", "")
DEPTHS = {
    "queued": ("estampe_queue_jobs", "Jobs that wait, by model"),
    "gpu_seconds": ("estampe_queue_gpu_seconds", "GPU-seconds that the waiting jobs are expected to take, by model"),
    "oldest_seconds": ("estampe_queue_oldest_seconds", "How long the job that waits longest has waited, by model"),
    "running": ("estampe_running_jobs", "Jobs that run, by model"),
    "workers": ("estampe_workers", "Live workers that announce the model"),
}


async def _sampled(here: Installation) -> list[Sampled]:
    now = await standing(here.database)
    by_model: list[Sampled] = [
        (name, meaning, "model", {model: getattr(one, field) for model, one in now.models.items()})
        for field, (name, meaning) in DEPTHS.items()
    ]
    return [(*JOBS, now.jobs), (*WORKERS, {"": now.live_workers}), *by_model]


def routes(who: str) -> list[Route]:
    """None when `who` may read them is "off"."""
    nothing: list[Sampled] = [(*JOBS, {})]
    seen = Glance(_sampled, fresh_seconds=FRESH_SECONDS, known=nothing)

    async def metrics(call: Call[None, None]) -> Reply:
        here: Installation = call.installation
        here.tokens.tell()
        content = telemetry.exposition(await seen.now(here))
        return Reply(200, content, media_type=telemetry.MEDIA_TYPE)

    if who == "off":
        return []
    may = Access.PUBLIC if who == "public" else Permission.OPERATOR
    return [
        Route("GET", "/metrics", metrics, may=may, summary="What Prometheus reads", tag="about",
              replies={200: None}, streams="text/plain"),
    ]  # fmt: skip
