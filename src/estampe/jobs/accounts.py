"""Where a tenant stands against its plan, and what a new job reserves: read and written as the job itself is."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

import msgspec

from estampe.db import Scope
from estampe.domain import Principal, TenantId
from estampe.plans import EXACT, Ask, Limits, Plan, Standing, Use, choose, read_limits

Afford = Callable[[Plan, Standing, Ask], None]
"""Policy's decision: raises the refusal."""

UNMEASURED_GPU_SECONDS = 10.0


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What a job will be charged for if it succeeds."""

    model: str
    unit: str
    units: float


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's plan, and where it stands in it."""

    plan_name: str
    plan: Plan
    standing: Standing


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """What goes with a new job's row; triggers count it, and give it back when the job ends."""

    slot: int | None
    weight: float
    quota_day: date
    quota_unit: str
    reserved_units: float
    reserved_gpu_seconds: float


class _Terms(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    name: str
    plan: Plan
    gpu_seconds: float


class Accounts:
    """Every tenant's account. `afford` decides; without one everything passes, and is counted all the same."""

    def __init__(
        self,
        plans: Mapping[str, Plan] | None = None,
        default: str = "default",
        *,
        afford: Afford | None = None,
        unmeasured_gpu_seconds: float = UNMEASURED_GPU_SECONDS,
    ) -> None:
        self._plans = plans or {}
        self._default = default
        self._afford = afford
        self._unmeasured = unmeasured_gpu_seconds

    async def read(self, scope: Scope, principal: Principal, *, at: datetime | None = None) -> Account:
        """`at` is another moment than now."""
        terms = await self._terms(scope, principal, at=at)
        standing = await _standing(scope, principal.tenant.id, terms)
        return Account(plan_name=terms.name, plan=terms.plan, standing=standing)

    async def reserve(
        self, scope: Scope, principal: Principal, charge: Charge, *, at: datetime | None = None
    ) -> Reservation:
        """What a job that asks for this may reserve. Raises what `afford` raises.

        From here to the end of the transaction a limited tenant's other submits wait: what each of them
        counts includes this one.
        """
        tenant = principal.tenant.id
        terms = await self._terms(scope, principal, model=charge.model, at=at)
        ask = Ask(
            unit=charge.unit,
            units=round(charge.units, EXACT),
            gpu_seconds=round(terms.gpu_seconds * charge.units, EXACT),
        )
        slot = None
        if terms.plan.is_limited:
            await scope.one("lock_quotas", tenant_id=tenant)
            if self._afford is not None:
                self._afford(terms.plan, await _standing(scope, tenant, terms), ask)
            slot = await _slot(scope, tenant, terms.plan)
        return Reservation(
            slot=slot,
            weight=terms.plan.weight,
            quota_day=terms.at.astimezone(UTC).date(),
            quota_unit=ask.unit,
            reserved_units=ask.units,
            reserved_gpu_seconds=ask.gpu_seconds,
        )

    async def _terms(
        self, scope: Scope, principal: Principal, *, model: str | None = None, at: datetime | None
    ) -> _Terms:
        row = await scope.one("find_terms", tenant_id=principal.tenant.id, model=model, at=at)
        if row is None:
            raise LookupError("the statement returned no row")
        name, plan = choose(self._plans, row["plan"], principal.plan, self._default)
        own = read_limits(row["overrides"]) if row["overrides"] else Limits()
        seconds = row["gpu_seconds"]
        return _Terms(
            at=row["at"],
            name=name,
            plan=own.within(plan),
            gpu_seconds=self._unmeasured if seconds is None else seconds,
        )


async def _standing(scope: Scope, tenant: TenantId, terms: _Terms) -> Standing:
    first, last = terms.plan.first_day(terms.at), terms.at.astimezone(UTC).date()
    row = await scope.one("find_standing", tenant_id=tenant, first_day=first, last_day=last)
    if row is None:
        raise LookupError("the statement returned no row")
    used = msgspec.convert(row["used"], dict[str, Use])
    return Standing(at=terms.at, queued=row["queued"], running=row["running"], used=used)


async def _slot(scope: Scope, tenant: TenantId, plan: Plan) -> int | None:
    if plan.max_running is None:
        return None
    row = await scope.one("find_slot", tenant_id=tenant, places=plan.max_running)
    return None if row is None else row["place"]
