"""What a tenant may use in a period, and what use costs: the `[plans]` and `[prices]` of the settings."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

GPU_SECONDS = "gpu_seconds"
ANY_MODEL = "*"
EXACT = 6
"""Units, seconds and costs are kept to the millionth."""

Amount = Annotated[float, Meta(ge=0)]
Weight = Annotated[float, Meta(ge=0.01, le=100)]


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not said is not limited. `quotas` are by unit (`images`, `video_seconds`, `gpu_seconds`), per period.

    A tenant's share of busy workers is to another's as their `weight`s are. A period is a day or a month of UTC; a
    job counts in the one in which it was asked for.
    """

    period: Literal["day", "month"] = "month"
    max_queued: Annotated[int, Meta(ge=0)] | None = None
    max_running: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    quotas: dict[str, Amount] = {}
    weight: Weight = 1.0

    def __post_init__(self) -> None:
        _hold_to_numbers(self.quotas, "what is left out is not limited")

    @property
    def is_limited(self) -> bool:
        return bool(self.quotas) or self.max_queued is not None or self.max_running is not None

    def first_day(self, at: datetime) -> date:
        today = at.astimezone(UTC).date()
        return today if self.period == "day" else today.replace(day=1)

    def ends_at(self, at: datetime) -> datetime:
        first = self.first_day(at)
        after = first + timedelta(days=1) if self.period == "day" else (first + timedelta(days=31)).replace(day=1)
        return datetime.combine(after, time(), UTC)


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator set for one tenant: another plan, other numbers in it; a quota of None is lifted."""

    period: Literal["day", "month"] | None = None
    max_queued: Annotated[int, Meta(ge=0)] | None = None
    max_running: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    quotas: dict[str, Amount | None] = {}
    weight: Weight | None = None

    def __post_init__(self) -> None:
        _hold_to_numbers(self.quotas, "for no limit, write unlimited")

    def within(self, plan: Plan) -> Plan:
        said = {name: value for name in ("period", "max_queued", "max_running", "weight")
                if (value := getattr(self, name)) is not None}  # fmt: skip
        merged = {**plan.quotas, **self.quotas}
        quotas = {unit: amount for unit, amount in merged.items() if amount is not None}
        return msgspec.structs.replace(plan, **said, quotas=quotas)


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one unit of a model costs, and one second of its engine."""

    unit: Amount = 0.0
    gpu_second: Amount = 0.0

    def __post_init__(self) -> None:
        _hold_to_numbers({"unit": self.unit, "gpu_second": self.gpu_second}, "what is left out costs nothing")

    def of(self, units: float, gpu_seconds: float) -> float:
        return round(self.unit * units + self.gpu_second * gpu_seconds, EXACT)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What a job is expected to use: its units are known, its seconds are a guess from earlier ones."""

    unit: str
    units: float
    gpu_seconds: float

    @property
    def amounts(self) -> dict[str, float]:
        return {self.unit: self.units, GPU_SECONDS: self.gpu_seconds}


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Of one unit in one period: what live jobs may still use, and what was used."""

    reserved: float = 0.0
    spent: float = 0.0

    @property
    def total(self) -> float:
        return self.reserved + self.spent


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tenant stands at a moment: the facts that a decision is made from."""

    at: datetime
    queued: int
    running: int
    used: dict[str, Use] = {}


def choose(plans: Mapping[str, Plan], *names: str | None) -> tuple[str, Plan]:
    """The first name that is a plan's; a name that settings do not know is passed over. The last is the default."""
    for name in names:
        if name is not None and name in plans:
            return name, plans[name]
    return names[-1] or "", Plan()


def price_of(prices: Mapping[str, Price], model: str) -> Price | None:
    return prices.get(model) or prices.get(ANY_MODEL)


def _hold_to_numbers(amounts: Mapping[str, float | None], instead: str) -> None:
    """JSON, in which processes and the database are told of them, has no infinity."""
    for name, amount in amounts.items():
        if amount is not None and not math.isfinite(amount):
            raise ValueError(f"{name} = {amount} is no amount; {instead}")


def read_limits(overrides: Any) -> Limits:
    """What the database or an operator says. Raises `msgspec.ValidationError`."""
    return msgspec.convert(overrides, Limits)
