"""What the benchmarks found: printed as it is found, and written to the page that `make bench` is asked to write."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.bench.figures import Figures

_found = Figures()


@pytest.fixture(scope="session")
def figures() -> Figures:
    return _found


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    page = os.environ.get("TESTS_BENCH_PAGE")
    if page and _found:
        day, load = datetime.now(UTC).date(), os.getloadavg()[2]
        cores = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
        before = Path(page).read_text("utf-8") if Path(page).exists() else ""
        Path(page).write_text(_found.page(before, f"{day}, {cores}, load {load:.1f} over the last 15 minutes"), "utf-8")
