"""The whole installation at a glance, for operators: workers, lines, whose jobs wait, what the last day made."""

from estampe.http.glance import Glance
from estampe.http.installation import Installation
from estampe.http.route import Call, Reply, Route
from estampe.jobs.overview import Overview, overview
from estampe.policy.permissions import Permission

FRESH_SECONDS = 2.0


async def _read(here: Installation) -> Overview:
    return await overview(here.database)


def routes() -> list[Route]:
    glance = Glance(_read, fresh_seconds=FRESH_SECONDS)

    async def operator(call: Call[None, None]) -> Reply:
        return Reply(200, await glance.now(call.installation))

    return [
        Route("GET", "/api/operator", operator, may=Permission.OPERATOR, summary="The whole installation at a glance",
              tag="operator", replies={200: Overview}),
    ]  # fmt: skip
