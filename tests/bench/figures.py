"""Figures of one run, by subject: each beside what it is held against."""

from dataclasses import dataclass

HEAD = """# Performance

Every figure below comes from one run of `make bench` on one machine: {machine}. Read the ratios, which travel, rather
than the absolutes, which do not; what each is held against was measured in the same run. `make bench` writes this page.
"""


@dataclass(frozen=True)
class Figure:
    """`ratio` is to the floor or peer named in the column's heading; `goal` is what we want of the figure."""

    what: str
    value: str
    ratio: str = ""
    goal: str = ""


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
            print("\n" + " · ".join(filter(None, (subject, *shown))), end="")
        print()

    def page(self, machine: str) -> str:
        parts = [HEAD.format(machine=machine)]
        for subject, (about, rows) in self._subjects.items():
            parts.append(f"## {subject}\n\n{about}\n" if about else f"## {subject}\n")
            parts.append("| what | measured | ratio | goal |\n|---|---|---|---|\n" + "".join(map(_line, rows)))
        return "\n".join(parts)


def _line(figure: Figure) -> str:
    return f"| {figure.what} | {figure.value} | {figure.ratio} | {figure.goal} |\n"
