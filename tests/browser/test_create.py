"""Where things are made: what a person asks for, sees come, and does with it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from tests.browser.visit import PATIENCE_MS, TOKEN_SECONDS, Installation, Visitor, axe, playwright

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Request, Route

expect = playwright().expect
expect.set_options(timeout=PATIENCE_MS)

LOADED = "image => image.complete && image.naturalWidth > 0"
DROPPED = """([type, name, bytes]) => {
    const held = new DataTransfer()
    held.items.add(new File([Uint8Array.from(bytes)], name, { type }))
    for (const name of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(name, { dataTransfer: held, bubbles: true, cancelable: true }))
}"""
PASTED = """([type, name, bytes]) => {
    const held = new DataTransfer()
    held.items.add(new File([Uint8Array.from(bytes)], name, { type }))
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true }))
}"""
ALONE = "localStorage.setItem('estampe.organization', '')"


def until(locator: Locator, question: str) -> None:
    """Wait until `question`, a function in JavaScript, is true of the element."""
    locator.page.wait_for_function(question, arg=locator.element_handle())


def is_done(made: Locator) -> None:
    expect(made).to_have_attribute("data-status", "succeeded", timeout=2 * PATIENCE_MS)


def words(page: Page) -> Locator:
    return page.get_by_role("textbox", name=re.compile("^(Describe|Décrivez)"))


def picture(width: int = 96, height: int = 64) -> list[Any]:
    """A file as `DROPPED` wants it: type, name, bytes."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 40, 40)).save(file, "PNG")
    return ["image/png", "start.png", list(file.getvalue())]


@pytest.fixture
def sent(ana: Visitor) -> list[dict[str, Any]]:
    """The bodies of what ana asked to be made."""
    bodies: list[dict[str, Any]] = []

    def note(asked: Request) -> None:
        if asked.method == "POST" and asked.url.endswith("/generate"):
            bodies.append(asked.post_data_json)

    ana.page.on("request", note)
    return bodies


@pytest.mark.parametrize(
    ("locale", "prompt", "done"),
    [
        ("en-US", "purple butterfly", "“purple butterfly” is done"),
        ("fr-FR", "papillon violet", "« papillon violet » est prêt"),
    ],
)
def test_what_is_asked_for_takes_the_place_it_was_promised(
    visitors: Callable[..., Visitor], session: Any, locale: str, prompt: str, done: str
):
    person = visitors(storage_state=session, locale=locale)
    person.goes_home()
    made = person.asks(prompt)
    place = made.get_by_role("listitem")
    promised = place.bounding_box()
    is_done(made)
    until(made.get_by_role("img", name=prompt), LOADED)
    assert place.bounding_box() == promised
    expect(person.page.get_by_role("status").filter(has_text=re.sub(" (?=[»])|(?<=«) ", "\xa0", done))).to_be_attached()
    expect(words(person.page)).to_have_value(prompt)


def test_a_clip_plays_in_its_place(ana: Visitor):
    made = ana.asks("bouncing red apple", "vignette-clip", "video")
    is_done(made)
    until(made.locator("video"), "video => !video.paused && video.muted && video.currentTime > 0")


def test_everything_can_be_asked_for_with_the_keyboard(ana: Visitor, sent: list[Any]):
    page = ana.page
    expect(words(page)).to_be_focused()
    page.keyboard.type("a blue whale")
    page.keyboard.press("Enter")
    page.keyboard.type("on a pink background")
    page.get_by_role("radio", name="1:1").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("radio", name="1", exact=True).focus()
    page.keyboard.press("ArrowRight")
    words(page).focus()
    page.keyboard.press("Control+Enter")
    made = page.get_by_role("article", name="a blue whale on a pink background")
    is_done(made)
    assert sent[0]["prompt"] == "a blue whale\non a pink background"
    assert sent[0]["width"] > sent[0]["height"]
    assert sent[0]["num_outputs"] == 2
    made.get_by_role("link", name=re.compile("^Open")).first.focus()
    page.keyboard.press("Tab")
    expect(made.get_by_role("button", name="Start from it").first).to_be_focused()


def test_one_click_is_one_job(ana: Visitor, sent: list[Any]):
    words(ana.page).fill("a single fox")
    ana.page.get_by_role("button", name="Make it").click()
    is_done(ana.made("a single fox").first)
    ana.page.reload()
    expect(ana.made("a single fox")).to_have_count(1)
    assert len(sent) == 1


def test_nothing_is_asked_for_without_words(ana: Visitor, sent: list[Any]):
    words(ana.page).fill("  ")
    ana.page.get_by_role("button", name="Make it").click()
    expect(words(ana.page)).to_be_focused()
    assert sent == []


def test_many_may_be_asked_for_at_once_and_a_waiting_one_shows_its_place(ana: Visitor):
    first = ana.asks("[steps 50] [sleep 0.3] first", "fake-image")
    expect(first).to_have_attribute("data-status", "running")
    shape = ana.page.get_by_role("radio", name=re.compile("^3:2"))
    shape.check(force=True)  # of another size, so that no batch takes it along
    second = ana.asks("second", "fake-image")
    third = ana.asks("third", "fake-image")
    expect(second).to_contain_text("Next in line")
    expect(third).to_contain_text("1 ahead in line")
    ana.made("[steps 50] [sleep 0.3] first").get_by_role("button", name="Cancel").click()
    is_done(second)
    is_done(third)


def test_steps_and_a_first_look_show_while_a_job_runs(ana: Visitor):
    made = ana.asks("[steps 10] [sleep 0.2] a slow one", "fake-image")
    expect(made).to_contain_text(re.compile(r"Step \d+ of 10"))
    until(made.get_by_role("progressbar"), "bar => bar.value > 0.3 && bar.value < 1")
    until(made.locator("img[src^='data:']"), LOADED)
    is_done(made)
    expect(made.get_by_role("progressbar")).to_have_count(0)


def test_a_running_job_can_be_canceled(ana: Visitor):
    made = ana.asks("[steps 50] [sleep 0.3] too slow", "fake-image")
    expect(made).to_have_attribute("data-status", "running")
    made.get_by_role("button", name="Cancel").click()
    expect(made).to_have_attribute("data-status", "canceled")
    expect(made).to_contain_text("Canceled")


def test_what_is_canceled_before_the_server_has_it_ends_as_soon_as_it_does(ana: Visitor):
    held: list[Any] = []
    ana.page.route("**/api/images/generate", lambda route: held.append(route))  # noqa: PLW0108 - a built-in has no signature to call it by
    made = ana.asks("[steps 50] [sleep 0.3] regretted", "fake-image")
    expect(made).to_contain_text("Sending")
    made.get_by_role("button", name="Cancel").click()
    expect(made).to_contain_text("Canceling")
    held[0].continue_()
    expect(made).to_have_attribute("data-status", "canceled")


@pytest.mark.parametrize(
    ("locale", "told", "edit"),
    [
        ("en-US", "The prompt asked to fail.", "Edit and try again"),
        ("fr-FR", "La consigne demandait un échec.", "Modifier et réessayer"),
    ],
)
def test_a_failure_is_told_as_the_server_tells_it_and_the_words_can_be_mended(
    visitors: Callable[..., Visitor], session: Any, locale: str, told: str, edit: str
):
    person = visitors(storage_state=session, locale=locale)
    person.goes_home()
    made = person.asks("[fail] please", "fake-image")
    expect(made).to_contain_text(told)
    words(person.page).fill("")
    made.get_by_role("button", name=edit).click()
    expect(words(person.page)).to_have_value("[fail] please")
    expect(words(person.page)).to_be_focused()


def test_a_refusal_gives_the_words_back(ana: Visitor):
    ana.expected.append("403")
    held: list[Route] = []
    ana.page.route("**/api/images/generate", lambda route: held.append(route))  # noqa: PLW0108 - as above
    made = ana.asks("a forbidden thing")
    ana.page.get_by_role("button", name="Clear the words").click()
    held[0].fulfill(status=403, json={"title": "No.", "detail": "Not here.", "code": "permission_missing"})
    expect(ana.page.get_by_role("alert").filter(has_text="No. Not here.")).to_be_visible()
    expect(words(ana.page)).to_have_value("a forbidden thing")
    expect(made).to_have_count(0)


def test_what_the_server_finds_wrong_is_said_at_its_field(ana: Visitor):
    ana.expected.append("422")
    page = ana.page
    page.get_by_role("combobox", name="Model").select_option("fake-image")
    page.get_by_text("More settings").click()
    page.get_by_role("spinbutton", name="Width, exactly").fill("100")
    words(page).fill("an odd width")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("width must be a multiple of 64")).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Width, exactly")).to_be_focused()
    page.get_by_role("button", name="Reset Width to its default").click()
    words(page).press("Control+Enter")
    is_done(ana.made("an odd width").first)


def test_a_request_whose_answer_was_lost_is_not_made_twice(ana: Visitor):
    ana.expected.append("ERR_FAILED")
    page = ana.page

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/images/generate", lose_the_answer)
    ana.asks("lost on the way", "fake-image")
    expect(page.get_by_role("alert").filter(has_text=re.compile("server", re.IGNORECASE))).to_be_visible()
    expect(words(page)).to_have_value("lost on the way")
    page.unroute("**/api/images/generate")
    words(page).press("Control+Enter")
    is_done(ana.made("lost on the way").first)
    page.reload()
    expect(ana.made("lost on the way")).to_have_count(1)


def test_an_expired_token_renews_by_itself_while_a_job_runs(ana: Visitor):
    tokens: list[Request] = []
    ana.page.on("request", lambda asked: asked.url.endswith("/auth/local/token") and tokens.append(asked))
    is_done(ana.asks(f"[steps 10] [sleep {TOKEN_SECONDS / 5}] longer than a token", "fake-image"))
    assert tokens
    is_done(ana.asks("after it", "fake-image"))


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


@pytest.mark.parametrize(("locale", "example"), [("en-US", "purple butterfly"), ("fr-FR", "papillon violet")])
def test_whoever_made_nothing_yet_is_invited(visitors: Callable[..., Visitor], session: Any, locale: str, example: str):
    person = visitors(storage_state=session, locale=locale)
    person.context.add_init_script(ALONE)
    person.page.route("**/api/jobs?*", lambda route: route.fulfill(json={"jobs": [], "next_cursor": None}))
    person.goes_home()
    person.page.get_by_role("button", name=example).click()
    person.page.unroute("**/api/jobs?*")
    is_done(person.made(example).first)
    expect(words(person.page)).to_have_value(example)


@pytest.mark.parametrize(("locale", "told"), [("en-US", "No worker is there yet"), ("fr-FR", "Aucun worker")])
def test_where_no_worker_is_the_page_says_so_until_one_comes(
    visitors: Callable[..., Visitor], session: Any, locale: str, told: str
):
    person = visitors(storage_state=session, locale=locale)
    person.page.route("**/api/models", lambda route: route.fulfill(json={"models": []}), times=1)
    person.goes_home()
    expect(person.page.get_by_role("heading", name=told)).to_be_visible()
    expect(person.page.get_by_role("button", name=re.compile("^(Make it|Créer)$"))).to_be_disabled()
    expect(person.page.get_by_role("heading", name=told)).to_have_count(0)
    expect(person.page.get_by_role("button", name=re.compile("^(Make it|Créer)$"))).to_be_enabled()


def test_what_is_left_is_shown_and_said_clearly_when_it_is_spent(visitors: Callable[..., Visitor], session: Any):
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
def test_axe_finds_nothing(visitors: Callable[..., Visitor], session: Any, scheme: str, locale: str, width: int):
    options = {"color_scheme": scheme, "locale": locale, "viewport": {"width": width, "height": 900}}
    person = visitors(storage_state=session, **options)
    page = person.page
    person.goes_home()
    if width < 1024:
        page.get_by_text("Réglages", exact=True).click()
    page.get_by_text(re.compile("^(More settings|Autres réglages)$")).click()
    is_done(person.asks("red zorg apple"))
    expect(person.asks("[fail]", "fake-image")).to_have_attribute("data-status", "failed")
    person.asks("[steps 50] [sleep 0.3] going on", "fake-image")
    page.evaluate(DROPPED, picture())
    until(page.get_by_role("img", name=re.compile("^(Start picture|Image de départ)")), LOADED)
    assert axe(page) == []
    page.get_by_role("button", name=re.compile("^(Choose what may|Choisir ce qui)")).click()
    expect(page.get_by_role("application")).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("Escape")
    person.made("[steps 50] [sleep 0.3] going on").get_by_role("button", name=re.compile("^(Cancel|Annuler)$")).click()
    person.goes_to("/generate-videos")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert axe(page) == []


@pytest.mark.parametrize("width", [360, 768])
def test_a_narrow_window_needs_no_sideways_scrolling(visitors: Callable[..., Visitor], session: Any, width: int):
    person = visitors(storage_state=session, locale="fr-FR", viewport={"width": width, "height": 700})
    person.goes_home()
    person.page.get_by_text("Réglages", exact=True).click()
    person.asks("un_mot_sans_la_moindre_espace_" * 10, "fake-image")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Installation]:
    """One that may go away."""
    started = Installation(tmp_path, drain_seconds=1)
    try:
        started.until_ready()
        yield started
    finally:
        started.stop()


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
    is_done(made)
    expect(person.page.get_by_role("status").filter(has_text="The server does not answer")).to_be_hidden()
    expect(person.made("[steps 40] [sleep 0.3] across a restart")).to_have_count(1)
    context.close()
