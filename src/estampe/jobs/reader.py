"""How jobs stand now, for all who ask at once: who asks while a read is under way shares the next one."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from estampe.db.direct import Direct
from estampe.domain import Asset, JobId, Status, TenantId
from estampe.errors import DatabaseUnavailable
from estampe.jobs import from_row
from estampe.jobs.queue import Placed, Queue

# Under load a little patience lets more of them share a read: it costs less than the reads it saves.
CROWD, PATIENCE_SECONDS = 6, 0.003
KEPT_BYTES = 32 * 1024 * 1024
MOST_AT_ONCE = 512

# The letters of `standing_of_jobs`; the fourth says that the tenant has no such job.
KNOWN, QUEUED, NEWER = "=", "q", "+"

_Key = tuple[JobId, TenantId]


class Standing(NamedTuple):
    """A job as it stood at one moment, the files it made and the last look at it."""

    placed: Placed
    outputs: Sequence[Asset] = ()
    preview: bytes | None = None


class Shown(Protocol):
    """What is made of a standing: kept until the job changes, for as long as there is room."""

    @property
    def version(self) -> int: ...

    @property
    def weight_bytes(self) -> int: ...


S = TypeVar("S", bound=Shown)


class Reader(Generic[S]):
    """Every answer is as new as the database was when it was asked for, or newer.

    What is kept says nothing by itself: the row's version is read each time, with the job's tenant, and only what
    is made of the row is taken from memory.
    """

    def __init__(
        self, direct: Direct, queue: Queue, show: Callable[[Standing], S], *, kept_bytes: int = KEPT_BYTES
    ) -> None:
        self._direct, self._queue, self._show = direct, queue, show
        self._kept: OrderedDict[_Key, S] = OrderedDict()
        self._kept_bytes, self._room_bytes = 0, kept_bytes
        self._asked: dict[_Key, list[asyncio.Future[S | None]]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._placing: set[asyncio.Task[None]] = set()
        self._is_crowded = False
        self.reads = 0

    def now(self, tenant: TenantId, wanted: JobId) -> asyncio.Future[S | None]:
        """The job as it stands; None when the tenant has no such job. Raises `DatabaseUnavailable`."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[S | None] = loop.create_future()
        self._asked.setdefault((wanted, tenant), []).append(answer)
        if self._reading is None:
            self._reading = loop.create_task(self._read(), name="estampe reads jobs")
        return answer

    async def close(self) -> None:
        for task in (self._reading, *self._placing):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self._direct.close()

    async def _read(self) -> None:
        try:
            while self._asked:
                if self._is_crowded:
                    await asyncio.sleep(PATIENCE_SECONDS)
                asked = self._next()
                self._is_crowded = sum(map(len, asked.values())) >= CROWD
                try:
                    await self._answer(asked)
                except BaseException as error:
                    _fail(asked, error)  # whoever waits must hear of it, whatever it is
                    if not isinstance(error, Exception):
                        raise
        finally:
            self._reading = None

    def _next(self) -> dict[_Key, list[asyncio.Future[S | None]]]:
        if len(self._asked) <= MOST_AT_ONCE:
            asked, self._asked = self._asked, {}
            return asked
        return {key: self._asked.pop(key) for key in list(self._asked)[:MOST_AT_ONCE]}

    async def _answer(self, asked: dict[_Key, list[asyncio.Future[S | None]]]) -> None:
        kept = [self._kept.get(key) for key in asked]
        self.reads += 1
        letters = await self._direct.value(
            "standing_of_jobs",
            ids=" ".join([wanted for wanted, _ in asked]),
            tenants=" ".join([tenant for _, tenant in asked]),
            versions=" ".join(["0" if one is None else str(one.version) for one in kept]),
        )
        newer: list[_Key] = []
        for (key, askers), shown, letter in zip(asked.items(), kept, letters, strict=True):
            if letter == KNOWN:
                self._tell(key, shown, askers)
            elif letter == QUEUED:
                self._place(key, askers)
            elif letter == NEWER:
                newer.append(key)
            else:
                self._tell(key, None, askers)
        if newer:
            await self._read_whole(newer, asked)

    async def _read_whole(self, keys: list[_Key], asked: dict[_Key, list[asyncio.Future[S | None]]]) -> None:
        found = await self._direct.all(
            "jobs_as_they_stand", ids=[wanted for wanted, _ in keys], tenants=[tenant for _, tenant in keys]
        )
        files = await self._outputs([(row["id"], row["tenant_id"]) for row in found if row["finished_at"] is not None])
        gone = set(keys)
        for row in found:
            key = (row["id"], row["tenant_id"])
            gone.discard(key)
            if row["status"] == Status.QUEUED:
                self._place(key, asked[key])
            else:
                standing = Standing(Placed(from_row(row), None), files.get(key[0], ()), row["preview"])
                self._tell(key, self._keep(key, standing), asked[key])
        for key in gone:
            self._tell(key, None, asked[key])

    async def _outputs(self, keys: Sequence[_Key]) -> dict[JobId, list[Asset]]:
        found: dict[JobId, list[Asset]] = {}
        if keys:
            ids, tenants = [key[0] for key in keys], [key[1] for key in keys]
            for row in await self._direct.all("outputs_of_jobs", ids=ids, tenants=tenants):
                asset = msgspec.convert(row, Asset)
                found.setdefault(asset.job_id, []).append(asset)  # type: ignore[arg-type]
        return found

    def _keep(self, key: _Key, standing: Standing) -> S:
        shown = self._show(standing)
        self._forget(key)
        self._kept[key] = shown
        self._kept_bytes += shown.weight_bytes
        while self._kept_bytes > self._room_bytes and self._kept:
            self._kept_bytes -= self._kept.popitem(last=False)[1].weight_bytes
        return shown

    def _forget(self, key: _Key) -> None:
        before = self._kept.pop(key, None)
        if before is not None:
            self._kept_bytes -= before.weight_bytes

    def _tell(self, key: _Key, shown: S | None, askers: list[asyncio.Future[S | None]]) -> None:
        if shown is None:
            self._forget(key)
        elif key in self._kept:
            self._kept.move_to_end(key)
        for answer in askers:
            if not answer.done():
                answer.set_result(shown)

    def _place(self, key: _Key, askers: list[asyncio.Future[S | None]]) -> None:
        """A queued job's place is in no row: it is looked up by itself, so that nobody else waits for it."""
        self._forget(key)
        task = asyncio.get_running_loop().create_task(self._placed(key, askers))
        self._placing.add(task)
        task.add_done_callback(self._placing.discard)

    async def _placed(self, key: _Key, askers: list[asyncio.Future[S | None]]) -> None:
        try:
            placed = await self._queue.find(key[1], key[0])
            if placed is not None and placed.job.status is not Status.QUEUED:  # it left the line meanwhile
                again = await self.now(key[1], key[0])
                self._tell(key, again, askers)
            else:
                self._tell(key, None if placed is None else self._show(Standing(placed)), askers)
        except BaseException as error:
            _fail({key: askers}, error)
            if not isinstance(error, Exception):
                raise


def _fail(asked: dict[_Key, list[asyncio.Future[Any]]], error: BaseException) -> None:
    """Each asker gets an error of its own: one exception raised in many tasks would gather all their tracebacks."""
    for askers in asked.values():
        for answer in askers:
            if not answer.done():
                answer.set_exception(_like(error))


def _like(error: BaseException) -> Exception:
    if isinstance(error, DatabaseUnavailable):
        return DatabaseUnavailable(error.detail, retry_after_seconds=error.retry_after_seconds)
    if isinstance(error, asyncio.CancelledError):
        return DatabaseUnavailable(retry_after_seconds=1)
    made = RuntimeError("the jobs could not be read")
    made.__cause__ = error
    return made
