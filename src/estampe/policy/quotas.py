"""May this tenant have one more job? Its plan and where it stands in, a decision out."""

import msgspec

from estampe.errors import QueueFull, QuotaExhausted, Text
from estampe.plans import GPU_SECONDS, Ask, Plan, Standing, Use

# Of floats that were summed exactly: less than this is no difference.
SLACK = 1e-6
SOONEST_SECONDS = 1.0
LATEST_SECONDS = 60.0


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """Of one unit in the period: how much there is, was used and is left; `reserved` by jobs that still run or wait."""

    limit: float
    spent: float
    reserved: float
    left: float


def afford(plan: Plan, standing: Standing, ask: Ask) -> None:
    """Raises `QueueFull` or `QuotaExhausted`."""
    if plan.max_queued is not None and standing.queued >= plan.max_queued:
        n = plan.max_queued
        raise QueueFull(
            Text(f"{n} jobs are waiting already, and no more may.", f"{n} tâches attendent déjà, le maximum permis."),
            retry_after_seconds=min(max(ask.gpu_seconds, SOONEST_SECONDS), LATEST_SECONDS),
        )
    for unit, amount in ask.amounts.items():
        if unit in plan.quotas:
            _afford(unit, amount, plan, standing)


def _afford(unit: str, amount: float, plan: Plan, standing: Standing) -> None:
    quota = plan.quotas[unit]
    used = standing.used.get(unit, Use()).total
    # Seconds are a guess: a single job that is guessed to be longer than all there is may still run alone.
    too_long = unit == GPU_SECONDS and used <= SLACK < quota
    if used + amount <= quota + SLACK or too_long:
        return
    rest = max(quota - used, 0.0)
    ends_at = plan.ends_at(standing.at)
    never = amount > quota + SLACK
    raise QuotaExhausted(
        Text(
            f"This needs {amount:g} {unit}; {rest:g} of {quota:g} are left until {ends_at:%Y-%m-%d %H:%M} UTC.",
            f"Il faut {amount:g} {unit} ; il en reste {rest:g} sur {quota:g} jusqu'au {ends_at:%d/%m/%Y %H:%M} UTC.",
        ),
        # A job larger than the quota itself fits in no period: waiting would not help.
        retry_after_seconds=None if never else (ends_at - standing.at).total_seconds(),
    )


def left(plan: Plan, standing: Standing) -> dict[str, Left]:
    """What is left of each quota of the plan."""
    found = {}
    for unit, quota in sorted(plan.quotas.items()):
        use = standing.used.get(unit, Use())
        rest = round(max(quota - use.total, 0.0), 6)
        found[unit] = Left(limit=quota, spent=use.spent, reserved=use.reserved, left=rest)
    return found
