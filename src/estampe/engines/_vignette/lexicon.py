"""The words Vignette knows, in English and French: its grammar, and the subjects that come with the weights."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple

from estampe.engines._vignette.spelling import Speller
from estampe.engines._vignette.words import singulars, words

Sort = Literal["subject", "colour", "ground", "style", "motion", "count", "before", "after"]
MOST_HINTED = 8  # subjects that a hint may stand for: what stands for more says nothing


class Meaning(NamedTuple):
    """One thing a phrase can stand for; `value` is the name of the subject, colour, style or motion, or a number."""

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


class Lexicon:
    """Looks phrases up."""

    def __init__(self, known: Mapping[str, Any], grammar: Mapping[str, Any]) -> None:
        self.fillers = {word.folded for word in words(grammar["fillers"])}
        self.subjects = {name: _subject(name, row) for name, row in known["subjects"].items()}
        self.names = {
            language: [row[language].split(",")[0] for row in known["subjects"].values()] for language in ("en", "fr")
        }
        self.backgrounds: dict[str, tuple[int, int, int]] = {
            name: (red, green, blue) for name, (red, green, blue) in grammar["backgrounds"].items()
        }
        self._meanings: dict[tuple[str, ...], list[Meaning]] = {}
        self._hints: dict[tuple[str, ...], list[str]] = {}
        self._learn_subjects(known["subjects"])
        self._learn_grammar(known, grammar)
        self.longest = max(map(len, (*self._meanings, *self._hints)))
        self._speller = Speller((word for phrase in self._meanings for word in phrase), known.get("real_words", ""))
        self._heard = {word for phrase in (*self._meanings, *self._hints) for word in phrase} | self.fillers

    def _learn_subjects(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        for name, row in rows.items():
            self._learn(f"{row['en']}, {row['fr']}, {', '.join(row['emoji'])}", Meaning("subject", name))
            for key in self._keys(row.get("hints", "")):
                self._hints.setdefault(key, []).append(name)

    def _learn_grammar(self, known: Mapping[str, Any], grammar: Mapping[str, Any]) -> None:
        for name, phrases in grammar["colours"].items():
            self._learn(phrases, Meaning("colour" if name in known["colours"] else "ground", name))
        for name, phrases in grammar["styles"].items():
            if name in known["styles"]:
                self._learn(phrases, Meaning("style", name))
        for name, phrases in grammar["motions"].items():
            self._learn(phrases, Meaning("motion", name))
        for count, phrases in grammar["counts"].items():
            self._learn(phrases, Meaning("count", count))
        self._learn(grammar["background_words"]["before"], Meaning("before", ""))
        self._learn(grammar["background_words"]["after"], Meaning("after", ""))

    def _learn(self, phrases: str, meaning: Meaning) -> None:
        for key in self._keys(phrases):
            known = self._meanings.setdefault(key, [])
            if meaning not in known:
                known.append(meaning)

    def _keys(self, phrases: str) -> Iterable[tuple[str, ...]]:
        for phrase in phrases.split(","):
            key = tuple(word.folded for word in words(phrase) if word.folded not in self.fillers)
            if key:
                yield key

    def meanings(self, phrase: tuple[str, ...]) -> list[Meaning]:
        """All that `phrase` may mean, its last word or all its words in the singular or the plural."""
        return next((found for form in _forms(phrase) if (found := self._meanings.get(form))), [])

    def hinted(self, phrase: tuple[str, ...]) -> list[str]:
        """The subjects that `phrase` goes with, where they are few; it names none of them."""
        found = next((found for form in _forms(phrase) if (found := self._hints.get(form))), [])
        return found if len(found) <= MOST_HINTED else []

    def mended(self, word: str) -> str | None:
        """The known word that `word` is one slip of the pen away from, unless it is a word or may be two things."""
        if any(form in self._heard for form in singulars(word)):
            return None
        near = self._speller.near(word)
        meant = {tuple(self.meanings((candidate,))) or candidate for candidate in near}
        return near[0] if len(meant) == 1 else None


def _forms(phrase: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    yield phrase
    for last in singulars(phrase[-1]):
        for first in (phrase[:-1], tuple(singulars(word)[-1] for word in phrase[:-1])):
            yield (*first, last)


def _subject(name: str, row: Mapping[str, Any]) -> Subject:
    east, south = row.get("heading", (-1, 0))
    return Subject(name, tuple(row["tokens"]), row.get("natural"), (east, south), row.get("lively", False))


@cache
def grammar() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((files(__package__) / "grammar.json").read_text("utf-8"))
    return read


@cache
def lexicon(weights: Path | None = None) -> Lexicon:
    """The words of the weights in a folder, or of those that ship."""
    folder = weights or files(__package__)
    return Lexicon(json.loads((folder / "lexicon.json").read_text("utf-8")), grammar())
