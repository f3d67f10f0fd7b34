"""Pictures and clips: ask for one, stay with it until it is made, take it up again by its id."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import ClassVar

from typing_extensions import Unpack

from estampe_client._commands import Call, Flow, Request, Steps, telling
from estampe_client._exchange import Session, exchange
from estampe_client._follow import POLL_SECONDS, Patience, Watch
from estampe_client._operation import M, Resource, iteration, known_id, operation
from estampe_client._wire import decode, encoded, query
from estampe_client.errors import EstampeError
from estampe_client.job import JobEvent, JobRef, Preview, id_of, result_of
from estampe_client.types import Accepted, ImageParameters, Result, Snapshot, VideoParameters

OnProgress = Callable[[Snapshot], Awaitable[None] | None]
OnPreview = Callable[[Preview], Awaitable[None] | None]

_KEY = re.compile(r"[ -~]{1,255}")


def place(session: Session, path: str, content: bytes | None, idempotency_key: str | None) -> Steps[Accepted]:
    """One key for all tries: however often it is asked, one job is made."""
    key = f"py-{uuid.uuid4().hex}" if idempotency_key is None else idempotency_key
    if not _KEY.fullmatch(key):
        raise ValueError("an idempotency key is 1 to 255 printable ASCII characters")
    headers = {"Idempotency-Key": key}
    if content is not None:
        headers["Content-Type"] = "application/json"
    response = yield from exchange(session, Request("POST", path, headers=headers, content=content))
    return decode(Accepted, response.body)


def wait(
    session: Session,
    job: JobRef,
    on_progress: OnProgress | None,
    on_preview: OnPreview | None,
    timeout_seconds: float | None,
) -> Steps[Result]:
    poll_seconds = job.poll_after_ms / 1000 if isinstance(job, Accepted) else POLL_SECONDS
    watch = Watch(session, known_id(id_of(job)), Patience(timeout_seconds, poll_seconds))

    def tell(event: JobEvent) -> Steps[None]:
        if event.preview is None and on_progress is not None:
            yield Call(partial(on_progress, event.job))
        elif event.preview is not None and on_preview is not None:
            yield Call(partial(on_preview, event.preview))

    try:
        return result_of((yield from telling(watch.steps(), tell)))
    except EstampeError as error:
        error.job_id = watch.job_id
        raise


def events(session: Session, job: JobRef) -> Flow[JobEvent, None]:
    yield from Watch(session, known_id(id_of(job)), Patience()).steps()


class Generations(Resource[M]):
    """What can be done with the jobs of one kind."""

    kind: ClassVar[str]

    def _create(self, prompt: str, fields: Mapping[str, object], idempotency_key: str | None) -> Steps[Accepted]:
        content = encoded({**fields, "prompt": prompt})
        return place(self._session, f"/api/{self.kind}s/generate", content, idempotency_key)

    @operation
    def status(self, job: JobRef, *, wait_seconds: float = 0) -> Steps[Snapshot]:
        """How it stands: at once, or as soon as it changes, at most so many seconds later (60)."""
        path = f"/api/{self.kind}s/{known_id(id_of(job))}/status"
        seconds = self._session.options.timeout_seconds + wait_seconds
        asked = Request("GET", path, query({"wait": wait_seconds or None}), timeout_seconds=seconds)
        response = yield from exchange(self._session, asked)
        return decode(Snapshot, response.body)

    @operation
    def result(self, job: JobRef) -> Steps[Result]:
        """What it has made. Raises `JobNotFinished` before the end, and `JobFailed` and its like after a bad one."""
        asked = Request("GET", f"/api/{self.kind}s/{known_id(id_of(job))}/result")
        response = yield from exchange(self._session, asked)
        return decode(Result, response.body)

    @operation
    def wait(
        self,
        job: JobRef,
        *,
        on_progress: OnProgress | None = None,
        on_preview: OnPreview | None = None,
        timeout_seconds: float | None = None,
    ) -> Steps[Result]:
        """What it has made, once it has; for as long as it takes, unless a time-out says else.

        Raises `JobFailed`, `JobCanceled`, `JobExpired`, or `WaitTimeout`: then the job goes on.
        """
        return wait(self._session, job, on_progress, on_preview, timeout_seconds)

    @iteration
    def stream(self, job: JobRef) -> Flow[JobEvent, None]:
        """What happens to it, as it happens; the last event is `done`, whatever the end."""
        return events(self._session, job)

    @operation
    def cancel(self, job: JobRef) -> Steps[Snapshot]:
        """Cancelling what is canceled, or has ended, changes nothing."""
        response = yield from exchange(self._session, Request("POST", f"/api/jobs/{known_id(id_of(job))}/cancel"))
        return decode(Snapshot, response.body)

    @operation
    def retry(self, job: JobRef, *, idempotency_key: str | None = None) -> Steps[Accepted]:
        """A new job with the same parameters and the same seed."""
        return place(self._session, f"/api/jobs/{known_id(id_of(job))}/retry", None, idempotency_key)


class Images(Generations[M]):
    """Pictures."""

    kind = "image"

    @operation
    def create(
        self, prompt: str, *, idempotency_key: str | None = None, **parameters: Unpack[ImageParameters]
    ) -> Steps[Accepted]:
        """A job, durable once this returns; `wait` and `stream` stay with it."""
        return self._create(prompt, parameters, idempotency_key)

    @operation
    def generate(
        self,
        prompt: str,
        *,
        on_progress: OnProgress | None = None,
        on_preview: OnPreview | None = None,
        timeout_seconds: float | None = None,
        idempotency_key: str | None = None,
        **parameters: Unpack[ImageParameters],
    ) -> Steps[Result]:
        """`create`, then `wait`. Whoever stops waiting stops only the waiting: `cancel` stops the job."""
        job = yield from self._create(prompt, parameters, idempotency_key)
        return (yield from wait(self._session, job, on_progress, on_preview, timeout_seconds))


class Videos(Generations[M]):
    """Clips."""

    kind = "video"

    @operation
    def create(
        self, prompt: str, *, idempotency_key: str | None = None, **parameters: Unpack[VideoParameters]
    ) -> Steps[Accepted]:
        """A job, durable once this returns; `wait` and `stream` stay with it."""
        return self._create(prompt, parameters, idempotency_key)

    @operation
    def generate(
        self,
        prompt: str,
        *,
        on_progress: OnProgress | None = None,
        on_preview: OnPreview | None = None,
        timeout_seconds: float | None = None,
        idempotency_key: str | None = None,
        **parameters: Unpack[VideoParameters],
    ) -> Steps[Result]:
        """`create`, then `wait`. Whoever stops waiting stops only the waiting: `cancel` stops the job."""
        job = yield from self._create(prompt, parameters, idempotency_key)
        return (yield from wait(self._session, job, on_progress, on_preview, timeout_seconds))
