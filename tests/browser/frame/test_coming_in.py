"""Coming in and going out; as whom, in which language, in which light."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.browser.expecting import expect
from tests.browser.frame.around import NOBODY, READABLE, account, asks_who, chooses
from tests.browser.visit import Installation, Visitor, Visitors, axe

if TYPE_CHECKING:
    from playwright.sync_api import Route


def test_a_printed_link_signs_in_and_leaves_no_code_behind(stranger: Visitor, installation: Installation):
    stranger.signs_in(installation.printed_link())
    expect(stranger.page).to_have_url(f"{installation.url}/generate-images")
    assert stranger.page.evaluate("history.length") == 2
    stranger.page.reload()
    expect(stranger.menu).to_be_visible()


def test_nothing_that_opens_a_door_can_be_read_by_a_script(stranger: Visitor, installation: Installation):
    tokens: list[str] = []
    stranger.page.on("request", lambda asked: tokens.append(asked.headers.get("authorization", "")))
    stranger.signs_in(installation.new_link())
    chooses(stranger, "Dark")
    chooses(stranger, "Yourself")
    expect(account(stranger.page)).to_have_accessible_name(re.compile("user_local"))
    kept = stranger.page.evaluate(READABLE)
    assert any(token.startswith("Bearer ey") for token in tokens)
    assert "dark" in kept
    assert not re.search(r"ey[\w-]{20}|[\w-]{30}", kept)
    (cookie,) = stranger.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")


@pytest.mark.parametrize(
    ("locale", "title", "told"),
    [
        ("en-US", "You are not signed in", "This sign-in link"),
        ("fr-FR", "Connexion requise", "Ce lien de connexion a déjà servi"),
    ],
)
def test_a_used_link_shows_how_to_get_another(
    visitors: Visitors, installation: Installation, locale: str, title: str, told: str
):
    link = installation.new_link()
    first, late = visitors(), visitors(locale=locale)
    first.expected.append(NOBODY)
    late.expected.append(NOBODY)
    first.signs_in(link)
    late.page.goto(link)
    expect(asks_who(late.page)).to_have_text(title)
    expect(late.page.get_by_text("estampe link", exact=True)).to_be_visible()
    expect(late.page.get_by_role("alert")).to_contain_text(told)
    assert "code" not in late.page.url
    assert axe(late.page) == []


def test_a_link_opened_in_the_same_tab_signs_in_without_a_reload(stranger: Visitor, installation: Installation):
    stranger.page.goto(installation.url)
    expect(asks_who(stranger.page)).to_be_visible()
    stranger.page.evaluate("window.same = true")
    stranger.page.evaluate("link => { location.href = link }", installation.new_link())
    expect(stranger.menu).to_be_visible()
    assert stranger.page.evaluate("window.same")


def test_whoever_signs_out_is_out(stranger: Visitor, installation: Installation):
    stranger.signs_in(installation.new_link())
    account(stranger.page).click()
    stranger.page.get_by_role("menuitem", name="Sign out").click()
    expect(asks_who(stranger.page)).to_be_visible()
    stranger.page.reload()
    expect(asks_who(stranger.page)).to_be_visible()


@pytest.mark.parametrize(
    ("status", "code", "locale", "title", "out"),
    [
        (401, "token_invalid", "en-US", "The server does not let you in", "Sign out"),
        (403, "permission_missing", "fr-FR", "Le serveur ne vous laisse pas entrer", "Se déconnecter"),
    ],
)
def test_whoever_is_signed_in_and_refused_is_told_why_is_asked_for_no_more_and_can_leave(
    visitors: Visitors, installation: Installation, *, status: int, code: str, locale: str, title: str, out: str
):
    visitor = visitors(locale=locale)
    visitor.expected += [NOBODY, "403 (Forbidden)"]
    visitor.signs_in(installation.new_link())
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.headers["accept-language"])
        spoken = "Pas vous." if asked[-1] == "fr" else "Not you."
        route.fulfill(status=status, json={"status": status, "code": code, "title": spoken, "detail": ""})

    visitor.page.route("**/api/me", refuse)
    visitor.page.clock.install()
    visitor.page.reload()
    expect(asks_who(visitor.page, title)).to_be_visible()
    told = visitor.page.get_by_role("alert")
    expect(told).to_have_text("Pas vous." if locale == "fr-FR" else "Not you.")
    assert axe(visitor.page) == []
    before = len(asked)
    visitor.page.clock.run_for(20_000)
    assert len(asked) == before
    visitor.page.get_by_role("button", name=re.compile("^(Français|English)$")).click()
    expect(told).to_have_text("Not you." if locale == "fr-FR" else "Pas vous.")
    visitor.page.get_by_role("button", name=re.compile("^(Français|English)$")).click()
    visitor.page.get_by_role("button", name=out).click()
    expect(asks_who(visitor.page)).to_be_visible()


def test_whoever_was_refused_is_let_in_once_the_server_is_of_another_mind(ana: Visitor):
    ana.expected.append("403 (Forbidden)")
    refusal = {"status": 403, "code": "permission_missing", "title": "Not you.", "detail": ""}
    ana.page.route("**/api/me", lambda route: route.fulfill(status=403, json=refusal))
    ana.page.reload()
    expect(ana.page.get_by_role("alert")).to_have_text("Not you.")
    ana.page.unroute("**/api/me")
    ana.page.get_by_role("button", name="Try again").click()
    expect(ana.menu).to_be_visible()


def test_a_stranger_who_followed_a_link_to_a_page_is_there_once_signed_in(
    stranger: Visitor, installation: Installation
):
    stranger.page.goto(f"{installation.url}/usage?group_by=day")
    expect(asks_who(stranger.page)).to_be_visible()
    stranger.page.evaluate("code => { location.hash = code }", urlsplit(installation.new_link()).fragment)
    expect(stranger.menu.get_by_role("link", name="Usage")).to_have_attribute("aria-current", "page")
    expect(stranger.page).to_have_url(f"{installation.url}/usage?group_by=day")


# As whom, how it speaks and looks


def test_an_organisation_and_its_member_alone_each_see_their_own(ana: Visitor, installation: Installation):
    with installation.person() as member, installation.person(org=None, role=None) as alone:
        ours, mine = member.make("ours", model="fake-image"), alone.make("mine", model="fake-image")
    asked: list[str] = []
    ana.page.on("response", lambda answer: answer.url.endswith("/api/events") and asked.append(answer.status))

    def sees() -> set[str]:
        """What this page's own sign-in lets it read, asked as the page asks."""
        with ana.page.expect_request(lambda asked: "/api/me" in asked.url) as said:
            ana.page.reload()
        headers = {"authorization": said.value.headers["authorization"]}
        answer = httpx.get(f"{installation.url}/api/jobs", headers=headers, timeout=30, trust_env=False)
        return {job["job_id"] for job in answer.json()["jobs"]} & {ours["job_id"], mine["job_id"]}

    assert sees() == {ours["job_id"]}
    chooses(ana, "Yourself")
    expect(account(ana.page)).to_have_accessible_name("Account: user_local")
    assert sees() == {mine["job_id"]}
    chooses(ana, "org_local")
    expect(account(ana.page)).to_have_accessible_name("Account: user_local, as org_local")
    assert sees() == {ours["job_id"]}


def test_the_page_speaks_the_browser_s_language_until_told_otherwise(visitors: Visitors, session: Any):
    visitor = visitors(storage_state=session, locale="fr-FR")
    visitor.goes_home()
    page = visitor.page
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(visitor.menu.get_by_role("link", name="Galerie")).to_be_visible()
    chooses(visitor, "English")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_title("Images – Estampe")
    page.reload()
    expect(visitor.menu.get_by_role("link", name="Gallery")).to_be_visible()


def test_the_page_looks_as_the_system_does_until_told_otherwise(visitors: Visitors, session: Any):
    visitor = visitors(storage_state=session, color_scheme="dark")
    visitor.goes_home()
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    dark = visitor.page.evaluate(paper)
    chooses(visitor, "Light")
    light = visitor.page.evaluate(paper)
    visitor.page.reload()
    expect(visitor.menu).to_be_visible()
    assert visitor.page.evaluate(paper) == light != dark
