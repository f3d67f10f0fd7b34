"""What an API key looks like: `esk_`, a name to know it by in lists, a secret, and a checksum."""

import hashlib
import re
import secrets
import string
import zlib
from typing import NamedTuple

MARK = "esk_"
LETTERS = string.digits + string.ascii_letters
SHOWN_LETTERS = 8
SECRET_LETTERS = 32
CHECKSUM_LETTERS = 6

_SHAPE = re.compile(rf"{MARK}[0-9A-Za-z]{{{SHOWN_LETTERS}}}_[0-9A-Za-z]{{{SECRET_LETTERS + CHECKSUM_LETTERS}}}")


class NewKey(NamedTuple):
    """`text` is shown once, and kept nowhere."""

    text: str
    prefix: str


def draw() -> NewKey:
    """A key with 190 random bits in its secret."""
    prefix = MARK + _random(SHOWN_LETTERS)
    body = f"{prefix}_{_random(SECRET_LETTERS)}"
    return NewKey(body + _checksum(body), prefix)


def is_key(text: str) -> bool:
    """Whether `text` could be a key we drew: a typo, or a key cut short, is not, and costs no query."""
    return bool(_SHAPE.fullmatch(text)) and _checksum(text[:-CHECKSUM_LETTERS]) == text[-CHECKSUM_LETTERS:]


def sha256(text: str) -> str:
    """What the database keeps. A slow hash guards passwords because people choose them; nobody can try 190 random
    bits, and for the same reason finding the digest by an index tells nothing through its timing."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def _checksum(text: str) -> str:
    number, letters = zlib.crc32(text.encode()), ""
    for _ in range(CHECKSUM_LETTERS):
        number, digit = divmod(number, len(LETTERS))
        letters = LETTERS[digit] + letters
    return letters
