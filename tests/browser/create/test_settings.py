"""Shape, count, seed, words and pictures to start from: what is asked for is what was set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.browser.create.desk import DROPPED, LOADED, PASTED, is_done, picture, until, words
from tests.browser.expecting import expect
from tests.browser.visit import Visitor


def test_shape_and_count_are_kept_to(ana: Visitor, sent: list[Any]):
    page = ana.page
    page.get_by_role("radio", name=re.compile("^16:9")).check(force=True)
    count = page.get_by_role("radiogroup", name="How many")
    count.get_by_role("radio", name="3", exact=True).check(force=True)
    made = ana.asks("three wide foxes", "fake-image")
    places = made.get_by_role("listitem")
    expect(places).to_have_count(3)
    is_done(made)
    expect(made.get_by_role("img", name="three wide foxes")).to_have_count(3)
    box = places.first.bounding_box()
    assert box is not None
    assert abs(box["width"] / box["height"] - sent[0]["width"] / sent[0]["height"]) < 0.02
    assert sent[0]["num_outputs"] == 3


def test_settings_stay_for_each_kind_while_the_page_lives(ana: Visitor):
    page = ana.page
    words(page).fill("half a thought")
    page.get_by_role("radio", name=re.compile("^16:9")).check(force=True)
    ana.menu.get_by_role("link", name="Videos").click()
    expect(words(page)).to_have_value("")
    ana.menu.get_by_role("link", name="Images").click()
    expect(words(page)).to_have_value("half a thought")
    expect(page.get_by_role("radio", name=re.compile("^16:9"))).to_be_checked()
    page.get_by_role("button", name="Reset Shape to its default").click()
    expect(page.get_by_role("radio", name=re.compile("^1:1"))).to_be_checked()


def test_the_settings_of_an_earlier_print_come_back_seed_and_all(ana: Visitor, sent: list[Any]):
    page = ana.page
    page.get_by_role("spinbutton", name="Seed").fill("4711")
    made = ana.asks("an earlier owl", "fake-image")
    is_done(made)
    job_id = made.get_by_role("link", name=re.compile("^Open")).get_attribute("href").split("/")[-1]
    page.get_by_role("button", name="Another seed each time").click()
    words(page).fill("something else")
    made.get_by_role("button", name="Same settings").click()
    expect(words(page)).to_have_value("an earlier owl")
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("4711")
    with page.expect_request("**/generate"):  # a card is there before its request
        made.get_by_role("button", name="New seed").click()
    expect(ana.made("an earlier owl")).to_have_count(2)
    assert sent[0]["seed"] == 4711
    assert "seed" not in sent[1]
    ana.goes_to(f"/generate-images?from={job_id}&seed=new")
    expect(words(page)).to_have_value("an earlier owl")
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("")
    assert page.url.endswith("/generate-images")
    ana.goes_to("/generate-images?prompt=from%20elsewhere")
    expect(words(page)).to_have_value("from elsewhere")


def test_a_seed_is_rolled_locked_and_let_go(ana: Visitor, sent: list[Any]):
    page, seed = ana.page, ana.page.get_by_role("spinbutton", name="Seed")
    page.get_by_role("button", name="Roll a seed").click()
    rolled = seed.input_value()
    assert rolled.isdecimal()
    is_done(ana.asks("a kept seed", "fake-image"))
    page.get_by_role("button", name="Another seed each time").click()
    expect(seed).to_have_value("")
    page.get_by_role("button", name="Keep this seed").click()
    expect(seed).to_have_value(rolled)
    assert sent[0]["seed"] == int(rolled)


def test_words_the_model_did_not_know_are_said(ana: Visitor):
    made = ana.asks("green zorg turtle")
    is_done(made)
    expect(made).to_contain_text("The model did not know: “zorg”")


def test_a_word_that_was_read_as_another_is_said(ana: Visitor):
    made = ana.asks("green turtel")
    is_done(made)
    expect(made).to_contain_text("Read as: turtel → turtle")
    made.get_by_role("link", name="green turtel").click()
    expect(ana.page.get_by_role("dialog")).to_contain_text("turtel → turtle")


def test_a_mask_whose_painting_is_closed_on_its_way_is_not_applied(ana: Visitor, sent: list[Any]):
    page = ana.page
    page.get_by_role("combobox", name="Model").select_option("fake-image")
    page.evaluate(DROPPED, picture())
    until(page.get_by_role("img", name="Start picture"), LOADED)
    page.get_by_role("button", name="Choose what may change").click()
    mask = page.get_by_role("dialog")
    mask.get_by_role("button", name="Paint all").click()
    page.route("**/api/uploads", lambda route: None)
    with page.expect_request("**/api/uploads"):
        mask.get_by_role("button", name="Use it").click()
    with page.expect_event("requestfailed", lambda asked: asked.url.endswith("/api/uploads")):
        page.keyboard.press("Escape")
    is_done(ana.asks("not masked", "fake-image"))
    assert "input_asset_id" in sent[0]
    assert "mask_asset_id" not in sent[0]


def test_a_dropped_picture_is_started_from_and_masked(ana: Visitor, sent: list[Any]):
    page = ana.page
    page.get_by_role("combobox", name="Model").select_option("fake-image")
    page.evaluate(DROPPED, picture())
    start = page.get_by_role("region", name="Start picture")
    until(start.get_by_role("img", name="Start picture"), LOADED)
    start.get_by_role("button", name="Choose what may change").click()
    mask = page.get_by_role("dialog")
    mask.get_by_role("button", name="Use it").click()
    expect(mask.get_by_role("alert")).to_contain_text("Nothing is painted")
    easel = mask.get_by_role("application")
    box = easel.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5, steps=4)
    page.mouse.up()
    easel.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    mask.get_by_role("button", name="Undo").click()
    mask.get_by_role("button", name="Use it").click()
    expect(mask).to_be_hidden()
    expect(start.get_by_text("Only the painted part changes")).to_be_visible()
    start.get_by_role("spinbutton", name=re.compile("^How much may change")).fill("1")
    made = ana.asks("a masked thing", "fake-image")
    is_done(made)
    assert sent[0]["input_asset_id"] != sent[0]["mask_asset_id"]
    assert sent[0]["strength"] == 1
    assert sent[0]["width"] > sent[0]["height"], "the shape follows the picture"
    shown = made.get_by_role("img", name="a masked thing")
    until(shown, LOADED)
    left, right = shown.evaluate(
        """image => {
            const canvas = document.createElement("canvas")
            const [width, height] = [canvas.width = image.naturalWidth, canvas.height = image.naturalHeight]
            const brush = canvas.getContext("2d", { willReadFrequently: true })
            brush.drawImage(image, 0, 0)
            return [0.3, 0.9].map((x) => [...brush.getImageData(x * width, height / 2, 1, 1).data.slice(0, 3)])
        }"""
    )
    kept = (200, 40, 40)
    assert max(abs(one - other) for one, other in zip(right, kept, strict=True)) < 30
    assert max(abs(one - other) for one, other in zip(left, kept, strict=True)) > 30
    start.get_by_role("button", name="Remove the start picture").click()
    expect(start).to_have_count(0)


def test_a_picture_for_a_model_of_words_alone_is_declined_kindly(ana: Visitor):
    page = ana.page
    page.get_by_role("combobox", name="Model").select_option("vignette")
    page.evaluate(PASTED, picture())
    notice = page.get_by_role("alert").filter(has_text="Vignette draws from words alone.")
    notice.get_by_role("button", name="Use Fake image").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("fake-image")
    until(page.get_by_role("img", name="Start picture"), LOADED)
    page.evaluate(DROPPED, ["text/plain", "words.txt", [65]])
    expect(page.get_by_role("alert").filter(has_text="This is not a picture")).to_be_visible()


def test_a_picture_is_chosen_from_files_and_a_print_is_brought_to_life(ana: Visitor, tmp_path: Path, sent: list[Any]):
    page = ana.page
    page.get_by_role("combobox", name="Model").select_option("fake-image")
    file = tmp_path / "start.png"
    file.write_bytes(bytes(picture()[2]))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Start from a picture").click()
    chooser.value.set_files(file)
    until(page.get_by_role("img", name="Start picture"), LOADED)
    made = ana.asks("to be animated", "fake-image")
    is_done(made)
    made.hover()
    made.get_by_role("button", name="Animate it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Make a video")
    notice = page.get_by_role("alert").filter(has_text="Vignette clip draws from words alone.")
    until_started = page.get_by_role("img", name="Start picture")
    expect(notice.or_(until_started)).to_be_visible()
    if notice.is_visible():
        notice.get_by_role("button", name="Use Fake video").click()
    until(until_started, LOADED)
    clip = ana.asks("it moves", "fake-video", "video")
    is_done(clip)
    assert "input_asset_id" in sent[1]
