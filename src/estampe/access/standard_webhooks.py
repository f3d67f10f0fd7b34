"""Standard Webhooks: was this body sent by who shares our secret, a moment ago?"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import NamedTuple

from estampe.errors import Text, WebhookSignatureInvalid

TOLERANCE_SECONDS = 300
MOST_SIGNATURES = 16
LONGEST_ID = 255
_SECONDS = re.compile(r"[0-9]{1,12}")


class Delivery(NamedTuple):
    """A genuine one: `id` is the same for each attempt at the same message."""

    id: str
    sent_at: int


def secret_key(secret: str) -> bytes:
    """The bytes of a `whsec_…`. Raises `ValueError`."""
    text = secret.strip().removeprefix("whsec_").rstrip("=")
    key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    if not key:
        raise ValueError("an empty secret")
    return key


def check(key: bytes, headers: Mapping[str, str], body: bytes, now: float) -> Delivery:
    """Headers as the standard or as Svix calls them, lower-case. Raises `WebhookSignatureInvalid`."""
    message_id, sent, signatures = (
        (headers.get(f"svix-{name}") or headers.get(f"webhook-{name}") or "").strip()
        for name in ("id", "timestamp", "signature")
    )
    if not message_id or len(message_id) > LONGEST_ID or not message_id.isprintable() or not signatures:
        raise WebhookSignatureInvalid
    if not _SECONDS.fullmatch(sent) or abs(int(sent) - now) > TOLERANCE_SECONDS:
        raise WebhookSignatureInvalid(
            Text("The delivery was not sent just now.", "L'envoi ne date pas de cet instant.")
        )
    signed = message_id.encode("latin-1", "replace") + f".{sent}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    genuine = False
    for entry in signatures.split(" ")[:MOST_SIGNATURES]:
        version, _, signature = entry.partition(",")
        # All are compared, in constant time each: a rotated secret sends several.
        genuine |= version == "v1" and hmac.compare_digest(expected, signature.encode("utf-8", "replace"))
    if not genuine:
        raise WebhookSignatureInvalid
    return Delivery(message_id, int(sent))
