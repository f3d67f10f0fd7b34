"""What people do with what was made: find it again, look at it, compare, take it home, make it again, delete it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.shelves import Shelves
from tests.browser.visit import PATIENCE_MS, Installation, Visitor, axe, playwright
from tests.postgres import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page
    from tests.service import Person

expect = playwright().expect
expect.set_options(timeout=PATIENCE_MS)

SIDES = "64 \N{MULTIPLICATION SIGN} 64"
SMALL = {"model": "fake-image", "width": 64, "height": 64, "num_inference_steps": 1}
FURTHER = """height => document.documentElement.scrollHeight > height
    || [...document.querySelectorAll("[role=grid] a")].some(link => link.textContent.includes("long ago"))"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
FRENCH = {"locale": "fr-FR"}


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


Comes = Callable[..., "Page"]


@pytest.fixture
def comes(visitors: Callable[..., Visitor], session: Any, made: dict[str, Any]) -> Comes:
    """Somebody signed in, with a browser like this, comes to an address."""

    def visit(path: str = "/gallery", **options: Any) -> Page:
        return at(visitors(storage_state=session, **options), path)

    return visit


@pytest.fixture
def gallery(ana: Visitor, made: dict[str, Any]) -> Page:
    return at(ana)


def at(visitor: Visitor, path: str = "/gallery") -> Page:
    """A sheet that is open hides the rest of the page from who asks by roles."""
    visitor.page.goto(visitor.url + path)
    visitor.menu.or_(visitor.page.get_by_role("dialog")).first.wait_for()
    return visitor.page


def tiles(page: Page, prompt: str | None = None) -> Locator:
    links = page.get_by_role("grid").get_by_role("link")
    return links.filter(has_text=prompt) if prompt else links


def opened(page: Page, prompt: str) -> Locator:
    """The sheet over the gallery that shows it."""
    tiles(page, prompt).first.click()
    return shown(page, prompt)


def shown(page: Page, prompt: str) -> Locator:
    sheet = page.get_by_role("dialog", name=prompt, exact=True)
    expect(sheet).to_be_visible()
    return sheet


def fact(sheet: Locator, name: str) -> Locator:
    return sheet.get_by_role("term").filter(has_text=re.compile(f"^{re.escape(name)}$")).locator("+ dd")


def is_there(person: Person, job_id: str) -> bool:
    return person.get(f"/api/jobs/{job_id}").status_code == 200


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


# Find again


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


def test_who_made_nothing_yet_is_told_where_to_begin(visitors: Callable[..., Visitor], session: Any):
    visitor = visitors(storage_state=session)
    visitor.page.add_init_script("localStorage.setItem('estampe.organization', '')")
    page = at(visitor)
    expect(page.get_by_role("heading", name="Nothing made yet")).to_be_visible()
    expect(page.get_by_role("link", name="Make an image")).to_have_attribute("href", "/generate-images")


# Look closely


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
    opened(gallery, "a blue kite")
    gallery.keyboard.press("ArrowRight")
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


def test_coming_back_from_another_page_finds_the_place_that_was_left(
    ana: Visitor, shelves: Shelves, made: dict[str, Any]
):
    with shelves.filled(jobs=60, prompt="a stored print", like=made["red"]):
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


# Delete


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
    expect(gallery.get_by_text("2 files deleted")).to_be_visible()
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
    selection.get_by_role("button", name="Download").click()
    gallery.wait_for_event("download", predicate=lambda _: len(came) == 3)
    assert [re.sub(r"-\d+\.png$", "", name) for name in came] == [f"leaf-number-{number}" for number in (2, 1, 0)]
    selection.get_by_role("button", name="Delete").click()
    expect(gallery.get_by_text("3 files deleted")).to_be_visible()
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
    with shelves.filled(jobs=80, prompt="a stored print", like=made["red"]):
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


# Nothing is shared


def test_another_organisation_sees_nothing_and_a_link_says_it_does_not_exist(
    visitors: Callable[..., Visitor], session: Any, installation: Installation, made: dict[str, Any]
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
    with shelves.filled(jobs=12_500, prompt="a stored print", like=made["four"]):
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
