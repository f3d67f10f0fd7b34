"""What Clerk tells us, signed: sessions end, members leave, users and organisations are deleted."""

import time
from collections.abc import Mapping

from estampe import telemetry
from estampe.access import clerk_events
from estampe.access import standard_webhooks as webhook
from estampe.errors import (
    DatabaseUnavailable,
    InvalidRequest,
    InvalidRequestBody,
    NotFound,
    Text,
    WebhookSignatureInvalid,
)
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, RawHeaders, Reply, Route

MOST_BYTES = 256 * 1024


async def clerk(call: Call[bytes, None]) -> Reply:
    here: Installation = call.installation
    known = here.clerk_webhooks
    if known is None:
        raise NotFound
    delivery = webhook.check(known.key, _headers(call.headers), call.body, time.time())
    instance, change = clerk_events.read(call.body, delivery)
    if known.instance_id is not None and instance != known.instance_id:
        telemetry.note("webhooks", "another_instance")
        raise InvalidRequest(Text("This is of another Clerk instance.", "Ceci vient d'une autre instance Clerk."))
    if change is None:
        telemetry.note("webhooks", "of_no_concern")
        return Reply(204)
    days = here.settings.erasure_hold_back_days
    async with here.database.system() as scope:
        new = await clerk_events.apply(scope, known.issuer, delivery, change, hold_back_days=days)
        if new and change.ends:
            await here.queue.cancel_waiting(
                scope,
                issuer=known.issuer,
                user_id=change.user_id,
                organization_id=change.organization_id,
                made_before=change.made_before,
            )
    telemetry.note("webhooks", "applied" if new else "known")
    return Reply(204)


def _headers(headers: RawHeaders) -> Mapping[str, str]:
    """Of two of one name, the first: a proxy of ours may add, and does not put its own before."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(headers)}


ROUTES = [
    Route("POST", "/webhooks/clerk", clerk, may=Access.PUBLIC, summary="What Clerk tells us", tag="webhooks",
          body=bytes, body_limit=MOST_BYTES, replies={204: None},
          refuses=(DatabaseUnavailable, InvalidRequest, InvalidRequestBody, NotFound, WebhookSignatureInvalid)),
]  # fmt: skip
