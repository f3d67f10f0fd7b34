"""What is deleted, one or several at once, and what appears meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.expecting import expect
from tests.browser.gallery.wall import FRENCH, SMALL, Comes, at, is_there, shown, tiles
from tests.browser.shelves import Shelves
from tests.browser.visit import Installation, Visitor
from tests.postgres import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.parametrize(
    ("options", "delete", "undo"), [({}, "Delete", "Undo"), (FRENCH, "Supprimer", "Annuler")], ids=["en", "fr"]
)
def test_what_is_deleted_vanishes_at_once_and_comes_back_when_undone(
    comes: Comes, throwaway: Callable[..., str], options: dict[str, Any], delete: str, undo: str
):
    job_id = throwaway("a leaf")
    page = comes(f"/gallery/{job_id}", **options)
    shown(page, "a leaf").get_by_role("button", name=delete).click()
    expect(tiles(page, "a leaf")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name=undo).hover()  # so that it stays
    expect(tiles(page, "a leaf")).to_have_count(0)
    page.get_by_role("button", name=undo).click()
    expect(tiles(page, "a leaf")).to_have_count(1)
    page.reload()
    expect(tiles(page, "a leaf")).to_have_count(1)


def test_what_nobody_takes_back_is_deleted_for_good(
    gallery: Page, installation: Installation, throwaway: Callable[..., str]
):
    job_id = throwaway("a leaf", num_outputs=2)
    expect(tiles(gallery, "a leaf")).to_have_count(2)
    tiles(gallery, "a leaf").first.focus()
    gallery.keyboard.press("Delete")
    gallery.get_by_text("2 files deleted").hover()  # so that it stays
    expect(tiles(gallery, "a leaf")).to_have_count(0)
    gallery.get_by_title("Close").click()
    with installation.person() as ana:
        eventually(lambda: not is_there(ana, job_id), "the end of the leaf")
    gallery.reload()
    expect(tiles(gallery, "a red kite").first).to_be_visible()
    expect(tiles(gallery, "a leaf")).to_have_count(0)


def test_leaving_the_page_ends_the_time_to_think_better_of_it(
    gallery: Page, ana: Visitor, installation: Installation, throwaway: Callable[..., str]
):
    ana.expected.append("404 (Not Found)")  # coming back, it makes sure
    job_id = throwaway("a leaf")
    tiles(gallery, "a leaf").focus()
    gallery.keyboard.press("Delete")
    expect(tiles(gallery, "a leaf")).to_have_count(0)
    gallery.goto(installation.url + "/gallery")
    with installation.person() as person:
        eventually(lambda: not is_there(person, job_id), "the end of the leaf")
    expect(tiles(gallery, "a red kite").first).to_be_visible()
    expect(tiles(gallery, "a leaf")).to_have_count(0)


def test_what_the_server_would_not_delete_comes_back(gallery: Page, ana: Visitor, throwaway: Callable[..., str]):
    job_id = throwaway("a leaf")
    ana.expected.append("403 (Forbidden)")
    refusal = {"status": 403, "code": "permission_missing", "title": "Not yours.", "detail": ""}
    gallery.route(f"**/api/jobs/{job_id}", lambda route: route.fulfill(status=403, json=refusal))
    tiles(gallery, "a leaf").focus()
    gallery.keyboard.press("Delete")
    gallery.get_by_title("Close").hover()  # so that it stays
    expect(tiles(gallery, "a leaf")).to_have_count(0)
    gallery.get_by_title("Close").click()
    expect(gallery.get_by_role("alert")).to_contain_text("It was not deleted")
    expect(tiles(gallery, "a leaf")).to_have_count(1)
    gallery.unroute(f"**/api/jobs/{job_id}")


# Several at once


def test_several_are_selected_by_a_stretch_taken_home_and_deleted_with_one_way_back(
    gallery: Page, installation: Installation, throwaway: Callable[..., str]
):
    ids = [throwaway(f"leaf number {number}") for number in range(3)]
    boxes = gallery.get_by_role("checkbox", name=re.compile("Select: leaf number"))
    expect(boxes).to_have_count(3)
    boxes.first.click(force=True)
    boxes.last.click(force=True, modifiers=["Shift"])
    selection = gallery.get_by_role("region", name="Selection")
    expect(selection).to_contain_text("3 selected")
    expect(selection.get_by_role("button", name="Compare")).to_have_count(0)
    came: list[str] = []
    gallery.on("download", lambda download: came.append(download.suggested_filename))
    with gallery.expect_event("download", lambda _: len(came) == 3):  # they may all come before a click returns
        selection.get_by_role("button", name="Download").click()
    assert [re.sub(r"-\d+\.png$", "", name) for name in came] == [f"leaf-number-{number}" for number in (2, 1, 0)]
    selection.get_by_role("button", name="Delete").click()
    gallery.get_by_text("3 files deleted").hover()  # so that it stays
    expect(boxes).to_have_count(0)
    expect(selection).to_have_count(0)
    gallery.get_by_role("button", name="Undo").click()
    expect(boxes).to_have_count(3)
    with installation.person() as ana:
        assert all(is_there(ana, job_id) for job_id in ids)


def test_everything_is_done_without_a_mouse(gallery: Page, throwaway: Callable[..., str]):
    throwaway("a leaf")
    expect(tiles(gallery, "a leaf")).to_have_count(1)
    gallery.keyboard.press("/")
    expect(gallery.get_by_role("searchbox")).to_be_focused()
    gallery.keyboard.type("kite")
    expect(gallery).to_have_url(re.compile("q=kite"))
    expect(tiles(gallery, "a leaf")).to_have_count(0)
    gallery.keyboard.press("Escape")
    expect(tiles(gallery, "a leaf")).to_have_count(1)
    tiles(gallery, "a leaf").focus()
    gallery.keyboard.press("ArrowRight")
    second = tiles(gallery).nth(1)
    expect(second).to_be_focused()
    expect(gallery.locator("[role=grid] a[tabindex='0']")).to_have_count(1)
    gallery.keyboard.press("x")
    gallery.keyboard.press("Shift+ArrowRight")
    expect(gallery.get_by_role("gridcell", selected=True)).to_have_count(2)
    gallery.keyboard.press("Escape")
    expect(gallery.get_by_role("gridcell", selected=True)).to_have_count(0)
    gallery.keyboard.press("ArrowDown")
    gallery.keyboard.press("ArrowUp")
    gallery.keyboard.press("ArrowLeft")
    gallery.keyboard.press("Home")
    expect(tiles(gallery, "a leaf")).to_be_focused()
    gallery.keyboard.press("Enter")
    shown(gallery, "a leaf")
    gallery.keyboard.press("Escape")
    expect(tiles(gallery, "a leaf")).to_be_focused()
    gallery.keyboard.press("Delete")
    expect(tiles(gallery, "a leaf")).to_have_count(0)
    expect(tiles(gallery).first).to_be_focused()


def test_the_keys_are_written_down(gallery: Page):
    gallery.get_by_role("button", name="Keyboard").click()
    expect(gallery.get_by_role("dialog", name="Keyboard")).to_contain_text("Delete")


# New things


def test_what_is_made_meanwhile_appears_at_the_top_and_moves_nobody_who_is_further_down(
    ana: Visitor, installation: Installation, shelves: Shelves, made: dict[str, Any]
):
    with shelves.filled(jobs=80, prompt="a stored print", like=made["red"], seen_by=ana):
        page = at(ana)
        expect(tiles(page, "a stored print").first).to_be_visible()
        with installation.person() as person:
            first = person.make("a new leaf", **SMALL)
            expect(tiles(page, "a new leaf")).to_be_visible()
            page.mouse.wheel(0, 1500)
            page.wait_for_function("() => scrollY > 1400")
            seen = tiles(page).nth(10)
            place, words = seen.bounding_box(), seen.get_attribute("href")
            second = person.make("a newer leaf", **SMALL)
            page.get_by_role("status").get_by_role("button", name="1 new result above").wait_for()
            assert page.locator(f'[role=grid] a[href="{words}"]').bounding_box() == place
            page.get_by_role("button", name="1 new result above").click()
            expect(tiles(page, "a newer leaf")).to_be_visible()
            for job in (first, second):
                person.delete(f"/api/jobs/{job['job_id']}")
