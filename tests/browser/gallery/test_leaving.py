"""What was deleted is deleted, on whatever page the person was when they left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.expecting import expect
from tests.browser.gallery.wall import SMALL, at, is_there, tiles
from tests.browser.visit import Installation, Visitor, Visitors, installed
from tests.postgres import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOOKS_ELSEWHERE = """() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true })
    document.dispatchEvent(new Event("visibilitychange"))
}"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Its tokens last as long as they usually do: a page that leaves has no time to ask for one."""
    with installed(tmp_path_factory.mktemp("up"), engines="fake", token_seconds=60) as started:
        yield started


@pytest.fixture
def leaf(installation: Installation) -> str:
    with installation.person() as ana:
        return ana.make("a leaf", **SMALL)["job_id"]


def deletes(visitor: Visitor) -> Page:
    """The leaf, and goes on to another page."""
    page = at(visitor)
    tiles(page, "a leaf").first.focus()
    page.keyboard.press("Delete")
    expect(page.get_by_text("1 file deleted")).to_be_visible()
    page.get_by_text("1 file deleted").hover()  # so that it stays
    visitor.menu.get_by_role("link", name="Usage").press("Enter")
    expect(page.get_by_role("heading", level=1, name="Usage")).to_be_visible()
    return page


def test_whoever_deletes_goes_to_another_page_and_leaves_has_deleted(
    ana: Visitor, installation: Installation, leaf: str
):
    page = deletes(ana)
    page.goto("about:blank")
    with installation.person() as person:
        eventually(lambda: not is_there(person, leaf), "the end of the leaf")


def test_a_page_that_is_no_longer_seen_deletes_and_takes_nothing_back(
    ana: Visitor, installation: Installation, leaf: str
):
    page = deletes(ana)
    page.evaluate(LOOKS_ELSEWHERE)
    with installation.person() as person:
        eventually(lambda: not is_there(person, leaf), "the end of the leaf")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_token_is_at_hand_while_something_waits_to_be_deleted(
    visitors: Visitors, session: Any, installation: Installation, leaf: str
):
    person = visitors(storage_state=session)
    page = at(person)
    expect(tiles(page, "a leaf").first).to_be_visible()
    with page.expect_request(lambda asked: asked.url.endswith("/api/me")):
        tiles(page, "a leaf").first.focus()
        page.keyboard.press("Delete")
