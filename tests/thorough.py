"""What `make test` leaves for those with more time or more programs: `TESTS_THOROUGH=1` runs it too."""

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests import longest

THOROUGH = os.environ.get("TESTS_THOROUGH", "") not in {"", "0"}


def thorough(reason: str) -> pytest.MarkDecorator:
    """The mark; the reason says what it takes, or which quicker test says the same."""
    return pytest.mark.thorough(reason)


def all_here(reason: str) -> Callable[[pytest.Item], None]:
    """What a folder's conftest.py calls `pytest_itemcollected`: it marks each of the folder's tests."""

    def mark(item: pytest.Item) -> None:
        item.add_marker(thorough(reason))

    return mark


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen, left_out = [], []
    for item in items:
        (left_out if item.get_closest_marker("thorough") and not THOROUGH else chosen).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    items[:] = sorted(chosen, key=longest.rank)


# Where the tests are shared out, each process deselects for itself, and the one that sums up collects nothing.


class Tally:
    """Counts in a process of pytest-xdist what it deselects, and tells the one that sums up."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self._told["left_out"] = 0

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self._told["left_out"] += len(items)


class Summary:
    """Hears it from the first process that ends: all of them leave out the same."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._is_told = config, False

    def pytest_testnodedown(self, node: Any) -> None:
        if not self._is_told and "left_out" in getattr(node, "workeroutput", {}):
            self._is_told = True
            self._config.hook.pytest_deselected(items=[SimpleNamespace()] * node.workeroutput["left_out"])


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workeroutput"):
        config.pluginmanager.register(Tally(config.workeroutput))
    elif config.pluginmanager.has_plugin("xdist"):
        config.pluginmanager.register(Summary(config))
