"""The lexicon that goes with the weights: which words, English and French, stand for which concept."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from atelier.colours import HUES
from atelier.concepts import Concept
from estampe.engines._vignette.lexicon import MOST_HINTED, Lexicon, grammar
from estampe.engines._vignette.words import fold, words

LANGUAGES = ("en", "fr")
KINDS = {
    "animal", "bird", "fish", "insect", "flower", "fruit", "vegetable", "food", "drink", "dessert", "vehicle",
    "building", "tree", "plant", "weather", "sport", "game", "instrument", "clothes", "tool", "oiseau", "poisson",
    "insecte", "fleur", "legume", "nourriture", "boisson", "batiment", "arbre", "plante", "meteo", "jeu", "vetement",
    "outil", "visage",
}  # fmt: skip
_LABEL, _NICKNAME = 1, 2  # how much weaker than a hand-written name


def token_of(code: str) -> str:
    return f"k:{code}"


def lexicon_of(
    concepts: Iterable[Concept],
    synonyms: Mapping[str, Mapping[str, Any]],
    *,
    others: Iterable[Concept] = (),
    **more: Any,
) -> dict[str, Any]:
    """As `lexicon.json` holds it; `more` are the colours and styles that the weights know.

    What `others` are called, and whatever else is named by hand, cannot be drawn and hints at nothing that can.
    """
    concepts = list(concepts)
    owners = _owners(concepts, synonyms)
    elsewhere = _names_of_what_is_not_drawn(concepts, others, synonyms)
    subjects: dict[str, dict[str, Any]] = {}
    for concept in concepts:
        row = _row(concept, synonyms.get(concept.sign, {}), owners, elsewhere)
        if row:
            subjects[row["en"].split(",")[0]] = row
    _thin_out(subjects)
    return {**more, "subjects": subjects, "real_words": ""}


def _thin_out(subjects: Mapping[str, dict[str, Any]]) -> None:
    """A hint that goes with many says nothing, but a kind (“fruit”) may stand for some of its own."""
    counts = Counter(hint for row in subjects.values() for hint in set(_hints(row)))
    left = dict.fromkeys(counts, MOST_HINTED)
    for row in subjects.values():
        kept = []
        for hint in _hints(row):
            if counts[hint] <= MOST_HINTED or (fold(hint) in KINDS and left[hint] > 0):
                left[hint] -= 1
                kept.append(hint)
        row["hints"] = ", ".join(kept)


def _hints(row: Mapping[str, Any]) -> list[str]:
    return [hint for hint in row.get("hints", "").split(", ") if hint]


def _named(concept: Concept, written: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
    """How strongly, in which language and by which name; hand-written names first."""
    for language in LANGUAGES:
        for name in str(written.get(language, "")).split(","):
            yield 0, language, name.strip()
        for place, name in enumerate(concept.names[language]):
            yield (_NICKNAME if place else _LABEL), language, name.replace(",", " ")


def _owners(concepts: list[Concept], synonyms: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, ...], str]:
    """Each name means one concept: whose it is by hand, else by label, else by nickname; the first of equals."""
    claims: dict[tuple[str, ...], tuple[int, str]] = {}
    for concept in concepts:
        for strength, _, name in _named(concept, synonyms.get(concept.sign, {})):
            key = key_of(name)
            if key and (key not in claims or strength < claims[key][0]):
                claims[key] = (strength, concept.code)
    return {key: code for key, (_, code) in claims.items()}


def key_of(name: str) -> tuple[str, ...]:
    """A name as the lexicon looks it up."""
    fillers = set(fold(grammar()["fillers"]).split())
    return tuple(word.folded for word in words(name) if word.folded not in fillers)


def _names_of_what_is_not_drawn(
    drawn: Iterable[Concept], others: Iterable[Concept], synonyms: Mapping[str, Mapping[str, Any]]
) -> set[tuple[str, ...]]:
    signs = {concept.sign for concept in drawn}
    called = [name for concept in others for _, _, name in _named(concept, {})]
    by_hand = [row.get(language, "") for sign, row in synonyms.items() if sign not in signs for language in LANGUAGES]
    return {key_of(name) for names in (*called, *by_hand) for name in names.split(",")}


def _is_put_together(key: tuple[str, ...], owners: Mapping[tuple[str, ...], str]) -> bool:
    """A colour, and a name by itself: “red apple” is an apple in red, in both languages alike."""
    return (key[0] in _hues() and key[1:] in owners) or (key[-1] in _hues() and key[:-1] in owners)


@cache
def _hues() -> frozenset[str]:
    told = (grammar()["colours"][name] for name in HUES)
    return frozenset(word for phrases in told for word in fold(phrases).replace(",", " ").split())


def _row(
    concept: Concept,
    written: Mapping[str, Any],
    owners: Mapping[tuple[str, ...], str],
    elsewhere: set[tuple[str, ...]],
) -> dict[str, Any] | None:
    """None where all its names mean something else."""
    names: dict[str, dict[tuple[str, ...], str]] = {language: {} for language in LANGUAGES}
    for strength, language, name in sorted(_named(concept, written), key=lambda told: told[0] != _LABEL):
        key = key_of(name)
        if owners.get(key) == concept.code and not (strength and _is_put_together(key, owners)):
            names[language].setdefault(key, name)
    if not names["en"] and not names["fr"]:
        return None
    told = {language: ", ".join(found.values()) for language, found in names.items()}
    hints = {key_of(hint): hint for language in LANGUAGES for hint in concept.hints[language]}
    kept = [hint.replace(",", " ") for key, hint in hints.items() if key and key not in owners and key not in elsewhere]
    return {
        "tokens": [token_of(concept.code)],
        "en": told["en"] or told["fr"],
        "fr": told["fr"] or told["en"],
        "emoji": concept.sign,
        **{key: written[key] for key in ("heading", "lively") if key in written},
        "hints": ", ".join(kept),
    }


def real_words(known: Mapping[str, Any], real: Iterable[str]) -> str:
    """The words of English and French that would be taken for slips of the pen, were they not listed here."""
    lexicon = Lexicon({**known, "real_words": ""}, grammar())
    folded = {fold(word) for word in real}
    return " ".join(sorted(word for word in folded if lexicon.mended(word)))


def write_lexicon(path: Path, known: Mapping[str, Any]) -> None:
    """One subject a line, so that changes can be read."""
    subjects = ",\n".join(
        f"    {json.dumps(name, ensure_ascii=False)}: {json.dumps(row, ensure_ascii=False)}"
        for name, row in known["subjects"].items()
    )
    rest = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in known.items()
        if name != "subjects"
    )
    path.write_text(f'{{\n  "subjects": {{\n{subjects}\n  }},\n{rest}\n}}\n', "utf-8")
