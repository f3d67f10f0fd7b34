"""`/v1/videos`: clips as OpenAI's clients ask for them, look after them and fetch them."""

from typing import Any

from estampe.domain import Status
from estampe.errors import JobNotFinished, NotFound, StoreUnavailable
from estampe.http import assets, jobs, views
from estampe.http.dialect import wishes
from estampe.http.dialect.images import ASKING
from estampe.http.dialect.refusals import MANNER
from estampe.http.dialect.shapes import (
    VideoContentQuery,
    VideoCreation,
    VideoDeleted,
    VideoError,
    VideoJob,
    VideoJobPage,
    VideosQuery,
)
from estampe.http.dialect.waiting import Waiting
from estampe.http.generate import CREATING
from estampe.http.installation import Installation
from estampe.http.route import Access, Answer, Call, Handler, Language, Reply, Route
from estampe.jobs.queue import Filter, Placed
from estampe.policy.permissions import Permission, granted

KIND = "video"
STANDINGS = {
    Status.QUEUED: "queued",
    Status.RUNNING: "in_progress",
    Status.CANCELING: "in_progress",
    Status.SUCCEEDED: "completed",
}
_ENDINGS = {error: jobs.UNSUCCESSFUL[error] for error in (Status.CANCELED, Status.EXPIRED)}


def create(waiting: Waiting) -> Handler:
    async def create_video(call: Call[Any, None]) -> Reply:
        here: Installation = call.installation
        said: VideoCreation = call.body

        async def wish() -> wishes.Wish:
            return wishes.video(said, await wishes.model_of(here, KIND, said.model))

        turn = await waiting.begin(call, KIND, wish)
        await waiting.answer(here, turn)
        return _told(await views.find(here, call.principal, turn.job_id, KIND), call.language)

    return create_video


async def retrieve_video(call: Call[None, None]) -> Reply:
    placed = await views.find(call.installation, call.principal, call.path["job_id"], KIND)
    return _told(placed, call.language)


def _told(placed: Placed, language: Language) -> Reply:
    return Reply(200, video(placed, language), {"OpenAI-Poll-After-Ms": str(views.poll_after_ms(placed))})


def video(placed: Placed, language: Language) -> VideoJob:
    job, wanted = placed.job, placed.job.parameters
    done = job.status is Status.SUCCEEDED
    return VideoJob(
        id=job.id,
        status=STANDINGS.get(job.status, "failed"),  # type: ignore[arg-type]
        progress=100 if done else int(100 * job.progress.fraction) if job.progress else 0,
        model=job.model,
        prompt=str(wanted.get("prompt", "")),
        seconds=f"{wanted.get('num_frames', 0) / (wanted.get('fps') or 1):.6g}",
        size=f"{wanted.get('width')}x{wanted.get('height')}",
        created_at=int(job.created_at.timestamp()),
        completed_at=int(job.finished_at.timestamp()) if done and job.finished_at else None,
        expires_at=int(job.expires_at.timestamp()) if job.expires_at else None,
        error=_error(placed, language),
    )


def _error(placed: Placed, language: Language) -> VideoError | None:
    job = placed.job
    if job.error is not None:
        told = views.failure(job.error, language)
        return VideoError(told.code, told.message)
    if (ending := _ENDINGS.get(job.status)) is not None:
        return VideoError(ending.code, ending.title.fr if language == "fr" else ending.title.en)
    return None


async def list_videos(call: Call[None, VideosQuery]) -> Reply:
    here: Installation = call.installation
    me, query = call.principal, call.query
    last = await views.find(here, me, query.after, KIND) if query.after is not None else None
    chosen = Filter(
        user_id=None if Permission.JOBS_MANAGE in granted(me) else me.user_id,
        kind=KIND,
        before=(last.job.created_at, last.job.id) if last else None,
        limit=query.limit + 1,
        upwards=query.order == "asc",
    )
    found = await here.queue.page(me.tenant.id, chosen)
    page = [video(placed, call.language) for placed in found[: query.limit]]
    ends = (page[0].id, page[-1].id) if page else (None, None)
    return Reply(200, VideoJobPage(data=page, first_id=ends[0], last_id=ends[1], has_more=len(found) > len(page)))


async def delete_video(call: Call[None, None]) -> Reply:
    await views.find(call.installation, call.principal, call.path["job_id"], KIND)
    await jobs.delete(call)
    return Reply(200, VideoDeleted(id=call.path["job_id"]))


async def video_content(call: Call[None, VideoContentQuery]) -> Answer:
    here: Installation = call.installation
    placed = await views.find(here, call.principal, call.path["job_id"], KIND)
    jobs.require_success(placed)
    files = (await views.outputs_of(here, [placed]))[placed.job.id]
    if not files:
        raise NotFound
    thumbnail = call.query.variant == "thumbnail"
    answer = assets.thumbnail(here, files[0]) if thumbnail else assets.original(here, call, files[0])
    return await assets.begun(call, answer)


def routes(waiting: Waiting, max_upload_bytes: int) -> list[Route]:
    return [
        Route("POST", "/v1/videos", create(waiting), may=Permission.VIDEOS_GENERATE, tag="openai",
              summary="Ask for a clip", body=VideoCreation, body_types=("multipart/form-data", "application/json"),
              body_limit=max_upload_bytes, replies={200: VideoJob}, refuses=(NotFound, *CREATING),
              request_headers=ASKING, spends=True, manner=MANNER),
        Route("GET", "/v1/videos", list_videos, may=Access.SIGNED_IN, tag="openai", summary="Clips, a page at a time",
              query=VideosQuery, replies={200: VideoJobPage}, refuses=(NotFound,), manner=MANNER),
        Route("GET", "/v1/videos/{job_id}", retrieve_video, may=Access.SIGNED_IN, tag="openai",
              summary="How a clip stands", replies={200: VideoJob}, refuses=(NotFound,), manner=MANNER),
        Route("DELETE", "/v1/videos/{job_id}", delete_video, may=Access.SIGNED_IN, tag="openai",
              summary="Delete a clip and its files, for good", replies={200: VideoDeleted}, refuses=(NotFound,),
              manner=MANNER),
        Route("GET", "/v1/videos/{job_id}/content", video_content, may=Access.SIGNED_IN, tag="openai",
              summary="The bytes of a clip, or a still of it", query=VideoContentQuery,
              replies={200: None, 206: None, 304: None, 416: None}, streams="*/*",
              refuses=(NotFound, *jobs.UNSUCCESSFUL.values(), JobNotFinished, StoreUnavailable), manner=MANNER),
    ]  # fmt: skip
