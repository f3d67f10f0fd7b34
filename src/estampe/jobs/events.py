"""News of jobs: one LISTEN connection a process, and a watcher for each stream or wait that follows some."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import msgspec
import psycopg

from estampe.domain import JobId, Status, TenantId

CHANNEL = "estampe_jobs"
RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

log = logging.getLogger(__name__)


class News(msgspec.Struct, frozen=True):
    """A job changed: ids and numbers, the row is the truth."""

    job: JobId
    tenant: TenantId
    user: str
    version: int
    status: Status


class Watcher:
    """What changed since last asked: the latest news of each job, never a growing queue."""

    def __init__(self, tenant: TenantId, *, job: JobId | None, user: str | None) -> None:
        self._tenant, self._job, self._user = tenant, job, user
        self._news: dict[JobId, News | None] = {}
        self._woken = asyncio.Event()

    def hear(self, news: News) -> None:
        mine = news.tenant == self._tenant and (self._user is None or news.user == self._user)
        if mine and self._job in {None, news.job}:
            self._news[news.job] = news
            self._woken.set()

    def wake(self) -> None:
        """Something may have been missed: look again."""
        self._woken.set()

    async def changed(self, seconds: float) -> list[News] | None:
        """The news, maybe empty after a gap in listening; None when nothing came in time."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self._woken.wait()
        except TimeoutError:
            return None
        self._woken.clear()
        heard = [news for news in self._news.values() if news is not None]
        self._news.clear()
        return heard


class Hub:
    """Hears of every job and tells the watchers; `stopping` ends every stream."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._watchers: dict[JobId | None, set[Watcher]] = {}
        self._task: asyncio.Task[None] | None = None
        self.stopping = False

    def __len__(self) -> int:
        return sum(map(len, self._watchers.values()))

    @contextmanager
    def watch(self, tenant: TenantId, *, job: JobId | None = None, user: str | None = None) -> Iterator[Watcher]:
        watcher = Watcher(tenant, job=job, user=user)
        self._watchers.setdefault(job, set()).add(watcher)
        try:
            yield watcher
        finally:
            self._watchers[job].discard(watcher)
            if not self._watchers[job]:
                del self._watchers[job]

    def stop_streams(self) -> None:
        """Let every watcher see that the process is stopping."""
        self.stopping = True
        self._wake_all()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Hub"]:
        """Listen until the block ends."""
        self._task = asyncio.create_task(self._listen(), name="estampe listens for jobs")
        try:
            yield self
        finally:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5, application_name="estampe listen"
                ) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    failures = 0
                    self._wake_all()
                    async for notice in connection.notifies():
                        self._tell(notice.payload)
            except psycopg.OperationalError:
                wait = RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)]
                log.warning("lost the database while listening; trying again in %s s", wait)
                failures += 1
                await asyncio.sleep(wait)

    def _wake_all(self) -> None:
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.wake()

    def _tell(self, payload: str) -> None:
        try:
            news = msgspec.json.decode(payload, type=News)
        except msgspec.DecodeError:
            log.warning("ignored a malformed notice")
            return
        for followed in (news.job, None):
            for watcher in self._watchers.get(followed, ()):
                watcher.hear(news)
