"""How long a newcomer waits for the studio: from the address to a page that takes their words."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING

import pytest
from tests.bench.figures import Figure, Figures
from tests.browser.conftest import FLAGS
from tests.browser.visit import Visitor, chromium, installed, playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.bench

VISITS = 9
GOAL_MS = 1000
# Read in the page at each frame, so that no message between processes is counted.
READY = """() => {
    const place = document.querySelector("main textarea, main input, main button")
    return place !== null && !place.disabled && place.getClientRects().length > 0 && performance.now()
}"""
LOADED = """() => performance.getEntriesByType("resource").filter((one) => one.name.endsWith(".js"))
    .reduce((sum, one) => sum + one.transferSize, 0)"""


def visited(browser: Browser, url: str, session: object) -> tuple[float, float]:
    """Milliseconds until the page took input, and bytes of script, of a browser that has never been here."""
    context = browser.new_context(storage_state=session)
    page = context.new_page()
    page.goto(f"{url}/generate-images", wait_until="commit")
    ready = page.wait_for_function(READY, polling="raf").json_value()
    script = page.evaluate(LOADED)
    context.close()
    return ready, script


def test_a_newcomer_may_begin_within_a_second(figures: Figures, tmp_path_factory: pytest.TempPathFactory):
    with installed(tmp_path_factory.mktemp("contact")) as installation, playwright().sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS.split())
        context = browser.new_context()
        Visitor(context, installation.url).signs_in(installation.new_link())
        session = json.loads(json.dumps(context.storage_state()))
        waits, scripts = zip(*(visited(browser, installation.url, session) for _ in range(VISITS)), strict=True)
        browser.close()
    found = statistics.median(waits)
    figures.add(
        "First contact",
        Figure("until the page takes words", f"{found:.0f} ms", goal=f"≤ {GOAL_MS} ms"),
        Figure("script of a first visit, as sent", f"{scripts[0] / 1000:.0f} kB", goal="≤ 180 kB"),
        about=f"Chromium opens /generate-images with an empty cache: the median of {VISITS} visits.",
    )
