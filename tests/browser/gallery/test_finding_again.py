"""What was made is found again, by everybody and nobody else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.expecting import expect
from tests.browser.gallery.wall import FRENCH, FURTHER, PHONE, SMALL, Comes, at, opened, shown, tiles
from tests.browser.shelves import Shelves
from tests.browser.visit import Installation, Visitor, Visitors, axe

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.parametrize(
    ("options", "search", "clear"),
    [({}, "Search in prompts", "Clear filters"), (FRENCH, "Chercher dans les consignes", "Effacer les filtres")],
)
def test_a_word_of_its_prompt_finds_a_picture_again(comes: Comes, options: dict[str, Any], search: str, clear: str):
    page = comes(**options)
    page.get_by_role("searchbox", name=search).fill("river")
    expect(tiles(page)).to_have_count(1)
    expect(tiles(page)).to_have_text(["a wide river"])
    expect(page).to_have_url(re.compile(r"/gallery\?q=river$"))
    page.get_by_role("button", name=clear).click()
    expect(tiles(page, "a red kite").first).to_be_visible()
    expect(page.get_by_role("searchbox", name=search)).to_have_value("")


@pytest.mark.parametrize(
    ("options", "said", "clear"),
    [({}, "Nothing matches", "Clear filters"), (FRENCH, "Rien ne correspond", "Effacer les filtres")],
)
def test_a_search_for_what_was_never_made_says_so_and_leads_back(
    comes: Comes, options: dict[str, Any], said: str, clear: str
):
    page = comes("/gallery?q=zeppelin", **options)
    expect(page.get_by_role("heading", name=said)).to_be_visible()
    page.get_by_role("main").get_by_role("button", name=clear).last.click()
    expect(tiles(page, "a red kite").first).to_be_visible()


def test_filters_by_kind_person_model_and_day_narrow_and_are_kept_in_the_address(gallery: Page):
    gallery.get_by_role("radio", name="Videos").check(force=True)
    expect(tiles(gallery)).to_have_text(["a lighthouse that turns"])
    gallery.get_by_role("radio", name="All").check(force=True)
    gallery.get_by_role("combobox", name="Made by").select_option("user_bob")
    expect(tiles(gallery)).to_have_text(["a kite by Bob"])
    gallery.reload()
    expect(tiles(gallery)).to_have_text(["a kite by Bob"])
    gallery.get_by_role("combobox", name="Made by").select_option("Me")
    expect(tiles(gallery, "a red kite").first).to_be_visible()
    expect(tiles(gallery, "a kite by Bob")).to_have_count(0)
    gallery.get_by_role("combobox", name="Model").select_option("fake-video")
    expect(tiles(gallery)).to_have_text(["a lighthouse that turns"])
    gallery.get_by_role("combobox", name="Model").select_option("")
    gallery.get_by_label("To", exact=True).fill("2025-03-09")
    expect(tiles(gallery)).to_have_text(["a lighthouse of long ago"])
    expect(gallery).to_have_url(re.compile(r"/gallery\?to=2025-03-09&mine=1$"))
    gallery.get_by_label("From", exact=True).fill("2025-03-10")
    expect(gallery.get_by_role("heading", name="Nothing matches")).to_be_visible()


def test_a_shared_address_opens_the_same_filters_and_going_back_leaves_them(gallery: Page, ana: Visitor):
    page = at(ana, "/gallery?q=lighthouse&from=2025-03-09&to=2025-03-09")
    expect(tiles(page)).to_have_text(["a lighthouse of long ago"])
    expect(page.get_by_role("searchbox")).to_have_value("lighthouse")
    page.go_back()
    expect(tiles(page, "a red kite").first).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_who_made_nothing_yet_is_told_where_to_begin(visitors: Visitors, session: Any):
    visitor = visitors(storage_state=session)
    visitor.page.add_init_script("localStorage.setItem('estampe.organization', '')")
    page = at(visitor)
    expect(page.get_by_role("heading", name="Nothing made yet")).to_be_visible()
    expect(page.get_by_role("link", name="Make an image")).to_have_attribute("href", "/generate-images")


# Nothing is shared


def test_another_organisation_sees_nothing_and_a_link_says_it_does_not_exist(
    visitors: Visitors, session: Any, installation: Installation, made: dict[str, Any]
):
    with installation.person("user_eve", "org_other", "org:admin") as eve:
        hers = eve.make("a secret garden", **SMALL)
    visitor = visitors(storage_state=session)
    visitor.expected.append("404 (Not Found)")
    page = at(visitor, "/gallery?q=secret")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    for job_id in (hers["job_id"], "0" * len(hers["job_id"])):
        page = at(visitor, f"/gallery/{job_id}")
        sheet = page.get_by_role("dialog", name="This does not exist")
        expect(sheet).to_be_visible()
        expect(sheet.get_by_role("alert")).to_have_text("It was deleted, or it is not yours.")
        expect(page.get_by_text("a secret garden")).to_have_count(0)
    # The same person, alone: another tenant.
    page.add_init_script("localStorage.setItem('estampe.organization', '')")
    page = at(visitor, f"/gallery/{made['red']['job_id']}")
    expect(page.get_by_role("dialog", name="This does not exist")).to_be_visible()


# Fast, whatever there is


def test_fifty_thousand_files_scroll_without_a_shift_and_with_few_elements(
    ana: Visitor, shelves: Shelves, made: dict[str, Any]
):
    with shelves.filled(jobs=12_500, prompt="a stored print", like=made["four"], seen_by=ana):
        page = at(ana)
        expect(tiles(page).first).to_be_visible()
        page.evaluate("""() => {
            window.shifts = []
            new PerformanceObserver(list => shifts.push(...list.getEntries().map(one => one.value)))
                .observe({ type: "layout-shift" })
        }""")
        last = tiles(page, "a lighthouse of long ago")
        most = 0
        while last.count() == 0:
            height = page.evaluate("document.documentElement.scrollHeight")
            page.mouse.wheel(0, 60_000)
            page.wait_for_function(FURTHER, arg=height)
            most = max(most, page.evaluate("document.getElementsByTagName('*').length"))
            tiles(page).first.wait_for()
        last.scroll_into_view_if_needed()
        rows = page.get_by_role("grid").evaluate("grid => Number(grid.ariaRowCount) * Number(grid.ariaColCount)")
        assert rows >= 50_000
        assert most < 1500
        assert page.evaluate("shifts") == []
        opened(page, "a lighthouse of long ago")


# For everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_wrong(comes: Comes, made: dict[str, Any], scheme: str, options: dict[str, Any]):
    page = comes(color_scheme=scheme, **options)
    expect(tiles(page, "a red kite").first).to_be_visible()
    assert axe(page) == []
    page.get_by_role("checkbox", name="Select: a red kite", exact=True).check(force=True)
    page.get_by_role("checkbox", name="Select: a blue kite", exact=True).check(force=True)
    assert axe(page) == []
    page.get_by_role("region", name="Selection").get_by_role("button", name="Compare").click()
    page.get_by_role("dialog", name="Compare").wait_for()
    assert axe(page) == []
    page.goto(f"{page.url.partition('?')[0]}/{made['four']['job_id']}")
    shown(page, "four kites")
    assert axe(page) == []
    page.goto(page.url.partition("/gallery")[0] + "/gallery?q=zeppelin")
    page.get_by_role("heading", name="Nothing matches").wait_for()
    assert axe(page) == []
