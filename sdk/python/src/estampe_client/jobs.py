"""Jobs of every kind: find them, stay with them, end them."""

from __future__ import annotations

from typing_extensions import Unpack

from estampe_client._commands import Flow, Request, Steps
from estampe_client._exchange import exchange
from estampe_client._news import News
from estampe_client._operation import M, Resource, iteration, known_id, operation
from estampe_client._pages import items
from estampe_client._wire import decode, query
from estampe_client.generations import OnPreview, OnProgress, events, place, wait
from estampe_client.job import JobEvent, JobRef, id_of
from estampe_client.types import Accepted, JobFilter, JobPage, Result, Snapshot


class Jobs(Resource[M]):
    """What was asked for, and what became of it."""

    @operation
    def get(self, job: JobRef, *, wait_seconds: float = 0) -> Steps[Snapshot]:
        """How it stands: at once, or as soon as it changes, at most so many seconds later (60)."""
        seconds = self._session.options.timeout_seconds + wait_seconds
        path, asked = f"/api/jobs/{known_id(id_of(job))}", query({"wait": wait_seconds or None})
        response = yield from exchange(self._session, Request("GET", path, asked, timeout_seconds=seconds))
        return decode(Snapshot, response.body)

    @iteration
    def list(self, **filters: Unpack[JobFilter]) -> Flow[Snapshot, None]:
        """Newest first, page after page; one's own, or the organisation's for whoever may see them."""
        return items(self._session, "/api/jobs", filters, JobPage, lambda page: page.jobs)

    @operation
    def wait(
        self,
        job: JobRef,
        *,
        on_progress: OnProgress | None = None,
        on_preview: OnPreview | None = None,
        timeout_seconds: float | None = None,
    ) -> Steps[Result]:
        """What it has made, once it has; also after a crash, with its id. Raises as `images.wait` does."""
        return wait(self._session, job, on_progress, on_preview, timeout_seconds)

    @iteration
    def stream(self, job: JobRef) -> Flow[JobEvent, None]:
        """What happens to it, as it happens; the last event is `done`, whatever the end."""
        return events(self._session, job)

    @iteration
    def news(self) -> Flow[JobEvent, None]:
        """What happens to all of one's jobs, in one stream that never ends by itself.

        First the newest as they stand, each a `snapshot`. What was told of as going on is told of as `done` in the
        end, whatever happens to the line; of what begins and ends while it is down, the newest twenty are.
        """
        yield from News(self._session).steps()

    @operation
    def cancel(self, job: JobRef) -> Steps[Snapshot]:
        """Cancelling what is canceled, or has ended, changes nothing."""
        response = yield from exchange(self._session, Request("POST", f"/api/jobs/{known_id(id_of(job))}/cancel"))
        return decode(Snapshot, response.body)

    @operation
    def retry(self, job: JobRef, *, idempotency_key: str | None = None) -> Steps[Accepted]:
        """A new job with the same parameters and the same seed."""
        return place(self._session, f"/api/jobs/{known_id(id_of(job))}/retry", None, idempotency_key)

    @operation
    def delete(self, job: JobRef) -> Steps[None]:
        """It and its files, for good."""
        yield from exchange(self._session, Request("DELETE", f"/api/jobs/{known_id(id_of(job))}"))
