"""The places that vary: a name in, a class out, by entry point, so that an outside package can add one."""

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


def load(group: Group, name: str) -> Any:
    """Import the class called `name`. Raises `InvalidSetting` for an unknown one."""
    try:
        entry = _found(group)[name]
    except KeyError:
        known = ", ".join(names(group))
        raise InvalidSetting(
            Text(
                f"there is no {group} plugin “{name}” (known: {known})",
                f"aucun plugin {group} « {name} » (connus : {known})",
            )
        ) from None
    return entry.load()
