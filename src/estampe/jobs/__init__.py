"""JOB: durable work. Which state may follow which, and how a row becomes a `Job`."""

from collections.abc import Mapping
from typing import Any

import msgspec

from estampe.domain import Job, Status

MOVES: Mapping[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.RUNNING, Status.CANCELED, Status.EXPIRED, Status.FAILED}),
    # QUEUED when it is handed back, or taken from a worker that is lost.
    Status.RUNNING: frozenset({Status.QUEUED, Status.CANCELING, Status.SUCCEEDED, Status.FAILED, Status.EXPIRED}),
    Status.CANCELING: frozenset({Status.CANCELED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELED: frozenset(),
    Status.EXPIRED: frozenset(),
}


def before(status: Status) -> list[str]:
    """The states that `status` may follow, as the statements that move a job ask for them."""
    return [origin.value for origin, following in MOVES.items() if status in following]


def from_row(row: Mapping[str, Any]) -> Job:
    return msgspec.convert({name: row[name] for name in Job.__struct_fields__}, Job)
