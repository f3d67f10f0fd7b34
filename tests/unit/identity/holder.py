"""Who holds a key, and the notices that a test gives."""

import time

from estampe.access import api_keys as keys
from estampe.db.notices import Notices
from estampe.domain import Principal

ADMIN = Principal(
    issuer="urn:one",
    user_id="user_ana",
    organization_id="org_acme",
    role="org:admin",
    issued_at=1000.0,
    expires_at=time.time() + 3600,
    provider="local",
)
WISH = keys.Wish(name="ci", scopes=frozenset({"images:generate", "jobs:manage"}))


class Deaf(Notices):
    """Hears what the test tells it."""

    fresh = True

    def tell(self, channel: str, payload: str) -> None:
        for listener in self._listeners[channel]:
            listener.hear(payload)

    def reconnect(self) -> None:
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.missed()
