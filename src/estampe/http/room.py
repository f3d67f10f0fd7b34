"""Whether one more may watch: a process follows so many streams and waits, and nobody has them all."""

from estampe.domain import Principal
from estampe.errors import RateLimited
from estampe.http.installation import Installation

PARTS = 8
"""One person has at most one part in so many."""

LEAST_PART = 8
"""As many tabs as someone may well have open."""

RETRY_AFTER_SECONDS = 5.0


def require_room(here: Installation, me: Principal) -> None:
    """Raises `RateLimited` where one more watcher is one too many, of all or of one's own."""
    full = len(here.hub.audience) >= here.settings.max_watchers
    if full or here.hub.stopping or not has_part_left(here, me):
        raise RateLimited(retry_after_seconds=RETRY_AFTER_SECONDS)


def has_part_left(here: Installation, me: Principal) -> bool:
    part = max(here.settings.max_watchers // PARTS, LEAST_PART)
    return here.hub.audience.of(me.tenant.id, me.user_id) < part
