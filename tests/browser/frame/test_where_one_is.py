"""Each page has a name, an address and a way back, for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from tests.browser.expecting import expect
from tests.browser.frame.around import account
from tests.browser.visit import PROMPT, Visitor, Visitors, axe

if TYPE_CHECKING:
    from playwright.sync_api import Route


def test_a_page_is_named_its_address_can_be_kept_and_the_way_back_leads_back(ana: Visitor):
    ana.menu.get_by_role("link", name="Usage").click()
    expect(ana.page).to_have_title("Usage – Estampe")
    expect(ana.menu.get_by_role("link", name="Usage")).to_have_attribute("aria-current", "page")
    ana.page.reload()
    expect(ana.page).to_have_title("Usage – Estampe")
    ana.page.go_back()
    expect(ana.page).to_have_title("Images – Estampe")
    assert urlsplit(ana.page.url).path == "/generate-images"


def test_whoever_comes_to_a_page_by_keyboard_is_in_it_and_is_told_where(ana: Visitor):
    ana.menu.get_by_role("link", name="API keys").press("Enter")
    expect(ana.page.get_by_role("main")).to_be_focused()
    expect(ana.page.get_by_role("status").filter(has_text="API keys")).to_be_attached()


def test_a_page_that_comes_late_leaves_the_keyboard_to_what_was_opened_meanwhile(ana: Visitor):
    held: list[Route] = []
    ana.page.route("**/assets/Page-*.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    ana.page.reload(wait_until="commit")
    account(ana.page).click()
    light = ana.page.get_by_role("menuitemradio", name="Light")
    expect(light).to_be_visible()
    for route in held:
        route.continue_()
    expect(ana.page.get_by_label(PROMPT)).to_be_visible()
    expect(light).to_be_visible()
    ana.page.keyboard.press("Escape")
    expect(account(ana.page)).to_be_focused()


def test_a_page_that_comes_late_leaves_the_keyboard_on_the_way_to_another(ana: Visitor):
    held: list[Route] = []
    ana.page.route("**/assets/Page-*.js", lambda route: held.append(route))  # noqa: PLW0108 - as above
    ana.page.reload(wait_until="commit")
    way = ana.menu.get_by_role("link", name="API keys")
    way.focus()
    for route in held:
        route.continue_()
    expect(ana.page.get_by_label(PROMPT)).to_be_visible()
    expect(way).to_be_focused()


def test_the_first_thing_a_keyboard_meets_leads_to_the_content(ana: Visitor):
    ana.goes_to("/usage")
    ana.page.keyboard.press("Tab")
    skip = ana.page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    ana.page.keyboard.press("Enter")
    expect(ana.page.get_by_role("main")).to_be_focused()
    assert urlsplit(ana.page.url).path == "/usage"


@pytest.mark.parametrize(
    ("locale", "title", "way"),
    [("en-US", "There is no such page", "Make something"), ("fr-FR", "Cette page n’existe pas", "Créer quelque chose")],
)
def test_an_unknown_page_says_so_and_leads_home(visitors: Visitors, session: Any, locale: str, title: str, way: str):
    visitor = visitors(storage_state=session, locale=locale)
    visitor.goes_to("/no/such/page")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(title)
    expect(visitor.page).to_have_title(f"{title} – Estampe")
    assert axe(visitor.page) == []
    visitor.page.get_by_role("main").get_by_role("link", name=way).click()
    expect(visitor.menu.get_by_role("link", name="Images")).to_have_attribute("aria-current", "page")


def test_a_page_that_one_may_not_open_is_not_in_the_menu_and_names_the_permission(ana: Visitor):
    def without_usage(route: Route) -> None:
        answer = route.fetch()
        me = answer.json()
        route.fulfill(
            response=answer, json=me | {"permissions": [one for one in me["permissions"] if one != "usage:read"]}
        )

    ana.page.route("**/api/me", without_usage)
    ana.goes_to("/sign-ins")
    expect(ana.menu.get_by_role("link", name="Gallery")).to_be_visible()
    expect(ana.menu.get_by_role("link", name="Sign-ins")).to_have_count(0)
    expect(ana.page.get_by_role("heading", level=1)).to_have_text("You may not open this page")
    expect(ana.page.get_by_role("main")).to_contain_text("usage:read")
    assert axe(ana.page) == []


def test_on_a_phone_the_pages_are_at_the_thumb_and_nothing_scrolls_sideways(visitors: Visitors, session: Any):
    phone = visitors(storage_state=session, locale="fr-FR", viewport={"width": 360, "height": 740}, has_touch=True)
    phone.goes_to("/usage")
    bar = phone.menu.bounding_box()
    assert bar["y"] + bar["height"] == 740
    phone.menu.get_by_role("button", name="Consommation").tap()
    phone.page.get_by_role("menuitem", name="Clés d’API").tap()
    expect(phone.page).to_have_title("Clés d’API – Estampe")
    phone.menu.get_by_role("link", name="Galerie").tap()
    expect(phone.page).to_have_title("Galerie – Estampe")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_in_the_frame_keeps_anybody_out(visitors: Visitors, session: Any, scheme: str, width: int):
    visitor = visitors(storage_state=session, color_scheme=scheme, viewport={"width": width, "height": 800})
    visitor.goes_to("/no/such/page")
    account(visitor.page).click()
    expect(visitor.page.get_by_role("menuitem", name="Sign out")).to_be_visible()
    assert axe(visitor.page) == []
