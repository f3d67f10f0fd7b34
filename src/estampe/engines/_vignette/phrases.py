"""A prompt cut into phrases: words in a row that mean something together, or one word that means nothing."""

import unicodedata
from dataclasses import dataclass, field

from estampe.engines._vignette.lexicon import Lexicon, Meaning, Sort
from estampe.engines._vignette.words import Word, words


@dataclass
class Phrase:
    """Words as they were written, where they stand, and what they may mean.

    `mended` is how its words are spelled, where they were one slip of the pen away from known ones.
    `gap` is what stands between the phrase before and this one.
    """

    written: str
    folded: tuple[str, ...]
    gap: str
    meanings: list[Meaning]
    mended: str | None = None
    used: bool = False
    sorts: set[Sort] = field(init=False)

    def __post_init__(self) -> None:
        self.sorts = {meaning.sort for meaning in self.meanings}

    def as_(self, *sorts: Sort) -> str | None:
        return next((meaning.value for meaning in self.meanings if meaning.sort in sorts), None)

    @property
    def touches(self) -> bool:
        """Only a space stands between it and the phrase before."""
        return self.gap.isspace()


def phrases(prompt: str, known: Lexicon) -> list[Phrase]:
    text = unicodedata.normalize("NFC", prompt)
    content = [(word, *_spelled(word, known)) for word in words(text) if word.folded not in known.fillers]
    cut: list[Phrase] = []
    at = end = 0
    while at < len(content):
        folded, meanings = _longest([spelled for _, spelled, _ in content[at : at + known.longest]], known)
        these = content[at : at + len(folded)]
        first, last = these[0][0], these[-1][0]
        mended = " ".join(folded) if any(slip for *_, slip in these) else None
        cut.append(Phrase(_written(text, first, last), folded, text[end : first.start], meanings, mended))
        end = last.end
        at += len(folded)
    return cut


def _longest(ahead: list[str], known: Lexicon) -> tuple[tuple[str, ...], list[Meaning]]:
    for length in range(len(ahead), 0, -1):
        folded = tuple(ahead[:length])
        meanings = known.meanings(folded)
        if meanings or known.hinted(folded):
            return folded, meanings
    return (ahead[0],), []


def _spelled(word: Word, known: Lexicon) -> tuple[str, bool]:
    mended = known.mended(word.folded)
    return (mended, True) if mended else (word.folded, False)


def _written(text: str, first: Word, last: Word) -> str:
    """What stands in the text, on one line: control characters are no part of a word."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[first.start : last.end]).split())
