"""Newcomers, small windows, spent quotas and restarts: the page works for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.create.desk import ALONE, DROPPED, LOADED, is_done, picture, until, words
from tests.browser.expecting import expect
from tests.browser.visit import Installation, Visitor, Visitors, axe, installed

if TYPE_CHECKING:
    from playwright.sync_api import Route


@pytest.mark.parametrize(("locale", "example"), [("en-US", "purple butterfly"), ("fr-FR", "papillon violet")])
def test_whoever_made_nothing_yet_is_invited(visitors: Visitors, session: Any, locale: str, example: str):
    person = visitors(storage_state=session, locale=locale)
    person.context.add_init_script(ALONE)
    person.page.route("**/api/jobs?*", lambda route: route.fulfill(json={"jobs": [], "next_cursor": None}))
    person.goes_home()
    person.page.get_by_role("button", name=example).click()
    person.page.unroute("**/api/jobs?*")
    is_done(person.made(example).first)
    expect(words(person.page)).to_have_value(example)


@pytest.mark.parametrize(("locale", "told"), [("en-US", "No worker is there yet"), ("fr-FR", "Aucun worker")])
def test_where_no_worker_is_the_page_says_so_until_one_comes(visitors: Visitors, session: Any, locale: str, told: str):
    person = visitors(storage_state=session, locale=locale)
    person.page.route("**/api/models", lambda route: route.fulfill(json={"models": []}))
    person.goes_home()
    expect(person.page.get_by_role("heading", name=told)).to_be_visible()
    expect(person.page.get_by_role("button", name=re.compile("^(Make it|Créer)$"))).to_be_disabled()
    person.page.unroute("**/api/models")
    expect(person.page.get_by_role("heading", name=told)).to_have_count(0)
    expect(person.page.get_by_role("button", name=re.compile("^(Make it|Créer)$"))).to_be_enabled()


def test_what_is_left_is_shown_and_said_clearly_when_it_is_spent(visitors: Visitors, session: Any):
    person = visitors(storage_state=session)
    left = 7.0

    def limited(route: Route) -> None:
        me = route.fetch().json()
        me["allowance"]["quotas"] = {"images": {"limit": 10, "spent": 10 - left, "reserved": 0, "left": left}}
        route.fulfill(json=me)

    person.page.route("**/api/me", limited)
    person.goes_home()
    expect(person.page.get_by_text("7 of 10 images left until")).to_be_visible()
    left = 0.0
    person.page.reload()
    expect(person.page.get_by_role("alert")).to_contain_text("You have used up your images")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "width"), [("en-US", 1440), ("fr-FR", 390)])
def test_axe_finds_nothing(visitors: Visitors, session: Any, scheme: str, locale: str, width: int):
    options = {"color_scheme": scheme, "locale": locale, "viewport": {"width": width, "height": 900}}
    person = visitors(storage_state=session, **options)
    page = person.page
    person.goes_home()
    if width < 1024:
        page.get_by_text("Réglages", exact=True).click()
    page.get_by_text(re.compile("^(More settings|Autres réglages)$")).click()
    is_done(person.asks("red zorg apple"))
    expect(person.asks("[fail]", "fake-image")).to_have_attribute("data-status", "failed")
    person.asks("[steps 400] [sleep 0.2] going on", "fake-image")
    page.evaluate(DROPPED, picture())
    until(page.get_by_role("img", name=re.compile("^(Start picture|Image de départ)")), LOADED)
    assert axe(page) == []
    page.get_by_role("button", name=re.compile("^(Choose what may|Choisir ce qui)")).click()
    expect(page.get_by_role("application")).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("Escape")
    person.made("[steps 400] [sleep 0.2] going on").get_by_role("button", name=re.compile("^(Cancel|Annuler)$")).click()
    person.goes_to("/generate-videos")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert axe(page) == []


@pytest.mark.parametrize("width", [360, 768])
def test_a_narrow_window_needs_no_sideways_scrolling(visitors: Visitors, session: Any, width: int):
    person = visitors(storage_state=session, locale="fr-FR", viewport={"width": width, "height": 700})
    person.goes_home()
    person.page.get_by_text("Réglages", exact=True).click()
    person.asks("un_mot_sans_la_moindre_espace_" * 10, "fake-image")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Installation]:
    """One that may go away."""
    with installed(tmp_path, drain_seconds=1) as started:
        yield started


def test_a_restart_is_told_honestly_and_then_the_result_is_there(browser: Any, another: Installation):
    context = browser.new_context(locale="en-US")
    person = Visitor(context, another.url)
    person.signs_in(another.new_link())
    made = person.asks("[steps 40] [sleep 0.3] across a restart", "fake-image")
    expect(made).to_have_attribute("data-status", "running")
    another.stop()
    expect(person.page.get_by_role("status").filter(has_text="The server does not answer")).to_be_visible()
    expect(made).to_contain_text("Waiting for the server")
    another.start()
    another.until_ready()
    is_done(made)
    expect(person.page.get_by_role("status").filter(has_text="The server does not answer")).to_be_hidden()
    expect(person.made("[steps 40] [sleep 0.3] across a restart")).to_have_count(1)
    context.close()
