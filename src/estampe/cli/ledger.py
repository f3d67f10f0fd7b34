"""`estampe ledger` and `estampe limits`: what was used, proven; what a tenant may use, changed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from estampe import bootstrap, checks
from estampe.db import Database
from estampe.domain import TenantId
from estampe.errors import InvalidSetting, Text
from estampe.jobs.ledger import Ledger
from estampe.plans import Limits
from estampe.settings import Settings

T = TypeVar("T")
UNLIMITED = "unlimited"


def check(settings: Settings) -> bool:
    """Whether ledger, jobs, outputs and counters agree; a line for each place where they do not."""
    said = _with_ledger(settings, Ledger.discrepancies)
    for line in said:
        print(line)
    if not said:
        print("the ledger, the jobs, their outputs and the counters agree")
    return not said


def show(settings: Settings, tenant: str) -> None:
    plan, limits = _with_ledger(settings, lambda ledger: ledger.limits(TenantId(tenant)))
    said = {name: value for name, value in msgspec.to_builtins(limits).items() if value not in (None, {})}
    print(msgspec.json.encode({"plan": plan, **said}).decode())


def change(settings: Settings, tenant: str, plan: str | None, limits: Limits) -> None:
    """Replace all that was set before. Raises `InvalidSetting` for a plan that settings do not have."""
    if plan is not None and plan not in settings.plans:
        known = ", ".join(sorted(settings.plans)) or "none"
        raise InvalidSetting(Text(f"there is no plan “{plan}” ({known})", f"il n'y a pas d'offre « {plan} » ({known})"))
    _with_ledger(settings, lambda ledger: ledger.set_limits(TenantId(tenant), plan, limits))
    show(settings, tenant)


def clear(settings: Settings, tenant: str) -> None:
    _with_ledger(settings, lambda ledger: ledger.clear_limits(TenantId(tenant)))


def stated(*, quotas: list[str], **said: Any) -> Limits:
    """`quotas` are written `images=500` or `images=unlimited`. Raises `InvalidSetting`."""
    pairs = (each.partition("=") for each in quotas)
    amounts = {unit: None if amount == UNLIMITED else amount for unit, _, amount in pairs}
    unknown = sorted(amounts.keys() - checks.units())
    try:
        limits = msgspec.convert({**said, "quotas": amounts}, Limits, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidSetting(Text(f"limits: {error}", f"limites : {error}")) from None
    if unknown:
        known = ", ".join(sorted(checks.units()))
        raise InvalidSetting(
            Text(f"there is no unit “{unknown[0]}” ({known})", f"il n'y a pas d'unité « {unknown[0]} » ({known})")
        )
    return limits


def _with_ledger(settings: Settings, act: Callable[[Ledger], Awaitable[T]]) -> T:
    async def run(url: str) -> T:
        database = Database(url, connections=1)
        await database.open()
        try:
            return await act(Ledger(database))
        finally:
            await database.close()

    with bootstrap.database_url(settings) as url:
        bootstrap.migrated(url)
        return asyncio.run(run(url))
