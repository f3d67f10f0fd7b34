"""`/v1/images`: pictures made while the caller waits, whole or with looks at them on the way."""

import base64
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

import msgspec

from estampe.domain import Asset
from estampe.errors import Draining, EstampeError, FieldError, JobNotFinished, LimitExceeded, NotFound, Text
from estampe.http import jobs, views
from estampe.http.dialect import wishes
from estampe.http.dialect.refusals import MANNER, detail
from estampe.http.dialect.shapes import ImageEdit, ImageGeneration, ImageMade, ImagesMade
from estampe.http.dialect.waiting import RETRY_COUNT, Turn, Waiting
from estampe.http.generate import CREATING
from estampe.http.installation import Installation
from estampe.http.problems import problem
from estampe.http.room import require_room
from estampe.http.route import Answer, Asked, Call, Handler, Reply, Route, Stream
from estampe.http.streams import HEADERS
from estampe.jobs.queue import Placed
from estampe.policy.permissions import Permission

LARGEST_INLINE_BYTES = 32 * 1024 * 1024
"""What one answer may carry in base64, all pictures together."""

HEARTBEAT_SECONDS = 15.0
NO_TOKENS: dict[str, Any] = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0,
             "input_tokens_details": {"image_tokens": 0, "text_tokens": 0}}  # fmt: skip

ASKING = {
    "Idempotency-Key": "Asking twice with one key and one body gives the first job again, for a day.",
    RETRY_COUNT: "Above 0, this is another try of a call that was cut: it is given the job of the earlier one.",
}
_WAITING = (*jobs.UNSUCCESSFUL.values(), JobNotFinished, Draining, NotFound)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How the caller wants to be told."""

    response_format: Literal["url", "b64_json"] | None
    looks: int | None
    """How many partial pictures to stream; None is no stream."""
    event: str


def make(waiting: Waiting, event: str) -> Handler:
    async def handler(call: Call[ImageGeneration, None]) -> Answer:
        here: Installation = call.installation
        require_room(here, call.principal)
        wanted, turn = await _begun(waiting, call, event)
        if wanted.looks is not None:
            return Stream(
                _streamed(waiting, call, turn, wanted), headers=HEADERS, media_type="text/event-stream; charset=utf-8"
            )
        placed = await waiting.outcome(call, turn)
        files = (await views.outputs_of(here, [placed]))[placed.job.id]
        made = await _made(here, placed, files, wanted.response_format)
        await waiting.answer(here, turn)
        return Reply(200, made)

    handler.__name__ = event
    return handler


async def _begun(waiting: Waiting, call: Call[Any, None], event: str) -> tuple[Wanted, Turn]:
    """The body is let go of: pictures of megabytes need not wait with their caller."""
    said: ImageGeneration = call.body

    async def wish() -> wishes.Wish:
        return wishes.image(said, await wishes.model_of(call.installation, "image", said.model))

    turn = await waiting.begin(call, "image", wish)
    call.body = None
    call.unburden()
    looks = (said.partial_images or 0) if said.stream else None
    return Wanted(response_format=said.response_format, looks=looks, event=event), turn


async def _made(here: Installation, placed: Placed, files: Sequence[Asset], response_format: str | None) -> ImagesMade:
    """Unasked, a picture comes both ways: programs written for one model read one, those for another the other."""
    fits = sum(file.bytes for file in files) <= LARGEST_INLINE_BYTES
    if response_format == "b64_json" and not fits:
        raise _too_large()
    inline, linked = response_format != "url" and fits, response_format != "b64_json"
    data = [
        ImageMade(
            b64_json=await _in_base64(here, file) if inline else None,
            url=here.links.to(file) if linked else None,
            asset_id=file.id,
            seed=file.seed,
        )
        for file in files
    ]
    parameters = placed.job.parameters
    return ImagesMade(
        created=int(placed.job.created_at.timestamp()),
        data=data,
        size=f"{parameters.get('width')}x{parameters.get('height')}",
        output_format=str(parameters.get("output_format")),
        job_id=placed.job.id,
    )


def _too_large() -> LimitExceeded:
    most = LARGEST_INLINE_BYTES // (1024 * 1024)
    why = Text(
        f"the pictures are larger than {most} MiB together: ask for response_format url",
        f"les images dépassent {most} Mio ensemble : demandez response_format url",
    )
    return LimitExceeded(why, errors=(FieldError("/response_format", why),))


async def _in_base64(here: Installation, file: Asset) -> str:
    content = b"".join([chunk async for chunk in here.shelf.store.read(file.key)])
    return base64.b64encode(content).decode()


async def _streamed(waiting: Waiting, call: Call[Any, None], turn: Turn, wanted: Wanted) -> AsyncIterator[bytes]:
    here: Installation = call.installation
    answered = False
    try:
        async for chunk in _looks(call, turn, wanted):
            yield chunk
        async for chunk in _completed(call, turn, wanted):
            yield chunk
        answered = True
        await waiting.answer(here, turn)
    except EstampeError as error:
        yield _event("error", _refusal(call, error))
    finally:
        if not answered:
            waiting.leave(here, turn)


def _refusal(call: Call[Any, None], error: EstampeError) -> dict[str, Any]:
    asked = Asked(path=call.route.path, request_id=call.request_id, language=call.language, token_sent=True)
    told = detail(error, problem(error, asked, call.installation.settings.url).body)
    return {"type": "error", "error": msgspec.to_builtins(told.error)}


async def _looks(call: Call[Any, None], turn: Turn, wanted: Wanted) -> AsyncIterator[bytes]:
    """The looks that are wanted, until the job ends. Raises `NotFound` for one that was deleted."""
    here: Installation = call.installation
    me, shown, last = call.principal, 0, b""
    tenant = me.tenant.id
    deadline = time.monotonic() + here.settings.openai_wait_seconds
    with here.hub.watch(tenant, by=me.user_id, job=turn.job_id) as watcher:
        while True:
            placed = await here.queue.find(tenant, turn.job_id)
            if placed is None:
                raise NotFound
            left = deadline - time.monotonic()
            if placed.job.status.ended or left <= 0 or here.hub.stopping:
                return
            look = await here.queue.preview(tenant, turn.job_id) if shown < (wanted.looks or 0) else None
            if look is not None and look != last:
                yield _event(f"{wanted.event}.partial_image", _look(placed, look, shown))
                last, shown = look, shown + 1
            await here.revocations.check(me)
            if await watcher.changed(min(left, HEARTBEAT_SECONDS)) is None:
                yield b": still here\n\n"


def _look(placed: Placed, look: bytes, index: int) -> dict[str, Any]:
    more = {"b64_json": base64.b64encode(look).decode(), "partial_image_index": index, "output_format": "webp"}
    return _about(placed) | more


async def _completed(call: Call[Any, None], turn: Turn, wanted: Wanted) -> AsyncIterator[bytes]:
    here: Installation = call.installation
    placed = await here.queue.find(call.principal.tenant.id, turn.job_id)
    if placed is None:
        raise NotFound
    jobs.require_success(placed)
    files = (await views.outputs_of(here, [placed]))[placed.job.id]
    for index, file in enumerate(files):
        if file.bytes > LARGEST_INLINE_BYTES:
            raise _too_large()
        said: dict[str, Any] = {"b64_json": await _in_base64(here, file), "url": here.links.to(file), "seed": file.seed}
        said |= {"asset_id": file.id, "index": index, "usage": NO_TOKENS}
        yield _event(f"{wanted.event}.completed", _about(placed) | said)


def _about(placed: Placed) -> dict[str, Any]:
    parameters = placed.job.parameters
    return {
        "created_at": int(placed.job.created_at.timestamp()),
        "size": f"{parameters.get('width')}x{parameters.get('height')}",
        "output_format": parameters.get("output_format"),
        "quality": "auto",
        "background": "auto",
    }


def _event(name: str, said: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: ".encode() + msgspec.json.encode({"type": name, **said}) + b"\n\n"


def routes(waiting: Waiting, max_upload_bytes: int) -> list[Route]:
    return [
        Route("POST", "/v1/images/generations", make(waiting, "image_generation"), may=Permission.IMAGES_GENERATE,
              tag="openai", summary="Make pictures and wait for them", body=ImageGeneration,
              replies={200: ImagesMade}, streams="text/event-stream", refuses=(*CREATING, *_WAITING),
              request_headers=ASKING, spends=True, manner=MANNER),
        Route("POST", "/v1/images/edits", make(waiting, "image_edit"), may=Permission.IMAGES_GENERATE,
              tag="openai", summary="Draw a picture anew, or a part of it, and wait for it", body=ImageEdit,
              body_types=("multipart/form-data",), body_limit=max_upload_bytes, replies={200: ImagesMade},
              streams="text/event-stream", refuses=(*CREATING, *_WAITING), request_headers=ASKING, spends=True,
              manner=MANNER),
    ]  # fmt: skip
