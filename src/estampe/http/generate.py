"""Ask for a picture or a clip, and ask again: what makes jobs."""

import hashlib
from typing import Any

import msgspec
from msgspec import UNSET

from estampe import policy
from estampe.domain import AssetId, Job, JobId, Model, Principal, Status
from estampe.errors import (
    FieldError,
    IdempotencyMismatch,
    IdentityMismatch,
    InvalidRequest,
    InvalidRequestBody,
    LimitExceeded,
    NotFound,
    NoWorker,
    QueueFull,
    QuotaExhausted,
    Text,
    UnknownModel,
)
from estampe.http import views
from estampe.http.deliveries import require_acceptable
from estampe.http.installation import Installation
from estampe.http.room import has_part_left
from estampe.http.route import Access, Call, Handler, Reply, Route
from estampe.http.schemas import ABOUT_THE_REQUEST, Accepted, Generate, GenerateImage, GenerateVideo, Result
from estampe.jobs.accounts import Charge
from estampe.jobs.queue import Order
from estampe.media.parameters import resolve
from estampe.policy.permissions import Permission

LONGEST_WAIT_SECONDS = 60.0
LONGEST_KEY = 255
BATCH_KEY_LENGTH = 32
MIN_BATCH = 2
INPUTS = ("input_asset_id", "mask_asset_id")


def create(kind: str) -> Handler:
    async def handler(call: Call[Generate, None]) -> Reply:
        here: Installation = call.installation
        body, me = call.body, call.principal
        key, seconds = idempotency_key(call), _preferred_wait(call)
        asked = msgspec.json.encode(body, order="sorted")
        job = await asked_before(here, me, kind, key, asked)
        if job is None:
            job = await place(here, me, kind, body, key=key, asked=asked)
        return await _answer(here, me, job.id, seconds)

    handler.__name__ = f"generate_{kind}"
    return handler


async def asked_before(here: Installation, me: Principal, kind: str, key: str | None, asked: bytes) -> Job | None:
    """A job that is there is told of, whatever became since of its model, its limits or its pictures."""
    return None if key is None else await here.queue.asked_before(me, kind, key, asked)


async def place(here: Installation, me: Principal, kind: str, body: Generate, *, key: str | None, asked: bytes) -> Job:
    """The one way to a new job, for every dialect: `asked` is what a second request with this key must repeat."""
    policy.require_same_identity(me, body.user_id, body.organization_id)
    require_acceptable(here, body.webhook_url)
    model, parameters = await resolved(here, kind, body)
    await _require_inputs(here, me, parameters)
    order = Order(
        principal=me,
        kind=kind,
        model=model.name,
        parameters=parameters,
        charge=_charge(here, kind, model.name, parameters),
        metadata=body.metadata,
        deadline_s=body.deadline_s,
        webhook_url=body.webhook_url,
        priority="normal" if body.priority is UNSET else body.priority,
        batch_key=_batch_key(model, parameters),
        idempotency_key=key,
        asked=asked,
    )
    job, _ = await here.queue.submit(order)
    return job


async def resolved(here: Installation, kind: str, body: Generate) -> tuple[Model, dict[str, Any]]:
    """The model that will make it, and every parameter as it will be used. Raises what either refuses."""
    model = await here.announced.choose(kind, None if body.model is UNSET else body.model)
    return model, resolve(_asked(body), model)


def _asked(body: Generate) -> dict[str, Any]:
    """What the person asked of the model; what was not said is not there."""
    fields = msgspec.structs.asdict(body)
    return {name: value for name, value in fields.items() if value is not UNSET and name not in ABOUT_THE_REQUEST}


def _charge(here: Installation, name: str, model: str, parameters: dict[str, Any]) -> Charge:
    kind = here.kinds[name]
    return Charge(model=model, unit=f"{kind.unit}s", units=kind.units(parameters))


def _batch_key(model: Model, parameters: dict[str, Any]) -> str | None:
    """What can run in one batch has the same: the model, and the parameters that its batches must agree in."""
    if model.max_batch < MIN_BATCH:
        return None
    agreed = [model.engine, model.name, [parameters.get(name) for name in sorted(model.batch_by)]]
    return hashlib.sha256(msgspec.json.encode(agreed, order="sorted")).hexdigest()[:BATCH_KEY_LENGTH]


async def _require_inputs(here: Installation, me: Principal, parameters: dict[str, Any]) -> None:
    """A colleague's picture is no more of a start than it can be seen."""
    for name in INPUTS:
        wanted = parameters.get(name)
        if wanted is None:
            continue
        async with here.database.tenant(me.tenant.id) as scope:
            row = await scope.one("find_asset", asset_id=AssetId(wanted), tenant_id=me.tenant.id)
        if row is None or row["kind"] != "image" or not policy.may_see(me, row["user_id"]):
            detail = Text(f"{name} names no picture of yours", f"{name} ne désigne aucune de vos images")
            raise InvalidRequestBody(detail, errors=(FieldError(f"/{name}", detail),))


async def _answer(here: Installation, me: Principal, wanted: JobId, seconds: float) -> Reply:
    placed = await views.awaited(here, me, wanted, seconds, lambda placed: placed.job.status.ended)
    if placed is None:
        raise NotFound
    if seconds and placed.job.status is Status.SUCCEEDED:
        files = await views.outputs_of(here, [placed])
        done = views.result(placed, files[placed.job.id], here.links)
        return Reply(200, done, {"Preference-Applied": f"wait={seconds:g}"})
    answer = views.accepted(placed, here.settings.url)
    return Reply(202, answer, {"Location": answer.urls.status})


async def retry(call: Call[None, None]) -> Reply:
    """A new job from the old one's resolved parameters, seed included; who may not make it now, may not remake it."""
    here: Installation = call.installation
    me = call.principal
    old = (await views.find(here, me, call.path["job_id"])).job
    policy.require(me, Permission(f"{old.kind}s:generate"))
    key, asked = idempotency_key(call), old.id.encode()
    job = await asked_before(here, me, old.kind, key, asked)
    if job is None:
        job, _ = await here.queue.submit(await _once_more(here, me, old, key, asked))
    return await _answer(here, me, job.id, _preferred_wait(call))


async def _once_more(here: Installation, me: Principal, old: Job, key: str | None, asked: bytes) -> Order:
    model = await here.announced.choose(old.kind, old.model)
    parameters = resolve(old.parameters, model)
    await _require_inputs(here, me, parameters)
    told = await here.webhooks.find(me.tenant.id, old.id)
    return Order(
        principal=me,
        kind=old.kind,
        model=old.model,
        parameters=parameters,
        charge=_charge(here, old.kind, old.model, parameters),
        metadata=old.metadata,
        webhook_url=told[0].url if told else None,
        priority=old.priority,
        batch_key=_batch_key(model, parameters),
        retry_of=old.id,
        idempotency_key=key,
        asked=asked,
    )


def idempotency_key(call: Call[Any, Any]) -> str | None:
    key = call.header("idempotency-key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise InvalidRequest(
            Text(
                "Idempotency-Key must be 1 to 255 printable ASCII characters.",
                "Idempotency-Key doit compter de 1 à 255 caractères ASCII imprimables.",
            )
        )
    return key


def _preferred_wait(call: Call[Any, Any]) -> float:
    """The seconds of `Prefer: wait=N`; a preference we cannot read or follow is ignored, as RFC 7240 says."""
    for preference in (call.header("prefer") or "").split(","):
        name, _, value = preference.strip().partition("=")
        if name.strip().lower() == "wait" and value.strip().strip('"').isdecimal():
            seconds = min(float(value.strip().strip('"')), LONGEST_WAIT_SECONDS)
            return seconds if has_part_left(call.installation, call.principal) else 0.0
    return 0.0


CREATING = (UnknownModel, LimitExceeded, IdempotencyMismatch, NoWorker, QuotaExhausted, QueueFull)
_ASKING = {
    "Idempotency-Key": "Asking twice with one key and one body gives the first job again.",
    "Prefer": "wait=N: answer with the result if it is done within N seconds (at most 60).",
}
_MADE = {202: Accepted, 200: Result}

ROUTES = [
    Route("POST", "/api/images/generate", create("image"), may=Permission.IMAGES_GENERATE, tag="generate",
          summary="Make pictures", body=GenerateImage, replies=_MADE, refuses=(IdentityMismatch, *CREATING),
          request_headers=_ASKING, spends=True),
    Route("POST", "/api/videos/generate", create("video"), may=Permission.VIDEOS_GENERATE, tag="generate",
          summary="Make clips", body=GenerateVideo, replies=_MADE, refuses=(IdentityMismatch, *CREATING),
          request_headers=_ASKING, spends=True),
    Route("POST", "/api/jobs/{job_id}/retry", retry, may=Access.SIGNED_IN, tag="generate",
          summary="Make it again: same parameters, same seed", replies=_MADE,
          refuses=(NotFound, *CREATING), request_headers=_ASKING, spends=True),
]  # fmt: skip
