"""Requests a minute, per user and per tenant: said on every answer, refused beyond, closed to spending when blind."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from estampe.domain import Principal, Tenant
from estampe.errors import EstampeError, InvalidSetting, LimitsUnavailable, RateLimited, Text
from estampe.settings import IN_PROCESS, Settings

WINDOW_SECONDS = 60
PATIENCE_SECONDS = 0.5
COOL_DOWN_SECONDS = 1.0
RETRY_SECONDS = 5.0

Clock = Callable[[], float]
log = logging.getLogger(__name__)


class Store(Protocol):
    """Counts; the storages of `limits` are such."""

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int: ...


class InProcess:
    """Counts of this process, all forgotten together when the window ends.

    The memory storage of `limits` looks at every key it holds on each request: 3 ms with 10,000 people.
    """

    def __init__(self) -> None:
        self._window = -1
        self._counts: dict[str, int] = {}

    def add(self, who: str, window: int, amount: int = 1) -> int:
        if window != self._window:
            self._window = window
            self._counts.clear()
        count = self._counts[who] = self._counts.get(who, 0) + amount
        return count

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        del expiry
        who, _, window = key.rpartition("/")
        return self.add(who, int(window), amount)


Field = tuple[bytes, bytes]


class Verdict(NamedTuple):
    """What to say about the limits, as ASGI sends headers, and the refusal if the request may not pass."""

    fields: tuple[Field, ...] = ()
    refusal: EstampeError | None = None


UNLIMITED = Verdict()


class Rates:
    """Windows are whole minutes of the clock, so that what is said to be left until then is exactly left."""

    def __init__(self, quotas: Mapping[str, int], store: Store, clock: Clock = time.time) -> None:
        self._quotas = {name: quota for name, quota in quotas.items() if quota}
        self._store, self._clock = store, clock
        self._blind_until = 0.0
        policy = ", ".join(f'"{name}";q={quota};w={WINDOW_SECONDS}' for name, quota in self._quotas.items())
        self._policy: Field = (b"ratelimit-policy", policy.encode())
        self._said = [b'"%s";r=%%d;t=%%d' % name.encode() for name in self._quotas]
        self._all_said = b", ".join(self._said)

    async def count(self, principal: Principal, *, spends: bool) -> Verdict:
        """Count a request. What one person sends beyond their own limit does not count against their tenant."""
        at_once = self.count_at_once(principal)
        if at_once is not None:
            return at_once
        now = self._clock()
        try:
            return await self._counted(principal, now)
        except Exception as error:  # noqa: BLE001 - whatever the store's client raises, nothing was counted
            return self._blind(error, now, spends=spends)

    def count_at_once(self, principal: Principal) -> Verdict | None:
        """As `count`, without waiting; None where the counts are kept elsewhere."""
        if not self._quotas:
            return UNLIMITED
        store = self._store
        if not isinstance(store, InProcess):
            return None
        now = self._clock()
        window, passed = divmod(int(now), WINDOW_SECONDS)
        whose = _whose(principal.issuer, principal.user_id, principal.organization_id)
        counts: list[int] = []
        left: list[int] = []
        for name, quota in self._quotas.items():
            count = store.add(whose[name], window)
            counts.append(count)
            if count > quota:
                return self._verdict(counts, now)
            left += (quota - count, WINDOW_SECONDS - passed)
        return Verdict((self._policy, (b"ratelimit", self._all_said % tuple(left))))

    async def _counted(self, principal: Principal, now: float) -> Verdict:
        if now < self._blind_until:
            raise ConnectionError("the store was away a moment ago")
        window = int(now) // WINDOW_SECONDS
        whose = _whose(principal.issuer, principal.user_id, principal.organization_id)
        counts = []
        for name, quota in self._quotas.items():
            counts.append(await self._store.incr(f"{whose[name]}/{window}", WINDOW_SECONDS))
            if counts[-1] > quota:
                break
        return self._verdict(counts, now)

    def _verdict(self, counts: Sequence[int], now: float) -> Verdict:
        """Of the policies in their order, as far as they were counted: none after the one that refuses."""
        ends_in = WINDOW_SECONDS - int(now) % WINDOW_SECONDS
        left: list[int] = []
        for quota, count in zip(self._quotas.values(), counts, strict=False):
            left += (quota - count if quota > count else 0, ends_in)
        said = b", ".join(self._said[: len(counts)]) % tuple(left)
        refused = counts[-1] > [*self._quotas.values()][len(counts) - 1]
        refusal = RateLimited(retry_after_seconds=ends_in) if refused else None
        return Verdict((self._policy, (b"ratelimit", said)), refusal)

    def _blind(self, error: Exception, now: float, *, spends: bool) -> Verdict:
        if now >= self._blind_until:
            log.warning("the store of request counts is away: %s", type(error).__name__)
            self._blind_until = now + COOL_DOWN_SECONDS
        refusal = LimitsUnavailable(retry_after_seconds=RETRY_SECONDS) if spends else None
        return Verdict((self._policy,), refusal)

    async def close(self) -> None:
        if isinstance(self._store, Remote):
            await self._store.close()


@lru_cache(maxsize=16_384)
def _whose(issuer: str, user_id: str, organization_id: str | None) -> Mapping[str, str]:
    """By what each policy counts: a person in all their organisations, an organisation with all its people."""
    alone = Tenant(issuer=issuer, user_id=user_id).id
    together = Tenant(issuer=issuer, organization_id=organization_id).id if organization_id else alone
    return {"user": f"user/{alone}", "tenant": f"tenant/{together}"}


class Remote:
    """Counts in Redis or Valkey, shared by all processes."""

    def __init__(self, url: str) -> None:
        # Both speak one protocol, and one client speaks to both.
        storage = _redis(f"redis{url.removeprefix('valkey').removeprefix('redis')}")
        self._incr: Callable[[str, int, int], Awaitable[int]] = storage.incr
        self._client = storage.bridge.storage

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return await self._incr(key, expiry, amount)

    async def close(self) -> None:
        await self._client.aclose()


def _redis(url: str) -> Any:
    return storage_class()(
        f"async+{url}",
        implementation="redispy",
        key_prefix="estampe",
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
    )


def storage_class() -> Any:
    """Raises `InvalidSetting` when what speaks with a store of counts is not installed."""
    try:
        import redis  # noqa: F401, PLC0415 - only who keeps counts there needs the client
        from limits.aio.storage import RedisStorage  # noqa: PLC0415
    except ImportError:
        raise InvalidSetting(
            Text(
                "rate_limit_store needs the Redis client: pip install 'estampe[redis]'",
                "rate_limit_store a besoin du client Redis : pip install 'estampe[redis]'",
            )
        ) from None
    return RedisStorage


def from_settings(settings: Settings) -> Rates:
    quotas = {"user": settings.requests_per_minute_user, "tenant": settings.requests_per_minute_tenant}
    remote = settings.rate_limit_store != IN_PROCESS
    return Rates(quotas, Remote(settings.rate_limit_store) if remote else InProcess())
