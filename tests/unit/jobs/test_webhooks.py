"""Which deliveries come next."""

from tests.unit.jobs.line import person

from estampe.domain import Status
from estampe.jobs.webhooks import Webhooks

URL = "https://hooks.example/estampe"


async def test_no_tenant_is_always_first(house):
    for number in range(12):
        job = await house.submit(person(f"t{number}"), webhook_url=URL)
        await house.finish(job, Status.FAILED)
    webhooks = Webhooks(house.database)

    first = set()
    for _ in range(12):
        (delivery,) = await webhooks.claim(at_most=1, each=4, busy=[])
        first.add(delivery.tenant_id)
        house.sql("update outgoing_webhooks set due_at = now()")
    assert len(first) > 1
