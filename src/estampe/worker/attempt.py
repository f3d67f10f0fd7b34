"""One attempt at one job: claim → run → keep → finish, with news on the way and an ear for cancel."""

import asyncio
import contextlib
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from estampe.assets import Keeping, Shelf
from estampe.db import Database
from estampe.domain import Asset, AssetId, Failure, Job, JobId, Status, Usage
from estampe.errors import DatabaseUnavailable, EngineError, NotFound, StoreUnavailable
from estampe.jobs.announced import Announced
from estampe.jobs.events import Hub, Watcher
from estampe.jobs.queue import Queue
from estampe.media import Kind
from estampe.plans import EXACT, Price, price_of
from estampe.worker import messages
from estampe.worker.failures import BROKEN, LOST, NO_ENGINE, NO_INPUT
from estampe.worker.latest import Latest
from estampe.worker.messages import Made, Run
from estampe.worker.process import STOP_SECONDS, Child, ChildDied

TELL_SECONDS = 0.25
LOOK_SECONDS = 2.0
PERSIST_SECONDS = 120

T = TypeVar("T")
log = logging.getLogger(__name__)


class Again(Exception):
    """The attempt was handed back: the queue shall offer the job once more."""


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt works with."""

    database: Database
    queue: Queue
    announced: Announced
    hub: Hub
    shelf: Shelf
    kinds: Mapping[str, Kind]
    child: Child
    max_attempts: int
    prices: Mapping[str, Price] = {}
    currency: str = "EUR"


class Attempt:
    """The life of one claimed job in this worker."""

    def __init__(self, bench: Bench, job: Job) -> None:
        self._bench, self._job = bench, job
        self._latest = Latest()
        self._stopping = False
        self._outputs: list[Asset] = []

    async def run(self) -> None:
        """Raises `Again` when the job shall be offered once more."""
        if self._job.losses >= self._bench.max_attempts:
            await self._fail(LOST, 0.0)
            return
        with self._bench.hub.watch(self._job.tenant_id, job=self._job.id) as watcher:
            companion = asyncio.create_task(self._accompany(watcher))
            try:
                await self._make()
            except asyncio.CancelledError:
                await asyncio.shield(self._hand_back())
                raise Again from None
            except Again:
                raise
            except ChildDied:
                await self._lose(LOST)
            except Exception as error:  # noqa: BLE001 - whatever it is, the job must end and the next one run
                # Its message may quote what people wrote: the type is what may be logged.
                log.error("job %s: %s", self._job.id, type(error).__name__)  # noqa: TRY400
                await self._bench.child.kill()
                await self._lose(BROKEN)
            finally:
                companion.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await companion

    async def _make(self) -> None:
        with tempfile.TemporaryDirectory(prefix="estampe-") as scratch:
            run = await self._order(Path(scratch))
            if run is None:
                return
            async for report in self._bench.child.run(run):
                if isinstance(report, Made):
                    await self._keep(report)
                elif isinstance(report, messages.End):
                    await self._end(report)
                else:
                    self._latest.hear(report)

    async def _order(self, scratch: Path) -> Run | None:
        job = self._job
        engine = next((m.engine for m in self._bench.child.models if m.name == job.model), None)
        if engine is None:
            await self._fail(NO_ENGINE, 0.0)
            return None
        try:
            inputs = await self._fetch_inputs(scratch)
        except NotFound:
            await self._fail(NO_INPUT, 0.0)
            return None
        parameters = {name: value for name, value in job.parameters.items() if name not in INPUTS}
        return Run(
            job=job.id,
            engine=engine,
            model=job.model,
            kind=job.kind,
            parameters=parameters,
            inputs=inputs,
            scratch=str(scratch),
        )

    async def _fetch_inputs(self, scratch: Path) -> dict[str, str]:
        paths: dict[str, str] = {}
        for parameter, name in INPUTS.items():
            wanted = self._job.parameters.get(parameter)
            if wanted is None:
                continue
            async with self._bench.database.tenant(self._job.tenant_id) as scope:
                row = await scope.one("find_asset", asset_id=AssetId(wanted), tenant_id=self._job.tenant_id)
            if row is None:
                raise NotFound
            path = scratch / name
            with path.open("wb") as file:
                async for chunk in self._bench.shelf.store.read(row["key"]):
                    file.write(chunk)
            paths[name] = str(path)
        return paths

    async def _keep(self, made: Made) -> None:
        owner = Keeping(
            tenant_id=self._job.tenant_id,
            user_id=self._job.user_id,
            job_id=self._job.id,
            position=made.position,
            seed=made.seed,
        )
        kind = self._bench.kinds[self._job.kind]
        keep = self._bench.shelf.keep
        self._outputs.append(await persistently(lambda: keep(Path(made.path), kind, made.facts, owner)))

    async def _end(self, end: messages.End) -> None:
        match end:
            case messages.Done(seconds):
                await self._succeed(seconds)
            case messages.Stopped(seconds):
                await self._cancel(seconds)
            case messages.Refused(failure=failure, seconds=seconds):
                if failure.retryable and self._job.losses + 1 < self._bench.max_attempts:
                    await self._hand_back(lost=True)
                    raise Again
                await self._fail(failure, seconds)

    async def _succeed(self, seconds: float) -> None:
        told = self._latest.take()
        if "notes" in told:
            await persistently(lambda: self._bench.queue.tell(self._job, notes=told["notes"]))
        units = self._bench.kinds[self._job.kind].units(self._job.parameters)
        usage = self._usage(seconds, units)
        finish = self._bench.queue.finish
        outputs = tuple(self._outputs)
        if not await persistently(lambda: finish(self._job, Status.SUCCEEDED, usage=usage, outputs=outputs)):
            await self._cancel(seconds)

    def _usage(self, seconds: float, units: float | None = None) -> Usage:
        """What made nothing costs nothing, whatever time it took: `units` is None."""
        price = price_of(self._bench.prices, self._job.model)
        gpu_seconds = round(seconds, EXACT)
        units = None if units is None else round(units, EXACT)
        if price is None:
            return Usage(units=units or 0, gpu_seconds=gpu_seconds)
        cost = 0.0 if units is None else price.of(units, gpu_seconds)
        return Usage(units=units or 0, gpu_seconds=gpu_seconds, cost=cost, currency=self._bench.currency)

    async def _cancel(self, seconds: float) -> None:
        """Asked to stop, past its deadline, deleted, or no longer ours: whichever holds, nothing is kept."""
        late = self._job.deadline_at is not None and self._job.deadline_at <= datetime.now(UTC)
        usage = self._usage(seconds)
        for end in (Status.CANCELED, *((Status.EXPIRED,) if late else ())):
            if await persistently(lambda end=end: self._bench.queue.finish(self._job, end, usage=usage)):  # type: ignore[misc]
                break
        await self._drop_outputs()

    async def _fail(self, failure: Failure, seconds: float) -> None:
        usage = self._usage(seconds)
        finish = self._bench.queue.finish
        if not await persistently(lambda: finish(self._job, Status.FAILED, error=failure, usage=usage)):
            await self._cancel(seconds)
        await self._drop_outputs()

    async def _lose(self, failure: Failure) -> None:
        """The run broke off: because we ended it, or by itself."""
        if self._stopping:
            await self._cancel(0.0)
            return
        if self._job.losses + 1 >= self._bench.max_attempts:
            await self._fail(failure, 0.0)
            return
        await self._hand_back(lost=True)
        raise Again

    async def _hand_back(self, *, lost: bool = False) -> None:
        if not lost:
            await self._bench.child.kill()
        await self._drop_outputs()
        if not await persistently(lambda: self._bench.queue.release(self._job, lost=lost)):
            await self._cancel(0.0)

    async def _drop_outputs(self) -> None:
        for asset in self._outputs:
            await persistently(lambda asset=asset: self._bench.shelf.drop(asset))  # type: ignore[misc]
        self._outputs = []

    async def _accompany(self, watcher: Watcher) -> None:
        """Write the latest news at most four times a second, and stop the run once it is not wanted."""
        told = looked = time.monotonic()
        wanted = True
        while wanted and not self._late:
            news = await watcher.changed(TELL_SECONDS)
            if any(heard.status is Status.CANCELING for heard in news or ()):
                break
            now = time.monotonic()
            if now - told >= TELL_SECONDS and (latest := self._latest.take()):
                told = looked = now
                wanted = await self._still_wanted(latest)
            elif now - looked >= LOOK_SECONDS:
                looked = now
                wanted = await self._still_wanted({})
        await self._stop()

    async def _still_wanted(self, latest: dict[str, Any]) -> bool:
        queue = self._bench.queue
        try:
            status = await (queue.tell(self._job, **latest) if latest else queue.status(self._job))
        except DatabaseUnavailable:
            return True
        return status is Status.RUNNING

    @property
    def _late(self) -> bool:
        return self._job.deadline_at is not None and self._job.deadline_at <= datetime.now(UTC)

    async def _stop(self) -> None:
        self._stopping = True
        await self._bench.child.stop(self._job.id)
        await asyncio.sleep(STOP_SECONDS)
        await self._bench.child.kill()


INPUTS = {"input_asset_id": "input", "mask_asset_id": "mask"}


async def persistently(act: Callable[[], Awaitable[T]]) -> T:
    """Do what must be written, across an outage of the database or of the store."""
    deadline = time.monotonic() + PERSIST_SECONDS
    while True:
        try:
            return await act()
        except (DatabaseUnavailable, StoreUnavailable):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.5)


async def attempt(bench: Bench, wanted: JobId) -> None:
    """Claim the job and see it through. Raises `Again`, or `EngineError` when the engines do not load."""
    job = await bench.queue.claim(wanted)
    if job is None:
        await bench.queue.settle(wanted)
        return
    try:
        await Attempt(bench, job).run()
    except EngineError:
        await bench.queue.release(job, lost=True)
        raise Again from None
