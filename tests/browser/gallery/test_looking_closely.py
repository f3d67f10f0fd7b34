"""One thing of the gallery: all that is known of it, its neighbours, and making it again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.expecting import expect
from tests.browser.gallery.wall import FRENCH, SIDES, Comes, at, fact, opened, shown, tiles
from tests.browser.shelves import Shelves
from tests.browser.visit import Installation, Visitor
from tests.postgres import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route


def test_a_link_to_one_picture_opens_it_with_all_that_is_known_of_it(ana: Visitor, made: dict[str, Any]):
    job = made["red"]
    page = at(ana, f"/gallery/{job['job_id']}")
    sheet = shown(page, "a red kite")
    file = job["outputs"][0]
    facts = {
        "Model": "Fake image",
        "Seed": "7",
        "Steps": "1",
        "By": "You",
        "Size": SIDES,
        "SHA-256": file["sha256"],
    }
    for name, said in facts.items():
        expect(fact(sheet, name)).to_have_text(said)
    picture = sheet.get_by_role("img", name="a red kite")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
    page.get_by_role("button", name="Back to the gallery").click()
    expect(sheet).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/gallery$"))


def test_a_failed_job_says_why_in_the_persons_language(comes: Comes, made: dict[str, Any]):
    page = comes(f"/gallery/{made['failed']['job_id']}", **FRENCH)
    sheet = shown(page, "[fail] a kite")
    expect(sheet.get_by_role("alert")).to_have_text("La consigne demandait un échec.")
    expect(sheet.get_by_role("button", name="Refaire")).to_be_enabled()


def test_arrows_and_buttons_go_from_one_to_the_next_and_closing_returns_to_the_last(gallery: Page):
    opened(gallery, "a blue kite").press("ArrowRight")
    shown(gallery, "a red kite").get_by_role("button", name="Next").click()
    shown(gallery, "a wide river")
    gallery.keyboard.press("ArrowLeft")
    shown(gallery, "a red kite")
    gallery.keyboard.press("Escape")
    expect(gallery.get_by_role("dialog")).to_be_hidden()
    expect(tiles(gallery, "a red kite").first).to_be_focused()


def test_one_of_several_files_is_chosen_from_a_strip_and_has_an_address(gallery: Page):
    sheet = opened(gallery, "four kites")
    strip = sheet.get_by_role("list", name="What this job made")
    expect(strip.get_by_role("button")).to_have_count(4)
    strip.get_by_role("button", name="3 of 4").click()
    expect(gallery).to_have_url(re.compile(r"output=3$"))
    expect(strip.get_by_role("button", name="3 of 4")).to_have_attribute("aria-current", "true")
    gallery.reload()
    expect(strip.get_by_role("button", name="3 of 4")).to_have_attribute("aria-current", "true")


def test_a_clip_plays_where_it_stands(gallery: Page, made: dict[str, Any]):
    clip = tiles(gallery, "a lighthouse that turns").locator("video")
    gallery.wait_for_function(
        "video => !video.paused && video.muted && video.currentTime > 0", arg=clip.element_handle()
    )
    poster = made["clip"]["outputs"][0]["thumbnail_url"].split("expires=")[0]
    expect(clip).to_have_attribute("poster", re.compile(re.escape(poster)))
    sheet = opened(gallery, "a lighthouse that turns")
    expect(sheet.locator("video")).to_have_attribute("controls", "")


def renews_links(route: Route) -> None:
    """What the server answers, with other links to the same files."""
    answer = route.fetch()
    route.fulfill(response=answer, body=re.sub(r"(signature=[\w-]+)", r"\1#later", answer.text()))


def test_a_clip_plays_on_while_its_link_is_renewed(ana: Visitor, made: dict[str, Any], throwaway: Callable[..., str]):
    page = at(ana, "/gallery?q=turns")
    clip = tiles(page, "a lighthouse that turns").locator("video")
    playing = "video => !video.paused && video.currentTime > 0"
    page.wait_for_function(playing, arg=clip.element_handle())
    page.route("**/api/jobs?**", renews_links)
    throwaway("a leaf")  # the first page is read again
    expect(clip).to_have_attribute("poster", re.compile("#later"))
    page.wait_for_function(playing, arg=clip.element_handle())


def test_a_clip_whose_link_ended_plays_under_a_new_one(ana: Visitor, made: dict[str, Any]):
    ana.expected.append("403")
    renewed: list[str] = []
    link = re.compile(rf"/{made['clip']['outputs'][0]['asset_id']}/content(?!.*variant=thumbnail)")
    ana.page.route(link, lambda route: route.continue_() if renewed else route.fulfill(status=403))

    def renew(route: Route) -> None:
        renewed.append(route.request.url)
        renews_links(route)

    ana.page.route(f"**/api/jobs/{made['clip']['job_id']}", renew)
    clip = tiles(at(ana), "a lighthouse that turns").locator("video")
    until_playing = "video => !video.paused && video.currentTime > 0 && video.src.includes('#later')"
    ana.page.wait_for_function(until_playing, arg=clip.element_handle())


def test_coming_back_from_another_page_finds_the_place_that_was_left(
    ana: Visitor, shelves: Shelves, made: dict[str, Any]
):
    with shelves.filled(jobs=60, prompt="a stored print", like=made["red"], seen_by=ana):
        page = at(ana)
        expect(tiles(page).first).to_be_visible()
        page.evaluate("scrollTo(0, 2400)")
        page.wait_for_function("() => scrollY === 2400")
        number = tiles(page, "a stored print").nth(12).inner_text()
        left = tiles(page, number.split("\n")[0]).first
        left.hover()  # in sight, and at rest
        place = left.bounding_box()
        left.click()
        page.get_by_role("dialog").get_by_role("link", name="Use these settings").click()
        expect(page).to_have_url(re.compile("/generate-images"))
        page.go_back()
        page.get_by_role("dialog").get_by_role("button", name="Back to the gallery").click()
        expect(tiles(page, number.split("\n")[0]).first).to_be_visible()
        eventually(lambda: tiles(page, number.split("\n")[0]).first.bounding_box() == place, "the place that was left")


# Make again


def test_settings_are_taken_to_the_page_that_makes_it(gallery: Page, made: dict[str, Any]):
    sheet = opened(gallery, "a red kite")
    job, file = made["red"]["job_id"], made["red"]["outputs"][0]["asset_id"]
    for name, leads in {
        "Use these settings": f"/generate-images?from={job}",
        "Animate this picture": f"/generate-videos?start={file}",
        "Start from this picture": f"/generate-images?start={file}",
    }.items():
        expect(sheet.get_by_role("link", name=name)).to_have_attribute("href", leads)
    gallery.keyboard.press("Escape")
    sheet = opened(gallery, "a lighthouse that turns")
    expect(sheet.get_by_role("link", name="Use these settings")).to_have_attribute(
        "href", f"/generate-videos?from={made['clip']['job_id']}"
    )
    expect(sheet.get_by_role("link", name="Animate this picture")).to_have_count(0)


@pytest.mark.parametrize(
    ("action", "same_seed"), [("Same with a new seed", False), ("Make again", True)], ids=["new seed", "again"]
)
def test_it_is_made_once_more_at_a_click_and_appears_by_itself(
    gallery: Page, installation: Installation, made: dict[str, Any], action: str, *, same_seed: bool
):
    kites = tiles(gallery, "a red kite")
    expect(kites).to_have_count(1)
    opened(gallery, "a red kite").get_by_role("button", name=action).click()
    gallery.get_by_role("button", name="See it").click()
    gallery.wait_for_url(lambda url: "/gallery/" in url and made["red"]["job_id"] not in url)
    job_id = gallery.url.rpartition("/")[2]
    with installation.person() as ana:
        try:
            job = ana.ended(job_id)
            assert job["parameters"] | {"seed": 0} == made["red"]["parameters"] | {"seed": 0}
            assert (job["parameters"]["seed"] == made["red"]["parameters"]["seed"]) is same_seed
            gallery.get_by_role("dialog").get_by_role("img", name="a red kite").wait_for()
            gallery.keyboard.press("Escape")
            expect(kites).to_have_count(2)
        finally:
            ana.delete(f"/api/jobs/{job_id}")


def test_a_download_is_the_file_itself_under_a_name_that_says_what_it_is(gallery: Page, made: dict[str, Any]):
    sheet = opened(gallery, "a red kite")
    with gallery.expect_download() as started:
        sheet.get_by_role("link", name="Download").click()
    assert started.value.suggested_filename == "a-red-kite-7.png"
    content = started.value.path().read_bytes()
    assert hashlib.sha256(content).hexdigest() == made["red"]["outputs"][0]["sha256"]
    assert b"a red kite" in content  # how it was made travels with it


# Compare


def test_two_pictures_are_compared_side_by_side_and_by_a_curtain(gallery: Page):
    for prompt in ("a red kite", "a blue kite"):
        gallery.get_by_role("checkbox", name=f"Select: {prompt}", exact=True).check(force=True)
    gallery.get_by_role("region", name="Selection").get_by_role("button", name="Compare").click()
    sheet = gallery.get_by_role("dialog", name="Compare")
    curtain = sheet.get_by_role("slider", name="How much of the first is seen")
    curtain.focus()
    gallery.keyboard.press("ArrowRight")
    expect(curtain).to_have_value("51")
    rows = sheet.get_by_role("table", name="What differs").get_by_role("row")
    expect(rows).to_contain_text(["First", "Prompt", "Seed"])
    expect(rows.filter(has_text="Seed")).to_contain_text("7")
    expect(sheet).not_to_contain_text("Guidance")
    sheet.get_by_role("radio", name="Side by side").check(force=True)
    expect(sheet.get_by_role("img")).to_have_count(2)
    gallery.reload()
    expect(curtain).to_be_visible()


def test_pictures_of_other_proportions_have_no_curtain(ana: Visitor, made: dict[str, Any]):
    page = at(ana, f"/gallery?compare={made['red']['job_id']}.0,{made['wide']['job_id']}.0")
    sheet = page.get_by_role("dialog", name="Compare")
    expect(sheet.get_by_role("img")).to_have_count(2)
    expect(sheet.get_by_role("slider")).to_have_count(0)
