"""What the benchmarks found: printed as it is found, and written to the page that `make bench` is asked to write."""

import os
import platform
from pathlib import Path

import pytest
from tests.bench.figures import Figures

_found = Figures()


@pytest.fixture(scope="session")
def figures() -> Figures:
    return _found


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    page = os.environ.get("TESTS_BENCH_PAGE")
    if page and exitstatus == 0 and _found:
        machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
        Path(page).write_text(_found.page(machine), "utf-8")
