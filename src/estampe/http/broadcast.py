"""Tells thousands of streams what is new: one read for each change of a job, however many follow it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from estampe.access.revocations import Revocation, Revocations
from estampe.domain import JobId, TenantId
from estampe.errors import DatabaseUnavailable
from estampe.http.listeners import BYE, REAUTHENTICATE, Listener
from estampe.http.scenes import Scene
from estampe.jobs.events import Hub, News
from estampe.jobs.reader import Reader

HEARTBEAT_SECONDS = 15.0
SLOW_SECONDS = 60.0
QUEUE_LOOK_SECONDS = 5.0
TICK_SECONDS = 0.5
# What changes meanwhile shares the next read.
GATHER_SECONDS = 0.02
AGAIN_SECONDS = 0.5
# Between so many, whoever else waits for this process gets a turn.
IN_A_ROW = 100
SHOWN_IN_LINE = 20

log = logging.getLogger(__name__)

_Followed = tuple[TenantId, JobId | None, str | None]


class Broadcast:
    """Knows who follows what. It waits for no client: one that is slow is told the latest when it has room."""

    def __init__(self, hub: Hub, reader: Reader[Scene], revocations: Revocations) -> None:
        self._hub, self._reader, self._revocations = hub, reader, revocations
        # By the job that is followed, or the user all of whose jobs are.
        self._following: dict[_Followed, set[Listener]] = {}
        self._changed: dict[tuple[TenantId, JobId], None] = {}
        self._has_news = asyncio.Event()
        self._rights_changed = False
        self._beginning: set[asyncio.Task[None]] = set()
        hub.follow(self._hear, self._look)
        revocations.follow(self._withdrawn)

    def follow(self, listener: Listener) -> None:
        """Tell the listener what is new, until it is left alone."""
        listeners = self._following.setdefault(_followed(listener), set())
        if listener not in listeners:  # one that begins again has not come twice
            listeners.add(listener)
            self._hub.audience.came(listener.me.tenant.id, listener.me.user_id)
        if self._hub.stopping:
            listener.end(BYE)

    def leave(self, listener: Listener) -> None:
        followed = _followed(listener)
        listeners = self._following.get(followed, set())
        if listener in listeners:
            listeners.discard(listener)
            self._hub.audience.left(listener.me.tenant.id, listener.me.user_id)
            if not listeners:
                del self._following[followed]

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        """Tell and look for as long as the block lasts."""
        works = (self._tell, self._tick, self._watch_rights)
        tasks = [asyncio.create_task(work(), name=f"estampe {work.__name__}") for work in works]
        try:
            yield
        finally:
            for task in (*tasks, *self._beginning):
                task.cancel()
            await asyncio.gather(*tasks, *self._beginning, return_exceptions=True)

    def _hear(self, news: News) -> None:
        following = self._following
        if (news.tenant, news.job, None) in following or (news.tenant, None, news.user) in following:
            self._change(news.tenant, news.job)

    def _change(self, tenant: TenantId, wanted: JobId) -> None:
        self._changed[tenant, wanted] = None
        self._has_news.set()

    def _look(self) -> None:
        """Something may have been missed, or this process stops."""
        for (tenant, job, _), listeners in self._following.items():
            if job is not None:
                self._change(tenant, job)
            for listener in listeners:
                if self._hub.stopping:
                    listener.end(BYE)
                elif job is None:
                    listener.starts_anew = True

    def _withdrawn(self, _: Revocation) -> None:
        self._rights_changed = True

    @property
    def _listeners(self) -> Iterator[Listener]:
        yield from [listener for listeners in self._following.values() for listener in listeners]

    # What changed

    async def _tell(self) -> None:
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            changed, self._changed = self._changed, {}
            reads = [self._reader.now(tenant, wanted) for tenant, wanted in changed]
            found = await asyncio.gather(*reads, return_exceptions=True)
            lost = False
            for (tenant, wanted), scene in zip(changed, found, strict=True):
                if isinstance(scene, BaseException):
                    self._change(tenant, wanted)
                    lost = True
                else:
                    await self._deliver(tenant, wanted, scene)
            await asyncio.sleep(AGAIN_SECONDS if lost else GATHER_SECONDS)

    async def _deliver(self, tenant: TenantId, wanted: JobId, scene: Scene | None) -> None:
        following = self._following
        listeners = [*following.get((tenant, wanted, None), ())]
        if scene is None:
            for listener in listeners:
                listener.end()
            return
        listeners += following.get((tenant, None, scene.job.user_id), ())
        for number, listener in enumerate(listeners, 1):
            _offer(listener, scene)
            if number % IN_A_ROW == 0:
                await asyncio.sleep(0)

    # What passes with time

    async def _tick(self) -> None:
        looked = float("-inf")
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            self._beat()
            if now - looked >= QUEUE_LOOK_SECONDS:
                looked = now
                self._look_at_line()

    async def _watch_rights(self) -> None:
        """Apart, for it may wait for the database."""
        checked = float("-inf")
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            if self._rights_changed or not self._revocations.hears or now - checked >= HEARTBEAT_SECONDS:
                checked, self._rights_changed = now, False
                await self._check(self._listeners)

    def _beat(self) -> None:
        now, clock = asyncio.get_running_loop().time(), time.time()
        for listener in self._listeners:
            if listener.me.expires_at <= clock:
                listener.end(REAUTHENTICATE)
            elif listener.starts_anew and not listener.is_beginning:
                self._beginning.add(task := asyncio.create_task(listener.begin()))
                task.add_done_callback(self._beginning.discard)
            listener.beat(now, silent_seconds=HEARTBEAT_SECONDS, slow_seconds=SLOW_SECONDS)

    def _look_at_line(self) -> None:
        """Places in line change without news of who waits there."""
        for listener in self._listeners:
            for wanted in listener.waiting_jobs[:SHOWN_IN_LINE]:
                self._change(listener.me.tenant.id, wanted)

    async def _check(self, listeners: Iterable[Listener]) -> None:
        """Whose token is withdrawn hears no more. While nobody can say, nobody hears of anything new either."""
        for number, listener in enumerate(listeners, 1):
            try:
                if not self._revocations.is_clear(listener.me) and await self._revocations.withdrawn(listener.me):
                    listener.end(REAUTHENTICATE)
            except DatabaseUnavailable:
                self._rights_changed = True
                return
            if number % IN_A_ROW == 0:
                await asyncio.sleep(0)


def _followed(listener: Listener) -> _Followed:
    return listener.me.tenant.id, listener.job, None if listener.job else listener.me.user_id


def _offer(listener: Listener, scene: Scene) -> None:
    try:
        listener.offer(scene)
    except Exception as error:  # noqa: BLE001 - one broken line must not keep the others from hearing
        log.error("a stream broke: %s", type(error).__name__)  # noqa: TRY400
        listener.cut()
