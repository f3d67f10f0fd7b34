"""A call that waits for its job: begun once however often it is made, and given up when its client does not return."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from estampe.domain import Asset, JobId, Principal, Status
from estampe.errors import DatabaseUnavailable, Draining, FieldError, InvalidRequestBody, NotFound, RequestRefused
from estampe.http import assets, generate, jobs, views
from estampe.http.dialect import wishes
from estampe.http.dialect.mask import in_white
from estampe.http.dialect.wishes import Wish, told_with
from estampe.http.installation import Installation
from estampe.http.route import Call
from estampe.jobs.calls import Calls, WaitingCall
from estampe.jobs.queue import Placed
from estampe.media import decoded

GRACE_SECONDS = 12.0
"""OpenAI's clients pause at most eight seconds before they make a call again."""

RETRY_COUNT = "x-stainless-retry-count"


class Turn(msgspec.Struct, frozen=True):
    """A job and the call that waits for it; no call, when the client named the job with an Idempotency-Key.

    With a key of its own, a client can come back for the job a day later, so nothing is given up.
    """

    job_id: JobId
    call: WaitingCall | None


class Waiting:
    """What all routes of the dialect wait with."""

    def __init__(self) -> None:
        self._farewells: set[asyncio.Task[None]] = set()

    async def begin(self, call: Call[Any, Any], kind: str, wish: Callable[[], Awaitable[Wish]]) -> Turn:
        """The job of an earlier try of this call, or a new one; the wish, which may be refused, is for a new one."""
        here: Installation = call.installation
        me, key, sort = call.principal, generate.idempotency_key(call), wishes.sort(call.body)
        if key is not None:
            known = await generate.asked_before(here, me, kind, key, sort.encode())
            return Turn(known.id if known else await _made(here, me, await wish(), key, sort), None)
        calls = Calls(here.database)
        mine = calls.begin(me, sort)
        if _is_another_try(call):
            earlier = await calls.take_over(mine)
            if earlier is not None:
                return Turn(earlier, mine)
        return Turn(await _made(here, me, await wish(), mine.key, sort), mine)

    async def outcome(self, call: Call[Any, Any], turn: Turn) -> Placed:
        """The job, succeeded. Raises what kept it from that, and `ClientGone`."""
        here: Installation = call.installation
        try:
            async with call.present():
                placed = await _ended(here, call.principal, turn.job_id)
            jobs.require_success(placed)
        except BaseException:
            self.leave(here, turn)
            raise
        return placed

    async def answer(self, here: Installation, turn: Turn) -> None:
        """The client is being told: should that be lost on the way, its next try is told the same."""
        if turn.call is not None:
            await Calls(here.database).answered(turn.call)

    def leave(self, here: Installation, turn: Turn) -> None:
        """Nobody waits here any more. If nobody takes over, the job is canceled: its caller has no name for it."""
        if turn.call is not None:
            task = asyncio.get_running_loop().create_task(_farewell(here, turn.job_id, turn.call))
            self._farewells.add(task)
            task.add_done_callback(self._farewells.discard)


async def _farewell(here: Installation, job_id: JobId, call: WaitingCall) -> None:
    calls, me = Calls(here.database), call.principal
    try:
        if not await calls.left(call):
            return
        placed = await views.awaited(here, me, job_id, GRACE_SECONDS, lambda placed: placed.job.status.ended)
        if placed is None or placed.job.status is Status.SUCCEEDED or here.hub.stopping:
            return
        abandoned = await calls.give_up(call)
        if abandoned is not None and not placed.job.status.ended:
            await here.queue.cancel(me.tenant.id, abandoned)
    except DatabaseUnavailable:
        return  # the job goes on, and ends by itself


async def _ended(here: Installation, me: Principal, job_id: JobId) -> Placed:
    """The job once it has ended, or as it stands when the time is up. Raises a refusal once the token is withdrawn."""
    deadline = time.monotonic() + here.settings.openai_wait_seconds
    with here.hub.watch(me.tenant.id, by=me.user_id, job=job_id) as watcher:
        while True:
            await here.revocations.check(me)
            placed = await here.queue.find(me.tenant.id, job_id)
            if placed is None:
                raise NotFound
            left = deadline - time.monotonic()
            if placed.job.status.ended or left <= 0:
                return placed
            if here.hub.stopping:
                raise Draining(retry_after_seconds=1)
            await watcher.changed(left)


def _is_another_try(call: Call[Any, Any]) -> bool:
    count = call.header(RETRY_COUNT) or "0"
    return count.isdecimal() and int(count[:9]) > 0


async def _made(here: Installation, me: Principal, wish: Wish, key: str, sort: str) -> JobId:
    with told_with(wish.names):
        await generate.resolved(here, wish.kind, wish.body)
        brought = {name: (await _brought(here, me, name, content, wish)).id for name, content in wish.pictures.items()}
        body = msgspec.structs.replace(wish.body, **brought)
        job = await generate.place(here, me, wish.kind, body, key=key, asked=sort.encode())
    return job.id


async def _brought(here: Installation, me: Principal, name: str, content: bytes, wish: Wish) -> Asset:
    """The picture among the person's own; the same one is kept once, however often it is sent."""
    try:
        if name == "mask_asset_id":
            content = await _as_ours(here, content)
        digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        async with here.database.tenant(me.tenant.id) as scope:
            row = await scope.one("find_upload", tenant_id=me.tenant.id, user_id=me.user_id, sha256=digest)
        return msgspec.convert(row, Asset) if row else await assets.bring(here, me, content)
    except RequestRefused as error:
        if error.errors:
            raise
        why = error.detail or error.title
        raise InvalidRequestBody(why, errors=(FieldError(f"/{wish.names[name]}", why),)) from None


async def _as_ours(here: Installation, content: bytes) -> bytes:
    async with assets.draft(here, content) as path:
        await decoded(here.kinds[assets.UPLOADED].inspect, path)
        return await decoded(in_white, path)
