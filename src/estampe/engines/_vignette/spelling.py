"""Words that are one slip of the pen away from a known one: a letter too many, too few, wrong, or two swapped."""

from collections.abc import Iterable

from estampe.engines._vignette.words import singulars

SHORTEST = 5  # letters of a known word: shorter ones have too many neighbours


class Speller:
    """Finds known words by what is left of them without one letter.

    Nothing is mended that is itself a word of English or French (`real`), nor across the first letter,
    where slips are rare: “mouse” is no “house”.
    """

    def __init__(self, known: Iterable[str], real: str) -> None:
        self._real = frozenset(real.split())
        self._known = sorted({word for word in known if len(word) >= SHORTEST and word.isalpha()})
        self._without: dict[str, list[str]] = {}
        for word in self._known:
            for rest in {word, *_shortened(word)}:
                self._without.setdefault(rest, []).append(word)

    def near(self, word: str) -> list[str]:
        """Known words one slip away from `word` or from its singular, in alphabetical order."""
        if word in self._real or len(word) < SHORTEST - 1:
            return []
        found: set[str] = set()
        for form in singulars(word):
            for rest in {form, *_shortened(form)}:
                found.update(known for known in self._without.get(rest, ()) if _one_slip(form, known))
            if found:
                break
        return sorted(found)


def _shortened(word: str) -> Iterable[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def _one_slip(written: str, meant: str) -> bool:
    if written[0] != meant[0] or abs(len(written) - len(meant)) > 1:
        return False
    at = next((at for at, (one, other) in enumerate(zip(written, meant, strict=False)) if one != other), None)
    if at is None:
        return len(written) != len(meant)
    rest, wanted = written[at:], meant[at:]
    swapped = rest[1::-1] + rest[2:] if len(rest) > 1 else rest
    return wanted == swapped or rest[1:] in (wanted, wanted[1:]) or rest == wanted[1:]
