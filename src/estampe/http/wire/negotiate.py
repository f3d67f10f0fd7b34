"""What the client prefers: a language for the texts, and whether a media type is one that is named."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache

from estampe.http.route import Language, RawHeaders

LONGEST_HEADER = 512
DEFAULT: Language = "en"


def language(headers: RawHeaders) -> Language:
    for name, value in headers:
        if name == b"accept-language":
            return _preferred(value[:LONGEST_HEADER])
    return DEFAULT


@lru_cache(maxsize=256)
def _preferred(header: bytes) -> Language:
    best, chosen = 0.0, DEFAULT
    for part in header.decode("latin-1").lower().split(","):
        name, _, parameters = part.partition(";")
        tag = name.strip().partition("-")[0]
        weight = _weight(parameters)
        if tag in {"en", "fr", "*"} and weight > best:
            best, chosen = weight, "fr" if tag == "fr" else "en"
    return chosen


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if name.strip() == "q" and 0 <= weight <= 1 else 0.0


def names_media_type(patterns: Iterable[str], content_type: str) -> bool:
    """`image/*` names every picture; parameters such as a boundary do not count."""
    essence = content_type.partition(";")[0].strip().lower()
    return "/" in essence and any(fnmatchcase(essence, pattern) for pattern in patterns)


def weight_of(media_type: str, header: str) -> float:
    """How much an Accept header wants a media type: the most exact range that covers it decides (RFC 9110)."""
    best, weight = 0, 0.0
    for part in header[:LONGEST_HEADER].lower().split(","):
        pattern, _, parameters = part.partition(";")
        pattern = pattern.strip()
        exactness = 3 if pattern == media_type else 1 if pattern == "*/*" else 2
        if exactness > best and fnmatchcase(media_type, pattern):
            best, weight = exactness, _weight(parameters)
    return weight
