"""A prompt in, what Vignette understood of it out: one subject, its colour, style, motion and background."""

import unicodedata
from dataclasses import dataclass, field

from estampe.engines._vignette.lexicon import Lexicon, Meaning, Sort, Subject, Word, lexicon, words

MOST_REPORTED_WORDS = 40
LONGEST_REPORTED_WORD = 40
_REACH = 2  # how many words may stand between "background" and its colour, counting the colour


@dataclass(frozen=True)
class Reading:
    """What a prompt says; `understood` and `ignored` hold its words as they were written."""

    subject: Subject | None
    colour: str | None
    style: str | None
    motion: str | None
    background: str
    understood: tuple[str, ...]
    ignored: tuple[str, ...]

    @property
    def tokens(self) -> list[str]:
        """What the network reads: the subject's own colour stands where the prompt asks for none."""
        subject = self.subject.tokens if self.subject else ()
        colour = self.colour or (self.subject.natural if self.subject else None)
        return [*subject, *([f"c:{colour}"] if colour else []), *([self.style] if self.style else [])]


@dataclass
class _Phrase:
    """Some words in a row that mean something together, or one word that means nothing."""

    written: str
    meanings: list[Meaning]
    used: bool = False

    def as_(self, *sorts: Sort) -> str | None:
        return next((meaning.value for meaning in self.meanings if meaning.sort in sorts), None)


@dataclass
class _Found:
    """The first of each sort wins: the network draws one subject of one colour."""

    values: dict[Sort, str] = field(default_factory=dict)

    def take(self, phrase: _Phrase, sorts: tuple[Sort, ...]) -> None:
        offered = {sort: value for sort in sorts if (value := phrase.as_(sort)) is not None}
        new = next((sort for sort in offered if sort not in self.values), None)
        if new:
            self.values[new] = offered[new]
        phrase.used = bool(new) or any(self.values[sort] == value for sort, value in offered.items())


def read(prompt: str, *, moving: bool = False) -> Reading:
    """Motions count as understood only where the result is `moving`."""
    known = lexicon()
    phrases = _phrases(unicodedata.normalize("NFC", prompt), known)
    background = _background(phrases)
    found = _Found()
    sorts: tuple[Sort, ...] = ("subject", "colour", "style", "motion") if moving else ("subject", "colour", "style")
    for phrase in phrases:
        if not phrase.used:
            found.take(phrase, sorts)
    subject = found.values.get("subject")
    return Reading(
        subject=known.subjects[subject] if subject else None,
        colour=found.values.get("colour"),
        style=found.values.get("style"),
        motion=found.values.get("motion"),
        background=background or "white",
        understood=_reported([phrase for phrase in phrases if phrase.used]),
        ignored=_reported([phrase for phrase in phrases if not phrase.used]),
    )


def _phrases(text: str, known: Lexicon) -> list[_Phrase]:
    content = [word for word in words(text) if word.folded not in known.fillers]
    phrases = []
    at = 0
    while at < len(content):
        for length in range(min(known.longest, len(content) - at), 0, -1):
            meanings = known.meanings(tuple(word.folded for word in content[at : at + length]))
            if meanings or length == 1:
                phrases.append(_Phrase(_written(text, content[at], content[at + length - 1]), meanings))
                at += length
                break
    return phrases


def _written(text: str, first: Word, last: Word) -> str:
    """What stands in the text, on one line: control characters are no part of a word."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[first.start : last.end]).split())


def _background(phrases: list[_Phrase]) -> str | None:
    """English says its colour before ("blue background"), French after (« fond bleu »)."""
    for at, phrase in enumerate(phrases):
        before = phrases[max(0, at - _REACH) : at][::-1]
        after = phrases[at + 1 : at + 1 + _REACH]
        if phrase.as_("before") is not None:
            near = before
        elif phrase.as_("after") is not None:
            near = after
        else:
            continue
        for other in near:
            colour = other.as_("colour", "background_colour")
            if colour:
                phrase.used = other.used = True
                return colour
            if other.as_("subject"):
                break
    return None


def _reported(phrases: list[_Phrase]) -> tuple[str, ...]:
    seen = dict.fromkeys(phrase.written[:LONGEST_REPORTED_WORD] for phrase in phrases)
    return tuple(seen)[:MOST_REPORTED_WORDS]
