"""The places that vary: a name in, a class out, by entry point, so that an outside package can add one."""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from estampe.errors import InvalidSetting, Text

Group = Literal["engines", "identity", "media", "stores"]


@cache
def _found(group: Group) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"estampe.{group}")}


def names(group: Group) -> tuple[str, ...]:
    return tuple(sorted(_found(group)))


def require(group: Group, wanted: Iterable[str]) -> None:
    """Raises `InvalidSetting` for the first name that no plugin has; nothing is imported."""
    for name in wanted:
        if name not in _found(group):
            known = ", ".join(names(group))
            en = f"there is no {group} plugin “{name}” (known: {known})"
            raise InvalidSetting(Text(en, f"aucun plugin {group} « {name} » (connus : {known})"))


def load(group: Group, name: str) -> Any:
    """Import the class called `name`. Raises `InvalidSetting` for an unknown one."""
    require(group, [name])
    return _found(group)[name].load()
