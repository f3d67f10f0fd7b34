"""How the pages are served, and what they say when nobody answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.browser.expecting import expect
from tests.browser.frame.around import AWAY, NOBODY, asks_who
from tests.browser.proxy import SubPath
from tests.browser.visit import PATIENCE_MS, Installation, Visitor, axe, installed
from tests.postgres import eventually
from tests.service import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_the_policy_lets_nothing_inline_in_and_a_head_is_a_page_without_its_body(
    stranger: Visitor, installation: Installation
):
    answer = stranger.page.goto(installation.url)
    said = answer.headers["content-security-policy"]
    assert "unsafe" not in said
    assert "script-src 'self';" in said
    assert "style-src 'self';" in said
    stranger.page.evaluate("document.body.setAttribute('onclick', 'window.broken = true')")
    stranger.page.locator("body").click()
    assert stranger.page.evaluate("window.broken") is None

    def complained() -> bool:
        stranger.page.wait_for_timeout(20)
        return any(complaint.startswith("CSP: script-src-attr") for complaint in stranger.complaints)

    eventually(complained, "the complaint")
    stranger.expected += ["CSP: script-src-attr", "Content Security Policy"]
    head = httpx.head(installation.url, headers={"Accept": "text/html"}, timeout=30, trust_env=False)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-security-policy"] == said


@pytest.fixture
def below_a_path(browser: Browser, tmp_path: Any) -> Iterator[Installation]:
    """People reach it at /studio/ of another port, through a proxy that takes the path off."""
    port = free_port()
    with (
        installed(tmp_path, engines="fake", public_url=f"http://127.0.0.1:{port}/studio/") as started,
        SubPath(port, "/studio", started.origin),
    ):
        yield started


def test_below_a_path_everything_works_and_stays_there(below_a_path: Installation, browser: Browser):
    context = browser.new_context(locale="en-US")
    visitor = Visitor(context, below_a_path.url)
    visitor.expected.append(NOBODY)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.signs_in(below_a_path.printed_link())
    expect(visitor.page).to_have_url(f"{below_a_path.url}/generate-images")
    visitor.menu.get_by_role("link", name="Usage").click()
    expect(visitor.page).to_have_url(f"{below_a_path.url}/usage")
    visitor.page.reload()
    expect(visitor.page).to_have_title("Usage – Estampe")
    (cookie,) = context.cookies()
    context.close()
    assert cookie["path"] == "/studio"
    assert [url for url in asked if not url.startswith((below_a_path.url + "/", "data:"))] == []
    assert visitor.unexpected() == []


# When nobody answers


@pytest.fixture
def frail(tmp_path: Any) -> Iterator[Installation]:
    """One that the test may stop."""
    with installed(tmp_path, engines="fake") as started:
        yield started


@pytest.mark.parametrize(
    ("locale", "old", "away"),
    [
        ("en-US", "What you see may be old", "The server does not answer"),
        ("fr-FR", "Ce que vous voyez a pu changer", "Le serveur ne répond pas"),
    ],
)
def test_a_server_that_goes_is_missed_and_found_again_without_a_reload(
    frail: Installation, browser: Browser, locale: str, old: str, away: str
):
    context = browser.new_context(locale=locale)
    visitor = Visitor(context, frail.url)
    visitor.expected += [NOBODY, *AWAY]
    visitor.signs_in(frail.printed_link())
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()  # all of the page is there
    visitor.page.evaluate("window.same = true")
    lost = visitor.page.get_by_role("status").filter(has_text=old)
    frail.stop()
    expect(lost).to_be_visible()
    assert axe(visitor.page) == []
    frail.start()
    frail.until_ready()
    expect(lost).to_be_hidden(timeout=2 * PATIENCE_MS)  # it may just have begun a pause
    assert visitor.page.evaluate("window.same")
    late = Visitor(context, frail.url)
    late.page.route("**/auth/methods", lambda route: route.abort())
    late.page.goto(frail.url)
    expect(asks_who(late.page, away)).to_be_visible()
    late.page.unroute("**/auth/methods")
    expect(late.menu).to_be_visible()
    context.close()
    assert visitor.unexpected() == []


def test_a_proxy_that_answers_in_the_server_s_place_is_a_loss_and_the_news_goes_on_after_it(
    ana: Visitor, installation: Installation
):
    ana.expected.append("404 (Not Found)")
    pages = [
        {"status": 404, "body": "default backend - 404"},
        {"status": 200, "content_type": "text/html", "body": "…"},
    ]
    ana.page.route("**/api/events", lambda route: route.fulfill(**(pages[0] if len(pages) == 1 else pages.pop())))
    lost = ana.page.get_by_role("status").filter(has_text="What you see may be old")
    ana.goes_home()
    expect(lost).to_be_visible()
    ana.page.unroute("**/api/events")
    expect(lost).to_be_hidden()
    with installation.person() as elsewhere:
        elsewhere.make("made after the loss", model="fake-image")
    expect(ana.made("made after the loss")).to_be_visible()
