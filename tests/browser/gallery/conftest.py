"""What stands in the gallery before anyone looks, and who looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.gallery.wall import SMALL, Comes, at
from tests.browser.shelves import Shelves
from tests.browser.visit import Installation, Visitor, Visitors

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def shelves(installation: Installation) -> Iterator[Shelves]:
    with Shelves(installation.folder / "data") as shelves:
        yield shelves


@pytest.fixture(scope="module")
def made(installation: Installation, shelves: Shelves) -> dict[str, Any]:
    """What stands in the gallery before anyone looks: by name."""
    with installation.person() as ana, installation.person("user_bob", role="org:member") as bob:
        jobs = {
            "old": ana.make("a lighthouse of long ago", **SMALL),
            "clip": ana.make("a lighthouse that turns", "video", width=64, height=64, num_frames=8),
            "bob": bob.make("a kite by Bob", **SMALL),
            "four": ana.make("four kites", num_outputs=4, **SMALL),
            "wide": ana.make("a wide river", **{**SMALL, "width": 128}),
            "red": ana.make("a red kite", seed=7, **SMALL),
            "blue": ana.make("a blue kite", seed=8, **SMALL),
        }
        failed = ana.ended(ana.ask("[fail] a kite", **SMALL))
    shelves.date(jobs["old"]["job_id"], datetime(2025, 3, 9, 12, tzinfo=UTC))
    return jobs | {"failed": failed}


@pytest.fixture
def comes(visitors: Visitors, session: Any, made: dict[str, Any]) -> Comes:
    """Somebody signed in, with a browser like this, comes to an address."""

    def visit(path: str = "/gallery", **options: Any) -> Page:
        return at(visitors(storage_state=session, **options), path)

    return visit


@pytest.fixture
def gallery(ana: Visitor, made: dict[str, Any]) -> Page:
    return at(ana)


@pytest.fixture
def throwaway(installation: Installation) -> Iterator[Callable[..., str]]:
    """Makes something that may be deleted, and is in the end: its id."""
    with installation.person() as ana:
        ids: list[str] = []

        def make(prompt: str, **more: Any) -> str:
            ids.append(ana.make(prompt, **SMALL | more)["job_id"])
            return ids[-1]

        yield make
        for job_id in ids:
            ana.delete(f"/api/jobs/{job_id}")
