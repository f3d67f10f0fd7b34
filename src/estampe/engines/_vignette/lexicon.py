"""The words Vignette knows, in English and French, read from `lexicon.json`."""

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

Sort = Literal["subject", "colour", "background_colour", "style", "motion", "before", "after"]


class Word(NamedTuple):
    """A word without accents, case or ligatures, and where it stands in the text."""

    folded: str
    start: int
    end: int


class Meaning(NamedTuple):
    """One thing a phrase can stand for; `value` is the name of the subject, colour, style or motion."""

    sort: Sort
    value: str


class Subject(NamedTuple):
    """Something that can be drawn; `heading` is where it goes when it moves across the picture.

    `lively` says that the network learned how it moves by itself.
    """

    name: str
    tokens: tuple[str, ...]
    natural: str | None
    heading: tuple[float, float]
    lively: bool


_WORD = re.compile("[^\\W_]+|[\u2600-\u27bf\U0001f300-\U0001faff]")
_ENDINGS = (("ies", "y"), ("aux", "al"), ("antes", "ant"), ("ante", "ant"), ("es", ""), ("s", ""), ("x", ""))
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})


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


class Lexicon:
    """Looks phrases up."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.fillers = {word.folded for word in words(data["fillers"])}
        self.subjects = {name: _subject(name, row) for name, row in data["subjects"].items()}
        self.names = {
            language: [row[language].split(",")[0] for row in data["subjects"].values()] for language in ("en", "fr")
        }
        self.backgrounds: dict[str, tuple[int, int, int]] = {
            name: (red, green, blue) for name, (red, green, blue) in data["backgrounds"].items()
        }
        self._meanings: dict[tuple[str, ...], list[Meaning]] = {}
        for name, row in data["subjects"].items():
            self._learn(f"{row['en']}, {row['fr']}, {', '.join(row['emoji'])}", Meaning("subject", name))
        sections: tuple[tuple[str, Sort], ...] = (
            ("colours", "colour"),
            ("background_only_colours", "background_colour"),
            ("styles", "style"),
            ("motions", "motion"),
        )
        for section, sort in sections:
            for value, phrases in data[section].items():
                self._learn(phrases, Meaning(sort, value))
        self._learn(data["background_words"]["before"], Meaning("before", ""))
        self._learn(data["background_words"]["after"], Meaning("after", ""))
        self.longest = max(map(len, self._meanings))

    def _learn(self, phrases: str, meaning: Meaning) -> None:
        for phrase in phrases.split(","):
            key = tuple(word.folded for word in words(phrase) if word.folded not in self.fillers)
            self._meanings.setdefault(key, []).append(meaning)

    def meanings(self, phrase: tuple[str, ...]) -> list[Meaning]:
        """All that `phrase` may mean, its last word or all its words in the singular or the plural."""
        whole = self._meanings.get(phrase)
        if whole:
            return whole
        for last in singulars(phrase[-1]):
            for first in ([*phrase[:-1]], [singulars(word)[-1] for word in phrase[:-1]]):
                found = self._meanings.get((*first, last))
                if found:
                    return found
        return []


def _subject(name: str, row: dict[str, Any]) -> Subject:
    east, south = row.get("heading", (-1, 0))
    return Subject(name, tuple(row["tokens"]), row.get("natural"), (east, south), row.get("lively", False))


@cache
def lexicon() -> Lexicon:
    return Lexicon(json.loads((files(__package__) / "lexicon.json").read_text("utf-8")))
