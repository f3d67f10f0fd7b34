"""Sends what is due: a few at a time of each tenant, so that nobody's dead end keeps the others waiting."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from estampe import __version__, telemetry
from estampe.db.notices import Notices
from estampe.domain import JobId, TenantId
from estampe.errors import DatabaseUnavailable
from estampe.jobs.outbound import Outbound
from estampe.jobs.webhooks import Delivery, Webhooks, signed

CHANNEL = "estampe_webhooks"
AT_ONCE, OF_ONE_TENANT = 32, 4
LOOK_SECONDS = 2.0
AGAIN_SECONDS = 5.0

log = logging.getLogger(__name__)

# What is said of a job, as JSON; None when it is no more.
Tell = Callable[[TenantId, JobId], Awaitable[bytes | None]]


class Sender:
    """One a process; any number of processes share what is due."""

    def __init__(self, webhooks: Webhooks, outbound: Outbound, notices: Notices, tell: Tell) -> None:
        self._webhooks, self._outbound, self._tell = webhooks, outbound, tell
        self._due = asyncio.Event()
        self._sending: dict[asyncio.Task[None], TenantId] = {}
        notices.subscribe(CHANNEL, lambda _: self._due.set(), self._due.set)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Send as long as the block lasts. What is cut short is tried again by whoever is there then."""
        task = asyncio.create_task(self._send_all(), name="estampe sends webhooks")
        try:
            yield
        finally:
            tasks = [task, *self._sending]
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send_all(self) -> None:
        while True:
            self._due.clear()
            try:
                found = await self._claimed()
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            for delivery in found:
                task = asyncio.create_task(self._send(delivery))
                self._sending[task] = delivery.tenant_id
                task.add_done_callback(self._sent)
            if not found:
                await self._news()

    async def _claimed(self) -> list[Delivery]:
        room = AT_ONCE - len(self._sending)
        if room <= 0:
            return []
        counts = Counter(self._sending.values())
        busy = [tenant for tenant, count in counts.items() if count >= OF_ONE_TENANT]
        return await self._webhooks.claim(at_most=room, each=OF_ONE_TENANT, busy=busy)

    async def _news(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._due.wait()
        except TimeoutError:
            return

    def _sent(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self._due.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a webhook could not be sent: %s", type(error).__name__)

    async def _send(self, delivery: Delivery) -> None:
        """Tried, and noted; if it cannot be noted, its lease ends and it is tried again."""
        try:
            data = await self._tell(delivery.tenant_id, delivery.job_id)
            if data is None:
                return
            secret = await self._webhooks.secret_of(delivery.tenant_id)
            body = b'{"type":"%s","data":%s}' % (str(delivery.event).encode(), data)
            headers = signed(delivery.id, int(time.time()), body, secret)
            headers |= {"content-type": "application/json", "user-agent": f"Estampe/{__version__}"}
            answer = await self._outbound.post(delivery.url, headers, body)
            outcome = await self._webhooks.note(delivery, answer)
        except DatabaseUnavailable:
            log.warning("the database is away: a webhook is tried again later")
            return
        telemetry.note("webhooks_sent", outcome)
