"""What the benchmarks found: printed as it is found, and written to the page that `make bench` is asked to write."""

import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.bench.figures import Figures
from tests.postgres import Server

_found = Figures()


@pytest.fixture(scope="session")
def figures() -> Figures:
    return _found


@pytest.fixture(scope="session", autouse=True)
def usual_server(server: Callable[[str], Server]) -> None:
    """What is measured is vacuumed as often as anybody's; what is only tested is not."""
    server("18").vacuum_as_usual()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    page = os.environ.get("TESTS_BENCH_PAGE")
    if page and _found:
        day, load = datetime.now(UTC).date(), os.getloadavg()[2]
        cores = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
        before = Path(page).read_text("utf-8") if Path(page).exists() else ""
        Path(page).write_text(_found.page(before, f"{day}, {cores}, load {load:.1f} over the last 15 minutes"), "utf-8")
