"""What a newcomer does on first contact: a link, a sentence, a picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.visit import PATIENCE_MS, TOKEN_SECONDS, Installation, Visitor, playwright

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Request, Route

expect = playwright().expect
expect.set_options(timeout=PATIENCE_MS)

LOADED = "image => image.complete && image.naturalWidth > 0"
PLAYS = "video => !video.paused && video.muted && video.loop && video.currentTime > 0"


def until(locator: Locator, question: str) -> None:
    """Wait until `question`, a function in JavaScript, is true of the element."""
    locator.page.wait_for_function(question, arg=locator.element_handle())


def is_done(made: Locator) -> None:
    expect(made).to_have_attribute("data-status", "succeeded")


def seed_shown(page: Page) -> str:
    return page.locator("dt", has_text=re.compile("^Seed$")).locator("+ dd").inner_text()


def test_a_printed_link_signs_in_and_leaves_no_code_behind(stranger: Visitor, installation: Installation):
    page = stranger.page
    page.goto(installation.printed_link())
    expect(page.locator("#composer")).to_be_visible()
    assert page.url == installation.url + "/"
    assert page.evaluate("history.length") == 2
    assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]
    page.reload()
    expect(page.locator("#composer")).to_be_visible()


def test_a_used_link_shows_how_to_get_another(stranger: Visitor, visitors: Callable[..., Visitor], installation: Any):
    link = installation.printed_link()
    stranger.page.goto(link)
    expect(stranger.page.locator("#composer, #outside").filter(visible=True)).to_be_visible()
    late = visitors(locale="fr-FR")
    late.expected.append("401 (Unauthorized)")
    late.page.goto(link)
    expect(late.page.locator("#outside")).to_contain_text("Connexion requise")
    expect(late.page.locator("#outside code")).to_have_text("estampe link")
    expect(late.page.get_by_role("alert").filter(visible=True)).to_contain_text("Ce lien de connexion a déjà servi")
    assert "code" not in late.page.url


def test_a_link_opened_in_the_same_tab_signs_in_without_a_reload(stranger: Visitor, installation: Installation):
    stranger.page.goto(installation.url)
    expect(stranger.page.locator("#outside")).to_be_visible()
    stranger.page.evaluate("link => { location.href = link }", installation.new_link())
    expect(stranger.page.locator("#composer")).to_be_visible()
    expect(stranger.page.locator("#outside")).to_be_hidden()


def test_whoever_signs_out_is_out(stranger: Visitor, installation: Installation):
    stranger.page.goto(installation.new_link())
    stranger.page.get_by_role("button", name="Sign out").click()
    expect(stranger.page.locator("#outside")).to_be_visible()
    stranger.page.reload()
    expect(stranger.page.locator("#outside")).to_be_visible()


def test_a_picture_takes_the_place_it_was_promised(ana: Visitor):
    made = ana.asks("a red apple")
    promised = made.locator(".plate").bounding_box()
    is_done(made)
    until(made.locator("img.file"), LOADED)
    assert made.locator(".plate").bounding_box() == promised
    expect(made.locator("img.file")).to_have_attribute("alt", "a red apple")
    expect(made.locator("progress")).to_be_hidden()
    expect(ana.page.locator("#prompt")).to_have_value("")


def test_progress_and_a_preview_show_while_a_job_runs(ana: Visitor):
    made = ana.asks("[steps 10] [sleep 0.1] a slow one", "fake-image")
    until(made.locator("progress"), "bar => bar.value > 0.5 && bar.value < 1")
    until(made.locator(".look"), LOADED)
    expect(made.locator(".said")).to_have_text(re.compile(r"^\d+%$"))
    is_done(made)


def test_a_clip_plays_by_itself(ana: Visitor):
    made = ana.asks("a bouncing red apple", "vignette-clip", "video")
    is_done(made)
    until(made.locator("video"), PLAYS)
    expect(made.locator("video")).to_have_attribute("poster", re.compile("^api/assets/"))


def test_a_clip_rests_for_whoever_wants_less_motion(visitors: Callable[..., Visitor], session: Any):
    calm = visitors(storage_state=session, reduced_motion="reduce")
    calm.goes_home()
    made = calm.asks("a calm banana", "vignette-clip", "video")
    is_done(made)
    made.locator(".open").click()
    video = calm.page.locator("dialog video")
    expect(video).to_have_attribute("controls", "")
    assert video.evaluate("video => video.paused")


def test_a_running_job_can_be_canceled(ana: Visitor):
    made = ana.asks("[steps 50] [sleep 0.3] too slow", "fake-image")
    expect(made).to_have_attribute("data-status", "running")
    made.get_by_role("button", name="Cancel").click()
    expect(made).to_have_attribute("data-status", "canceled")
    expect(made.locator(".said")).to_have_text("Canceled")


def test_a_waiting_job_shows_its_place_in_line(ana: Visitor):
    first = ana.asks("[steps 50] [sleep 0.3] first", "fake-image")
    expect(first).to_have_attribute("data-status", "running")
    second = ana.asks("second", "fake-image")
    expect(second.locator(".said")).to_have_text("Next in line")
    ana.prints("[steps 50] [sleep 0.3] first").get_by_role("button", name="Cancel").click()
    is_done(ana.prints("second"))


def test_a_reload_finds_the_same_gallery(ana: Visitor):
    is_done(ana.asks("a penguin"))
    before = ana.page.locator(".open").all_inner_texts()
    ana.page.reload()
    expect(ana.page.locator(".open").first).to_have_text("a penguin")
    assert ana.page.locator(".open").all_inner_texts()[: len(before)] == before
    until(ana.prints("a penguin").locator("img.file"), LOADED)


def test_the_detail_says_what_was_understood_and_with_which_seed_it_can_be_made_again(ana: Visitor):
    made = ana.asks("green zorg turtle")
    is_done(made)
    expect(made.locator(".under")).to_have_text("ignored: zorg")
    made.locator(".open").click()
    detail = ana.page.get_by_role("dialog")
    expect(detail.locator("dl")).to_contain_text("turtle")
    seed = seed_shown(ana.page)
    detail.get_by_role("button", name="Repeat this seed").click()
    expect(ana.prints("green zorg turtle")).to_have_count(2)
    ana.prints("green zorg turtle").first.locator(".open").click()
    assert seed_shown(ana.page) == seed
    detail.get_by_role("button", name="Try a new seed").click()
    expect(ana.prints("green zorg turtle")).to_have_count(3)
    is_done(ana.prints("green zorg turtle").first)
    ana.prints("green zorg turtle").first.locator(".open").click()
    assert seed_shown(ana.page) != seed


def test_a_detail_opened_before_the_job_is_accepted_follows_it(ana: Visitor):
    held: list[Any] = []
    ana.page.route("**/api/images/generate", lambda route: held.append(route))  # noqa: PLW0108 - a built-in has no signature to call it by
    ana.asks("a patient owl").locator(".open").click()
    held[0].continue_()
    detail = ana.page.get_by_role("dialog")
    expect(detail.get_by_role("button", name="Try a new seed")).to_be_visible()
    expect(detail.locator("img.file")).to_be_visible()


def test_a_download_is_the_file_itself(ana: Visitor):
    made = ana.asks("a downloaded owl")
    is_done(made)
    made.locator(".open").click()
    with ana.page.expect_download() as started:
        ana.page.get_by_role("link", name="Download").click()
    assert started.value.suggested_filename.endswith(".png")
    assert started.value.path().read_bytes().startswith(b"\x89PNG")


def test_deleting_asks_first_and_is_for_good(ana: Visitor):
    is_done(ana.asks("a fox to delete"))
    ana.prints("a fox to delete").locator(".open").click()
    ana.page.get_by_role("button", name="Delete", exact=True).click()
    ana.page.get_by_role("button", name="Delete for good?").click()
    expect(ana.prints("a fox to delete")).to_have_count(0)
    ana.goes_home()
    expect(ana.prints("a fox to delete")).to_have_count(0)


def test_a_failure_is_told_as_the_server_tells_it_and_the_words_can_be_mended(ana: Visitor):
    made = ana.asks("[fail] please", "fake-image")
    expect(made).to_have_attribute("data-status", "failed")
    expect(made.locator(".said")).to_have_text("The prompt asked to fail.")
    made.locator(".open").click()
    ana.page.get_by_role("button", name="Edit the words").click()
    expect(ana.page.locator("#prompt")).to_have_value("[fail] please")
    expect(ana.page.locator("#prompt")).to_be_focused()


def test_everything_can_be_done_with_the_keyboard(ana: Visitor):
    page = ana.page
    expect(page.locator("#prompt")).to_be_focused()
    page.keyboard.type("a blue whale")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("on a pink background")
    page.locator("#model").select_option("vignette")
    page.locator("#prompt").press("Control+Enter")
    made = page.locator(".print").first
    is_done(made)
    made.locator(".open").press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(made.locator(".open")).to_be_focused()


def test_an_example_is_made_at_a_click(ana: Visitor):
    ana.page.locator("#model").select_option("vignette")
    ana.page.locator("#prompt").fill("half a thought")
    ana.page.get_by_role("button", name="purple butterfly").first.click()
    is_done(ana.prints("purple butterfly").first)
    expect(ana.page.locator("#prompt")).to_have_value("half a thought")


def test_the_page_speaks_the_browser_s_language_until_told_otherwise(visitors: Callable[..., Visitor], session: Any):
    visitor = visitors(storage_state=session, locale="fr-FR")
    visitor.goes_home()
    page = visitor.page
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("button", name="Créer")).to_be_visible()
    made = visitor.asks("un machin inconnu")
    expect(made.locator(".said")).to_contain_text("Je ne connais aucun de ces mots")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(made.locator(".said")).to_contain_text("I know none of these words")
    page.reload()
    expect(page.get_by_role("button", name="Make it")).to_be_visible()


def test_an_expired_token_renews_by_itself(ana: Visitor):
    tokens: list[Request] = []
    ana.page.on("request", lambda asked: asked.url.endswith("/auth/local/token") and tokens.append(asked))
    made = ana.asks(f"[steps 10] [sleep {TOKEN_SECONDS / 9}] longer than a token", "fake-image")
    is_done(made)
    assert tokens
    is_done(ana.asks("after it", "fake-image"))


def test_a_refused_token_is_replaced_once_and_a_forbidden_request_never_repeated(ana: Visitor):
    ana.expected += ["401", "403"]
    statuses = [401, 403]
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.headers["authorization"])
        status = statuses.pop(0)
        route.fulfill(status=status, json={"title": "No.", "detail": "You need the permission images:generate."})

    ana.page.route("**/api/images/generate", refuse)
    ana.page.locator("#prompt").fill("a forbidden thing")
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("#trouble")).to_have_text("No. You need the permission images:generate.")
    expect(ana.page.locator("#prompt")).to_have_value("a forbidden thing")
    expect(ana.prints("a forbidden thing")).to_have_count(0)
    assert len(set(asked)) == len(asked) == 2


def test_without_a_stream_the_page_polls(ana: Visitor):
    ana.expected.append("ERR_FAILED")
    ana.page.route("**/api/events", lambda route: route.abort())
    ana.page.reload()
    is_done(ana.asks("[steps 4] [sleep 0.2] without a stream", "fake-image"))


def test_a_request_that_was_lost_is_not_made_twice(ana: Visitor):
    ana.expected.append("ERR_FAILED")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    ana.page.route("**/api/images/generate", lose_the_answer, times=1)
    ana.page.locator("#model").select_option("fake-image")
    ana.page.locator("#prompt").fill("lost on the way")
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("#trouble")).to_contain_text("cannot be reached")
    ana.page.locator("#prompt").press("Enter")
    expect(ana.page.locator("#trouble")).to_be_hidden()
    is_done(ana.prints("lost on the way").first)
    ana.page.reload()
    expect(ana.prints("lost on the way")).to_have_count(1)


@pytest.mark.parametrize("width", [360, 768])
def test_a_narrow_window_needs_no_sideways_scrolling(visitors: Callable[..., Visitor], session: Any, width: int):
    visitor = visitors(storage_state=session, locale="fr-FR", viewport={"width": width, "height": 700})
    visitor.goes_home()
    visitor.asks("un_mot_sans_la_moindre_espace_" * 10, "fake-image")
    visitor.page.locator(".open").first.click()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visitor.page.evaluate("document.querySelector('dialog').scrollWidth") <= width
