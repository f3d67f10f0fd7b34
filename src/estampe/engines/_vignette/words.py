"""Words without accents, case, number or gender."""

import re
import unicodedata
from typing import NamedTuple

_WORD = re.compile("[^\\W_]+|[\u2600-\u27bf\U0001f300-\U0001faff]")
_ENDINGS = (
    ("ies", "y"), ("aux", "al"), ("antes", "ant"), ("ante", "ant"), ("es", ""), ("s", ""), ("x", ""),
)  # fmt: skip
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})


class Word(NamedTuple):
    """A word without accents, case or ligatures, and where it stands in the text."""

    folded: str
    start: int
    end: int


def fold(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def words(text: str) -> list[Word]:
    return [Word(fold(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]


def singulars(folded: str) -> list[str]:
    """`folded` and what it may be a plural or feminine of; most are no words, which is harmless."""
    found = [folded]
    for ending, instead in _ENDINGS:
        if folded.endswith(ending) and len(folded) > len(ending) + 1:
            found.append(folded.removesuffix(ending) + instead)
    return found
