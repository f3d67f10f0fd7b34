"""Webhooks out, as people see them: how telling a job's end goes, telling it again, and what signs it."""

from datetime import datetime
from typing import Literal

import msgspec

from estampe.domain import JobId
from estampe.errors import FieldError, InvalidRequestBody, JobNotFinished, NotFound, Text
from estampe.http import status
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Reply, Route
from estampe.jobs.outbound import is_acceptable
from estampe.jobs.webhooks import Delivery, Secret, Try
from estampe.policy.permissions import Permission

UNSEEN = {"Cache-Control": "no-store"}


class WebhookDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """How far telling a job's end has come; `webhook_id` is the same in every try."""

    job_id: str
    webhook_id: str
    url: str
    event: str | None
    status: Literal["waiting", "due", "delivered", "given_up"]
    next_try_at: datetime | None
    delivered_at: datetime | None
    given_up_at: datetime | None
    tries: list[Try]


class WebhookSecret(msgspec.Struct, frozen=True):
    """What signs the tenant's deliveries (Standard Webhooks); the previous one signs beside it for a day."""

    secret: str
    made_at: datetime
    previous_until: datetime | None


async def delivery(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    scene = await status.find(here, call.principal, call.path["job_id"])
    return Reply(200, await _shown(here, call, scene.job.id))


async def redeliver(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    scene = await status.find(here, call.principal, call.path["job_id"])
    if not scene.job.status.ended:
        await _shown(here, call, scene.job.id)
        raise JobNotFinished(retry_after_seconds=1)
    await here.webhooks.redeliver(scene.job.tenant_id, scene.job.id)
    return Reply(202, await _shown(here, call, scene.job.id))


async def _shown(here: Installation, call: Call[None, None], wanted: JobId) -> WebhookDelivery:
    found = await here.webhooks.find(call.principal.tenant.id, wanted)
    if found is None:
        raise NotFound
    one, tries = found
    return WebhookDelivery(
        job_id=one.job_id,
        webhook_id=one.id,
        url=one.url,
        event=one.event,
        status=_standing(one),
        next_try_at=one.due_at,
        delivered_at=one.delivered_at,
        given_up_at=one.given_up_at,
        tries=tries,
    )


def _standing(one: Delivery) -> Literal["waiting", "due", "delivered", "given_up"]:
    if one.event is None:
        return "waiting"
    if one.delivered_at is not None:
        return "delivered"
    return "due" if one.due_at is not None else "given_up"


async def secret(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    return _secret(await here.webhooks.secret(call.principal.tenant))


async def rotate(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    return _secret(await here.webhooks.rotate(call.principal.tenant))


def _secret(known: Secret) -> Reply:
    return Reply(200, WebhookSecret(known.secret, known.made_at, known.previous_until), UNSEEN)


def require_acceptable(here: Installation, url: str | None) -> None:
    """Raises `InvalidRequestBody` for where no webhook will ever be sent."""
    if url is not None and not is_acceptable(url, private=here.settings.webhook_private_addresses):
        detail = Text(
            "webhook_url must be an https URL of a public address, without a password or a fragment",
            "webhook_url doit être une URL https d'une adresse publique, sans mot de passe ni fragment",
        )
        raise InvalidRequestBody(detail, errors=(FieldError("/webhook_url", detail),))


ROUTES = [
    Route("GET", "/api/jobs/{job_id}/webhook", delivery, may=Access.SIGNED_IN, tag="webhooks",
          summary="How far telling a job's end has come", replies={200: WebhookDelivery}, refuses=(NotFound,)),
    Route("POST", "/api/jobs/{job_id}/webhook/redeliver", redeliver, may=Access.SIGNED_IN, tag="webhooks",
          summary="Tell a job's end again", replies={202: WebhookDelivery}, refuses=(NotFound, JobNotFinished)),
    Route("GET", "/api/webhook-secret", secret, may=Permission.KEYS_MANAGE, tag="webhooks",
          summary="What signs the webhooks", replies={200: WebhookSecret}),
    Route("POST", "/api/webhook-secret/rotate", rotate, may=Permission.KEYS_MANAGE, tag="webhooks",
          summary="Sign webhooks with another secret; the one before signs too for a day",
          replies={200: WebhookSecret}),
]  # fmt: skip
