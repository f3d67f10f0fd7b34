"""News of jobs: a watcher for each stream or wait that follows some."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from estampe import telemetry
from estampe.db.notices import Notices
from estampe.domain import JobId, Status, TenantId

CHANNEL = "estampe_jobs"

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


class Audience:
    """Who watches in this process: each stream and wait, by the tenant and user it is there for."""

    def __init__(self) -> None:
        self._of: Counter[tuple[TenantId, str]] = Counter()

    def __len__(self) -> int:
        return self._of.total()

    def of(self, tenant: TenantId, user: str) -> int:
        return self._of[tenant, user]

    def came(self, tenant: TenantId, user: str) -> None:
        self._of[tenant, user] += 1
        telemetry.note("watchers")

    def left(self, tenant: TenantId, user: str) -> None:
        telemetry.note("watchers", value=-1)
        self._of[tenant, user] -= 1
        if not self._of[tenant, user]:
            del self._of[tenant, user]


class Hub:
    """Hears of every job and tells the watchers; `stopping` ends every stream."""

    def __init__(self, notices: Notices) -> None:
        self._watchers: dict[JobId | None, set[Watcher]] = {}
        self.audience = Audience()
        self._followers: list[tuple[Callable[[News], None], Callable[[], None]]] = []
        self.stopping = False
        notices.subscribe(CHANNEL, self._tell, self.wake_all)

    @contextmanager
    def watch(
        self, tenant: TenantId, *, by: str, job: JobId | None = None, user: str | None = None
    ) -> Iterator[Watcher]:
        """News of a job or all of a user's, for the user `by`, whosever they are."""
        watcher = Watcher(tenant, job=job, user=user)
        self._watchers.setdefault(job, set()).add(watcher)
        self.audience.came(tenant, by)
        try:
            yield watcher
        finally:
            self.audience.left(tenant, by)
            self._watchers[job].discard(watcher)
            if not self._watchers[job]:
                del self._watchers[job]

    def follow(self, hear: Callable[[News], None], look: Callable[[], None]) -> None:
        """Have every news told to `hear`, and `look` called when something may have been missed, or changed for all."""
        self._followers.append((hear, look))

    def stop_streams(self) -> None:
        """Let every watcher see that the process is stopping."""
        self.stopping = True
        self.wake_all()

    def wake_all(self) -> None:
        """Let every watcher and follower look again."""
        for _, look in self._followers:
            look()
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.wake()

    def _tell(self, payload: str) -> None:
        try:
            news = msgspec.json.decode(payload, type=News)
        except msgspec.DecodeError:
            log.warning("ignored a malformed notice")
            return
        for hear, _ in self._followers:
            hear(news)
        for followed in (news.job, None):
            for watcher in self._watchers.get(followed, ()):
                watcher.hear(news)
