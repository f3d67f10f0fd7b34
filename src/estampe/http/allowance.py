"""What the caller's tenant may use, and what is left of it."""

from datetime import date, datetime

import msgspec

from estampe.db import Scope
from estampe.domain import Principal
from estampe.jobs.accounts import Accounts
from estampe.policy import quotas
from estampe.policy.quotas import Left


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """A plan in its present period (of UTC). `quotas` are by unit; what is not there, or null, is not limited."""

    plan: str
    period: str
    period_start: date
    period_ends_at: datetime
    quotas: dict[str, Left]
    queued: int
    max_queued: int | None
    running: int
    max_running: int | None


async def read(accounts: Accounts, scope: Scope, me: Principal) -> Allowance:
    account = await accounts.read(scope, me)
    plan, standing = account.plan, account.standing
    return Allowance(
        plan=account.plan_name,
        period=plan.period,
        period_start=plan.first_day(standing.at),
        period_ends_at=plan.ends_at(standing.at),
        quotas=quotas.left(plan, standing),
        queued=standing.queued,
        max_queued=plan.max_queued,
        running=standing.running,
        max_running=plan.max_running,
    )
