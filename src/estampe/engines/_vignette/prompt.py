"""A prompt in, what Vignette understood of it out: subjects, their colours and counts, style, motion, background."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from estampe.engines._vignette.lexicon import Lexicon, Sort, Subject, lexicon
from estampe.engines._vignette.phrases import Phrase, phrases

MOST_REPORTED_WORDS = 40
LONGEST_REPORTED_WORD = 40
MOST_SUBJECTS = 2
_REACH = 2  # how many words may stand between "background" and its colour, counting the colour


@dataclass
class Part:
    """One subject of the picture."""

    subject: Subject
    colour: str | None = None
    count: int = 1

    @property
    def tokens(self) -> list[str]:
        """The subject's own colour stands where the prompt asks for none."""
        colour = self.colour or self.subject.natural
        return [*self.subject.tokens, *([f"c:{colour}"] if colour else [])]


@dataclass(frozen=True)
class Reading:
    """What a prompt says; `understood` and `ignored` hold its words as they were written.

    `read_as` tells what else a word was taken for: another spelling, or a subject that it only goes with.
    """

    parts: tuple[Part, ...]
    loose_colour: str | None
    style: str | None
    motion: str | None
    background: str
    understood: tuple[str, ...]
    ignored: tuple[str, ...]
    read_as: tuple[str, ...]

    @property
    def subject(self) -> Subject | None:
        return self.parts[0].subject if self.parts else None

    @property
    def colour(self) -> str | None:
        return self.parts[0].colour if self.parts else self.loose_colour

    @property
    def drawn(self) -> tuple[tuple[str, ...], ...]:
        """What the network reads, for each thing in the picture."""
        style = [self.style] if self.style else []
        return tuple((*part.tokens, *style) for part in self.parts for _ in range(part.count))

    @property
    def tokens(self) -> list[str]:
        """All of it, as one thing."""
        loose = [f"c:{self.loose_colour}"] if self.loose_colour else []
        style = [self.style] if self.style else []
        return [*(token for part in self.parts for token in part.tokens), *loose, *style]


@dataclass
class _Found:
    """What was taken from the phrases so far; `at` holds where each part stands."""

    parts: list[Part] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    values: dict[Sort, str] = field(default_factory=dict)
    read_as: dict[str, str] = field(default_factory=dict)


def read(prompt: str, *, moving: bool = False, choice: int = 0, known: Lexicon | None = None) -> Reading:
    """Motions count as understood only where the result is `moving`; `choice` picks where a word leaves one."""
    known = known or lexicon()
    heard = phrases(prompt, known)
    background = _background(heard)
    found = _Found()
    _subjects(heard, known, found, moving=moving)
    if not found.parts:
        _hinted(heard, known, found, choice)
    _colours(heard, found)
    _counts(heard, found)
    for sort in ("style", "motion") if moving else ("style",):
        _first(heard, sort, found)
    mended = {phrase.written: phrase.mended for phrase in heard if phrase.mended and phrase.used}
    return Reading(
        parts=tuple(found.parts),
        loose_colour=None if found.parts else found.values.get("colour"),
        style=found.values.get("style"),
        motion=found.values.get("motion"),
        background=background or "white",
        understood=_reported([phrase.written for phrase in heard if phrase.used]),
        ignored=_reported([phrase.written for phrase in heard if not phrase.used]),
        read_as=_reported([f"{word} → {meant}" for word, meant in {**mended, **found.read_as}.items()], 2),
    )


def _background(heard: list[Phrase]) -> str | None:
    """English says its colour before ("blue background"), French after (« fond bleu »)."""
    for at, phrase in enumerate(heard):
        if phrase.as_("before") is not None:
            near = heard[max(0, at - _REACH) : at][::-1]
        elif phrase.as_("after") is not None:
            near = heard[at + 1 : at + 1 + _REACH]
        else:
            continue
        for other in near:
            colour = other.as_("colour", "ground")
            if colour:
                phrase.used = other.used = True
                return colour
            if other.as_("subject"):
                break
    return None


def _subjects(heard: list[Phrase], known: Lexicon, found: _Found, *, moving: bool) -> None:
    """The first two; more are not drawn, and said to be ignored."""
    for at, phrase in enumerate(heard):
        name = phrase.as_("subject")
        if name is None or phrase.used or _is_rather_said_of_another(heard, at, moving=moving):
            continue
        again = next((part for part in found.parts if part.subject.name == name), None)
        if again and not _has_a_colour_of_its_own(heard, at):
            phrase.used = True
        elif len(found.parts) < MOST_SUBJECTS:
            found.parts.append(Part(known.subjects[name]))
            found.at.append(at)
            phrase.used = True


def _is_rather_said_of_another(heard: list[Phrase], at: int, *, moving: bool) -> bool:
    """“orange” beside “cat” is a colour, and “fly” is a motion where something else can; alone they are subjects."""
    phrase = heard[at]
    if moving and "motion" in phrase.sorts:
        return any("subject" in other.sorts for other in heard if other is not phrase)
    if not phrase.sorts & {"colour", "style"}:
        return False
    before = heard[at - 1] if at and phrase.touches else None
    after = heard[at + 1] if at + 1 < len(heard) and heard[at + 1].touches else None
    if before and "subject" in before.sorts:
        return before.used
    return bool(after and "subject" in after.sorts and not after.used and after.folded != phrase.folded)


def _has_a_colour_of_its_own(heard: list[Phrase], at: int) -> bool:
    beside = [heard[at - 1]] if at and heard[at].touches else []
    beside += heard[at + 1 : at + 2] if at + 1 < len(heard) and heard[at + 1].touches else []
    return any("colour" in phrase.sorts and not phrase.used for phrase in beside)


def _hinted(heard: list[Phrase], known: Lexicon, found: _Found, choice: int) -> None:
    """Where nothing is named: the first word that goes with a few subjects stands for one of them."""
    for at, phrase in enumerate(heard):
        names = [] if phrase.used or phrase.meanings else known.hinted(phrase.folded)
        if names:
            name = names[choice % len(names)]
            found.parts.append(Part(known.subjects[name]))
            found.at.append(at)
            found.read_as[phrase.written] = name
            phrase.used = True
            return


def _colours(heard: list[Phrase], found: _Found) -> None:
    for at, phrase in enumerate(heard):
        colour = phrase.as_("colour")
        if colour is None or phrase.used:
            continue
        if not found.parts:
            phrase.used = found.values.setdefault("colour", colour) == colour
            continue
        part = found.parts[_whose(heard, at, found)]
        part.colour = part.colour or colour
        phrase.used = part.colour == colour


def _whose(heard: list[Phrase], at: int, found: _Found) -> int:
    """Which part a colour belongs to: the one it touches, on its left first; else the next, else the last before."""
    free = [index for index, part in enumerate(found.parts) if part.colour is None]
    touching = [at - 1] if heard[at].touches else []
    touching += [at + 1] if at + 1 < len(heard) and heard[at + 1].touches else []
    for place in touching:
        if place in found.at and found.at.index(place) in free:
            return found.at.index(place)
    after = [index for index in free if found.at[index] > at]
    before = [index for index, place in enumerate(found.at) if place < at]
    return after[0] if after else before[-1] if before else 0


def _counts(heard: list[Phrase], found: _Found) -> None:
    """A number is said right before its subject, or before what is said of it."""
    for at, phrase in enumerate(heard):
        count = phrase.as_("count")
        if count is None or phrase.used:
            continue
        following = at + 1
        while following < len(heard) and following not in found.at and _is_said_before_it(heard, following):
            following += 1
        if following in found.at:
            part = found.parts[found.at.index(following)]
            part.count = int(count)
            phrase.used = True


def _is_said_before_it(heard: list[Phrase], at: int) -> bool:
    """A colour or a style of the subject, or an unknown word that touches what follows: “three little pigs”."""
    phrase = heard[at]
    if phrase.meanings:
        return not phrase.sorts & {"subject", "count"}
    return at + 1 < len(heard) and heard[at + 1].touches


def _first(heard: list[Phrase], sort: Sort, found: _Found) -> None:
    for phrase in heard:
        value = phrase.as_(sort)
        if value is not None and not phrase.used:
            phrase.used = found.values.setdefault(sort, value) == value


def _reported(told: Sequence[str], times: int = 1) -> tuple[str, ...]:
    seen = dict.fromkeys(word[: LONGEST_REPORTED_WORD * times] for word in told if word)
    return tuple(seen)[:MOST_REPORTED_WORDS]
