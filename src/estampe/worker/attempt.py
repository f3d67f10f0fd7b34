"""One attempt at one job: what the child tells of it is kept and told on, with an ear for cancel, to its end."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from estampe.assets import SWEEP_AFTER_SECONDS, Keeping
from estampe.domain import Asset, AssetId, Failure, Job, Status
from estampe.errors import NotFound
from estampe.worker import messages
from estampe.worker.bench import Bench
from estampe.worker.failures import BROKEN, LOST, NO_INPUT
from estampe.worker.latest import Latest
from estampe.worker.messages import Made, Member, News
from estampe.worker.outage import AWAY, persistently

TELL_SECONDS = 0.25
LOOK_SECONDS = 2.0
# Well before what no job has claimed is swept.
RENEW_SECONDS = SWEEP_AFTER_SECONDS / 6
STOP_SECONDS = 5.0
INPUTS = {"input_asset_id": "input", "mask_asset_id": "mask"}

T = TypeVar("T")
log = logging.getLogger(__name__)


class Run(Protocol):
    """What an attempt asks of the batch it is in."""

    async def stop(self, job: Job) -> None:
        """Ask the engine to give the job up."""

    async def leave(self, job: Job) -> None:
        """The engine did not listen: end the job without it."""


class Attempt:
    """The life of one claimed job in this worker."""

    def __init__(self, bench: Bench, job: Job, run: Run) -> None:
        self.job = job
        self.has_ended = False
        self.is_stopping = False
        self.goes_back = False
        self._bench, self._run = bench, run
        self._latest = Latest()
        self._reports: asyncio.Queue[Made | messages.End | Failure] = asyncio.Queue()
        self._outputs: list[Asset] = []

    def hear(self, news: News) -> None:
        """Something that the child told of this job."""
        if isinstance(news, Made | messages.End):
            self._reports.put_nowait(news)
        else:
            self._latest.hear(news)

    def lose(self, failure: Failure) -> None:
        """The run broke off: because we ended it, or by itself."""
        self._reports.put_nowait(failure)

    async def live(self) -> None:
        """Follow the reports to the end of the attempt."""
        companion = asyncio.create_task(self._accompany())
        try:
            await self._follow()
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must end and the others go on
            # Its message may quote what people wrote: the type is what may be logged.
            log.error("job %s: %s", self.job.id, type(error).__name__)  # noqa: TRY400
            await self._run.stop(self.job)
            await self._break_off(BROKEN)
        finally:
            self.has_ended = True
            companion.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await companion

    async def order(self, scratch: Path) -> Member | None:
        """What the child is asked to make; None when it need not be."""
        try:
            if self.job.losses < self._bench.max_attempts:
                return await self._member(scratch)
            self.refuse(LOST)
        except NotFound:
            self.refuse(NO_INPUT)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others of the batch go on
            log.error("job %s: %s", self.job.id, type(error).__name__)  # noqa: TRY400
            self.lose(BROKEN)
        return None

    def refuse(self, failure: Failure) -> None:
        """It cannot be made here."""
        self._reports.put_nowait(messages.Refused(job=self.job.id, failure=failure, seconds=0.0))

    async def _member(self, scratch: Path) -> Member | None:
        scratch.mkdir()  # noqa: ASYNC240 - a folder on this machine
        inputs = await self._fetch_inputs(scratch)
        find = self._bench.checkpoints.find
        checkpoint = await self._written(lambda: find(self.job.id)) if self.job.attempt > 1 else None
        if self.is_stopping:
            self.hear(messages.Stopped(self.job.id, 0.0))
            return None
        return Member(
            job=self.job.id,
            parameters={name: value for name, value in self.job.parameters.items() if name not in INPUTS},
            inputs=inputs,
            scratch=str(scratch),
            checkpoint=checkpoint,
        )

    async def _fetch_inputs(self, scratch: Path) -> dict[str, str]:
        paths: dict[str, str] = {}
        for parameter, name in INPUTS.items():
            wanted = self.job.parameters.get(parameter)
            if wanted is not None:
                path = scratch / name
                await self._written(lambda wanted=wanted, path=path: self._fetch(AssetId(wanted), path))  # type: ignore[misc]
                paths[name] = str(path)
        return paths

    async def _fetch(self, wanted: AssetId, path: Path) -> None:
        async with self._bench.database.tenant(self.job.tenant_id) as scope:
            row = await scope.one("find_asset", asset_id=wanted, tenant_id=self.job.tenant_id)
        if row is None:
            raise NotFound
        with path.open("wb") as file:
            async for chunk in self._bench.shelf.store.read(row["key"]):
                file.write(chunk)

    async def _follow(self) -> None:
        while True:
            match await self._reports.get():
                case Made() as made:
                    await self._keep(made)
                case Failure() as failure:
                    await self._break_off(failure)
                    return
                case end:
                    await self._end(end)
                    return

    async def _keep(self, made: Made) -> None:
        owner = Keeping(
            tenant_id=self.job.tenant_id,
            user_id=self.job.user_id,
            job_id=self.job.id,
            position=made.position,
            seed=made.seed,
        )
        kind = self._bench.kinds[self.job.kind]
        keep = self._bench.shelf.keep
        self._outputs.append(
            await self._written(lambda: keep(Path(made.path), kind, made.facts, owner, poster=made.poster))
        )

    async def _end(self, end: messages.End) -> None:
        match end:
            case messages.Done(seconds=seconds):
                await self._succeed(seconds)
            case messages.Stopped(seconds=seconds) if self.is_stopping or not self.goes_back:
                await self._cancel(seconds)
            case messages.Stopped():
                await self._hand_back(lost=False)
            case messages.Refused(failure=failure, seconds=seconds):
                if failure.retryable and self.job.losses + 1 < self._bench.max_attempts:
                    await self._hand_back(lost=True)
                else:
                    await self._fail(failure, seconds)

    async def _succeed(self, seconds: float) -> None:
        usage = self._bench.usage(self.job, seconds, self._bench.kinds[self.job.kind].units(self.job.parameters))
        notes, outputs = self._latest.take().get("notes"), tuple(self._outputs)
        finish = self._bench.queue.finish
        if not await persistently(
            lambda: finish(self.job, Status.SUCCEEDED, usage=usage, notes=notes, outputs=outputs)
        ):
            await self._cancel(seconds)

    async def _cancel(self, seconds: float) -> None:
        """Asked to stop, past its deadline, deleted, or no longer ours: whichever holds, nothing is kept."""
        usage = self._bench.usage(self.job, seconds)
        for end in (Status.CANCELED, *((Status.EXPIRED,) if self._is_late else ())):
            if await persistently(lambda end=end: self._bench.queue.finish(self.job, end, usage=usage)):  # type: ignore[misc]
                break
        await self._drop_outputs()

    async def _fail(self, failure: Failure, seconds: float) -> None:
        usage = self._bench.usage(self.job, seconds)
        finish = self._bench.queue.finish
        if not await persistently(lambda: finish(self.job, Status.FAILED, error=failure, usage=usage)):
            await self._cancel(seconds)
        await self._drop_outputs()

    async def _break_off(self, failure: Failure) -> None:
        if self.is_stopping:
            await self._cancel(0.0)
        elif self.goes_back:
            await self._hand_back(lost=False)
        elif self.job.losses + 1 >= self._bench.max_attempts:
            await self._fail(failure, 0.0)
        else:
            await self._hand_back(lost=True)

    async def _hand_back(self, *, lost: bool) -> None:
        """With how far it came, so that whoever has it next goes on from there."""
        checkpoint = self._latest.take().get("checkpoint")
        if checkpoint is not None:
            await persistently(lambda: self._bench.checkpoints.put(self.job, checkpoint))
        await self._drop_outputs()
        if not await persistently(lambda: self._bench.queue.release(self.job, lost=lost)):
            await self._cancel(0.0)

    async def _drop_outputs(self) -> None:
        for asset in self._outputs:
            await persistently(lambda asset=asset: self._bench.shelf.drop(asset))  # type: ignore[misc]
        self._outputs = []

    async def _written(self, act: Callable[[], Awaitable[T]]) -> T:
        """Across an outage, as long as somebody waits for the job here."""
        return await persistently(act, lambda: not (self.is_stopping or self.goes_back))

    async def _accompany(self) -> None:
        """Write the latest news, and end the run once nobody wants it."""
        try:
            await self._until_unwanted()
        except Exception as error:  # noqa: BLE001 - what an engine tells may be such that it cannot be written
            log.error("job %s: %s", self.job.id, type(error).__name__)  # noqa: TRY400
            self.lose(BROKEN)
            await self._run.stop(self.job)
            return
        self.is_stopping = True
        await self._run.stop(self.job)
        await asyncio.sleep(STOP_SECONDS)
        await self._run.leave(self.job)

    async def _until_unwanted(self) -> None:
        clock = asyncio.get_running_loop().time
        looked = renewed = clock()
        with self._bench.stops.listening(self.job.id) as stop:
            while not (stop.is_set() or self._is_late):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), TELL_SECONDS)
                latest = self._latest.take()
                if latest or clock() - looked >= LOOK_SECONDS:
                    looked = clock()
                    if not await self._is_wanted(latest):
                        return
                if clock() - renewed >= RENEW_SECONDS:
                    renewed = clock()
                    await self._renew()

    async def _renew(self) -> None:
        """A job of many outputs may take hours, and an outage too."""
        with contextlib.suppress(*AWAY):
            await self._bench.shelf.renew(self._outputs)

    async def _is_wanted(self, latest: dict[str, Any]) -> bool:
        """Told and asked in one; what could not be told is told next time, unless there is something newer."""
        bench, checkpoint = self._bench, latest.pop("checkpoint", None)
        try:
            if checkpoint is not None:
                await bench.checkpoints.put(self.job, checkpoint)
                checkpoint = None
            status = await (bench.queue.tell(self.job, **latest) if latest else bench.queue.status(self.job))
        except AWAY:
            self._latest.put_back(**latest, checkpoint=checkpoint)
            return True
        return status is Status.RUNNING

    @property
    def _is_late(self) -> bool:
        return self.job.deadline_at is not None and self.job.deadline_at <= datetime.now(UTC)
