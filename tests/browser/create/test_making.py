"""What a person asks for, sees come, and what goes wrong on the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.create.desk import LOADED, is_done, until, words
from tests.browser.expecting import expect
from tests.browser.visit import PATIENCE_MS, TOKEN_SECONDS, Installation, Visitor, Visitors
from tests.postgres import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Request, Route
    from tests.service import Person


def request_of(visitor: Visitor, held: list[Any]) -> Any:
    """A card is there before its request, which may have to wait for a token."""
    eventually(lambda: visitor.page.wait_for_timeout(20) or held, "a request")
    return held[0]


@pytest.mark.parametrize(
    ("locale", "prompt", "done"),
    [
        ("en-US", "purple butterfly", "“purple butterfly” is done"),
        ("fr-FR", "papillon violet", "« papillon violet » est prêt"),
    ],
)
def test_what_is_asked_for_takes_the_place_it_was_promised(
    visitors: Visitors, session: Any, locale: str, prompt: str, done: str
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
    first = ana.asks("[steps 400] [sleep 0.3] first", "fake-image")
    expect(first).to_have_attribute("data-status", "running")
    shape = ana.page.get_by_role("radio", name=re.compile("^3:2"))
    shape.check(force=True)  # of another size, so that no batch takes it along
    second = ana.asks("second", "fake-image")
    third = ana.asks("third", "fake-image")
    expect(second).to_contain_text("Next in line")
    expect(third).to_contain_text("1 ahead in line")
    ana.made("[steps 400] [sleep 0.3] first").get_by_role("button", name="Cancel").click()
    is_done(second)
    is_done(third)


def test_steps_and_a_first_look_show_while_a_job_runs(ana: Visitor):
    made = ana.asks("[steps 50] [sleep 0.2] a slow one", "fake-image")
    expect(made).to_contain_text(re.compile(r"Step \d+ of 50"))
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
    request_of(ana, held).continue_()
    expect(made).to_have_attribute("data-status", "canceled")


def test_what_the_server_would_not_cancel_goes_on_and_can_be_canceled_again(ana: Visitor):
    ana.expected.append("403 (Forbidden)")
    held: list[Any] = []
    ana.page.route("**/api/images/generate", lambda route: held.append(route))  # noqa: PLW0108 - as above
    refusal = {"title": "Not now.", "detail": "", "code": "permission_missing"}
    ana.page.route("**/cancel", lambda route: route.fulfill(status=403, json=refusal))
    made = ana.asks("[steps 50] [sleep 0.3] not let go", "fake-image")
    made.get_by_role("button", name="Cancel").click()
    request_of(ana, held).continue_()
    expect(made.get_by_role("alert")).to_have_text("Not now.")
    expect(made).not_to_contain_text("Canceling")
    ana.page.unroute("**/cancel")
    made.get_by_role("button", name="Cancel").click()
    expect(made).to_have_attribute("data-status", "canceled")


def test_what_is_told_of_before_the_answer_comes_is_one_card(ana: Visitor, installation: Installation):
    held: list[Any] = []
    ana.page.route("**/api/images/generate", lambda route: held.append((route, route.fetch())))
    made = ana.asks("sooner told than answered", "fake-image")
    route, answer = request_of(ana, held)
    with installation.person() as elsewhere:
        elsewhere.make("made elsewhere", model="fake-image")
    expect(ana.made("made elsewhere")).to_be_visible()  # what was told before it has been heard
    expect(ana.made("sooner told than answered")).to_have_count(1)
    expect(made).to_contain_text("Sending")
    route.fulfill(response=answer)
    is_done(made)
    expect(ana.made("sooner told than answered")).to_have_count(1)


@pytest.mark.parametrize(
    ("locale", "told", "edit"),
    [
        ("en-US", "The prompt asked to fail.", "Edit and try again"),
        ("fr-FR", "La consigne demandait un échec.", "Modifier et réessayer"),
    ],
)
def test_a_failure_is_told_as_the_server_tells_it_and_the_words_can_be_mended(
    visitors: Visitors, session: Any, locale: str, told: str, edit: str
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
    request_of(ana, held).fulfill(
        status=403, json={"title": "No.", "detail": "Not here.", "code": "permission_missing"}
    )
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
    told = page.get_by_role("alert").filter(has_text=re.compile("server", re.IGNORECASE))
    expect(told).to_be_visible(timeout=2 * PATIENCE_MS)  # after all its tries
    expect(words(page)).to_have_value("lost on the way")
    page.unroute("**/api/images/generate")
    words(page).press("Control+Enter")
    is_done(ana.made("lost on the way").first)
    page.reload()
    expect(ana.made("lost on the way")).to_have_count(1)


def test_what_is_asked_for_before_the_list_is_there_keeps_its_card_and_is_told_of(
    ana: Visitor, installation: Installation
):
    ana.page.route("**/api/jobs?*", lambda _: None)
    ana.page.reload()
    made = ana.asks("sooner than the list", "fake-image")
    with installation.person() as person:
        eventually(lambda: ana.page.wait_for_timeout(20) or ended(person, "sooner than the list"), "the picture")
    expect(made).to_be_visible()
    ana.page.unroute("**/api/jobs?*")  # what was held goes on too
    is_done(made)
    expect(ana.page.get_by_role("status").filter(has_text="“sooner than the list” is done")).to_be_attached()


def ended(person: Person, prompt: str) -> bool:
    jobs = person.get("/api/jobs").json()["jobs"]
    return any(job["status"] == "succeeded" for job in jobs if job["parameters"]["prompt"] == prompt)


def test_an_expired_token_renews_by_itself_while_a_job_runs(ana: Visitor):
    tokens: list[Request] = []
    ana.page.on("request", lambda asked: asked.url.endswith("/auth/local/token") and tokens.append(asked))
    is_done(ana.asks(f"[steps 10] [sleep {TOKEN_SECONDS / 5}] longer than a token", "fake-image"))
    assert tokens
    is_done(ana.asks("after it", "fake-image"))
