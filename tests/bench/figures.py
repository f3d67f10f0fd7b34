"""Figures of the benchmarks, by subject: each beside what it is held against, and beside what we want of it."""

import re
from dataclasses import dataclass

HEAD = """# Performance

What `make bench` measured: it writes this page, a section a subject, and leaves alone what it did not measure
(`make bench ARGS="-k line"`). Read the ratios, which travel, rather than the absolutes, which do not: what each is
held against was measured in the same run.
"""
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Goal:
    """What we want of a figure, in words, and whether it is so."""

    wanted: str
    is_met: bool

    def __str__(self) -> str:
        return f"{self.wanted}: {'met' if self.is_met else '**not met**'}"


def at_most(limit: float, found: float, unit: str = "") -> Goal:
    return Goal(f"≤ {limit:g}{unit}", found <= limit)


def at_least(limit: float, found: float, unit: str = "") -> Goal:
    return Goal(f"≥ {limit:g}{unit}", found >= limit)


@dataclass(frozen=True)
class Figure:
    """`ratio` is to the floor or peer that the subject's text names."""

    what: str
    value: str
    ratio: str = ""
    goal: Goal | None = None


class Figures:
    """What was found, in the order of finding."""

    def __init__(self) -> None:
        self._subjects: dict[str, tuple[str, list[Figure]]] = {}

    def __bool__(self) -> bool:
        return bool(self._subjects)

    def add(self, subject: str, *found: Figure, about: str = "") -> None:
        """`about` says in a sentence or two how it was measured."""
        said, rows = self._subjects.setdefault(subject, (about, []))
        if about and not said:
            self._subjects[subject] = (about, rows)
        rows.extend(found)
        for each in found:
            shown = [each.what, each.value, each.ratio and f"ratio {each.ratio}", each.goal and f"goal {each.goal}"]
            print("\n" + " · ".join(filter(None, (subject, *map(str, filter(None, shown))))), end="")
        print()

    def page(self, before: str, machine: str) -> str:
        """The page as it was `before`, with what was found now."""
        sections = _sections(before)
        sections |= {subject: _section(*found, machine) for subject, found in self._subjects.items()}
        return "\n".join([HEAD, *(f"## {subject}\n\n{text}\n" for subject, text in sections.items())]).rstrip() + "\n"


def _sections(page: str) -> dict[str, str]:
    parts = _SECTION.split(page)[1:]
    return {subject: text.strip() for subject, text in zip(parts[::2], parts[1::2], strict=True)}


def _section(about: str, rows: list[Figure], machine: str) -> str:
    table = "| what | measured | ratio | goal |\n|---|---|---|---|\n" + "".join(map(_line, rows))
    return "\n\n".join(filter(None, (about, table.strip(), f"Measured on {machine}.")))


def _line(figure: Figure) -> str:
    return f"| {figure.what} | {figure.value} | {figure.ratio} | {figure.goal or ''} |\n"
