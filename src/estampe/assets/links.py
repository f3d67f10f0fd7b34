"""URLs of files that open without a header, for a while: signed by us, checked in constant time."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

from estampe.domain import Asset, TenantId
from estampe.errors import NotFound

Clock = Callable[[], float]


class Links:
    """Signs and checks. The end of a link falls on a grid, so that a browser's cache sees one URL for a while."""

    def __init__(self, url: str, secret: bytes, seconds: int, clock: Clock = time.time) -> None:
        self._url, self._secret, self._seconds, self._clock = url, secret, seconds, clock

    @property
    def turn(self) -> int:
        """Until then, a file's link stays the same."""
        grid = max(self._seconds // 4, 1)
        return (int(self._clock()) // grid + 1) * grid

    def is_before(self, turn: int) -> bool:
        return self._clock() < turn

    def to(self, asset: Asset, variant: str = "original") -> str:
        until = self.turn + self._seconds
        signature = self._signature(asset.tenant_id, asset.id, variant, until)
        return (
            f"{self._url}/api/assets/{asset.id}/content"
            f"?variant={variant}&tenant={asset.tenant_id}&expires={until}&signature={signature}"
        )

    def check(self, tenant: TenantId, asset_id: str, variant: str, expires: int, signature: str) -> None:
        """Raises `NotFound` for a link that is forged, altered or too old."""
        wanted = self._signature(tenant, asset_id, variant, expires)
        same = hmac.compare_digest(wanted.encode(), signature.encode())
        if not same or expires <= self._clock():
            raise NotFound

    def _signature(self, tenant: TenantId, asset_id: str, variant: str, until: int) -> str:
        message = f"{tenant}\n{asset_id}\n{variant}\n{until}".encode()
        digest = hmac.digest(self._secret, message, hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
