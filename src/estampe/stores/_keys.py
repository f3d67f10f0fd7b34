"""Which keys a store takes: those that lead nowhere else, on any of them."""

import re

from estampe.errors import NotFound

LONGEST_KEY = 512
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


def is_key(text: str) -> bool:
    return len(text) <= LONGEST_KEY and _KEY.fullmatch(text) is not None


def checked(key: str) -> str:
    """Refused as if nothing were there: whoever asks learns nothing about the store. Raises `NotFound`."""
    if not is_key(key):
        raise NotFound
    return key
