"""The studio in a real Chromium, on a real `estampe up` whose tokens last three seconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.visit import Installation, Visitor, Visitors, chromium, installed, playwright
from tests.thorough import all_here

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_itemcollected = all_here("needs Playwright and Chromium")

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright().sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium(), args=FLAGS.split())
        yield started
        started.close()


@pytest.fixture(scope="module")
def installation(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("up")) as started:
        yield started


@pytest.fixture
def visitors(browser: Browser, installation: Installation) -> Iterator[Visitors]:
    came: list[Visitor] = []

    def visitor(**options: Any) -> Visitor:
        context = browser.new_context(**{"locale": "en-US", "reduced_motion": "no-preference"} | options)
        came.append(Visitor(context, installation.url))
        return came[-1]

    yield visitor
    for each in came:
        each.context.close()
    assert [said for each in came for said in each.unexpected()] == []


@pytest.fixture
def stranger(visitors: Visitors) -> Visitor:
    """Nobody has signed in here, which the browser itself reports in its console."""
    visitor = visitors()
    visitor.expected.append("401 (Unauthorized)")
    return visitor


@pytest.fixture(scope="module")
def session(browser: Browser, installation: Installation) -> Any:
    """What a browser keeps of having signed in."""
    context = browser.new_context()
    Visitor(context, installation.url).signs_in(installation.new_link())
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def ana(visitors: Visitors, session: Any) -> Visitor:
    """Signed in, and on the page."""
    visitor = visitors(storage_state=session)
    visitor.goes_home()
    return visitor
