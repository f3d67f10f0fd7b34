"""The frame of the studio: who may come in, as whom they work, where they are, and what is told when nobody answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.browser.proxy import SubPath
from tests.browser.visit import PATIENCE_MS, Installation, Visitor, axe, playwright
from tests.service import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

expect = playwright().expect
expect.set_options(timeout=PATIENCE_MS)

Visitors = Callable[..., Visitor]
NOBODY = "401 (Unauthorized)"
AWAY = (
    "ERR_CONNECTION_REFUSED",
    "ERR_INCOMPLETE_CHUNKED_ENCODING",
    "ERR_EMPTY_RESPONSE",
    "ERR_CONNECTION_RESET",
    "502",
)
READABLE = "[document.cookie, ...Object.values(localStorage), ...Object.values(sessionStorage)].join(' ')"


def account(page: Page) -> Locator:
    return page.get_by_role("banner").get_by_role("button", name=re.compile("^(Account|Compte)"))


def chooses(visitor: Visitor, choice: str) -> None:
    account(visitor.page).click()
    visitor.page.get_by_role("menuitemradio", name=choice).click()


def asks_who(page: Page, *answers: str) -> Locator:
    """The gate, in whatever language."""
    return page.get_by_role("heading", level=1, name=re.compile("|".join(answers or ("not signed in", "requise"))))


# Coming in and going out


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
        jobs = httpx.get(f"{installation.url}/api/jobs", headers=headers, trust_env=False).json()["jobs"]
        return {job["job_id"] for job in jobs} & {ours["job_id"], mine["job_id"]}

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


# Where one is


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


# How it is served


def test_the_policy_lets_nothing_inline_in_and_a_head_is_a_page_without_its_body(
    stranger: Visitor, installation: Installation
):
    answer = stranger.page.goto(installation.url)
    said = answer.headers["content-security-policy"]
    assert "unsafe" not in said
    assert "script-src 'self';" in said
    assert "style-src 'self';" in said
    stranger.page.evaluate("document.body.setAttribute('onclick', 'window.broken = true')")
    stranger.page.locator("body").click()
    assert stranger.page.evaluate("window.broken") is None
    assert any(complaint.startswith("CSP: script-src-attr") for complaint in stranger.complaints)
    stranger.expected += ["CSP: script-src-attr", "Content Security Policy"]
    head = httpx.head(installation.url, headers={"Accept": "text/html"}, trust_env=False)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-security-policy"] == said


@pytest.fixture
def below_a_path(browser: Browser, tmp_path: Any) -> Iterator[Installation]:
    """People reach it at /studio/ of another port, through a proxy that takes the path off."""
    port = free_port()
    started = Installation(tmp_path, engines="fake", public_url=f"http://127.0.0.1:{port}/studio/")
    try:
        started.printed_link()
        with SubPath(port, "/studio", started.origin):
            yield started
    finally:
        started.stop()


def test_below_a_path_everything_works_and_stays_there(below_a_path: Installation, browser: Browser):
    context = browser.new_context(locale="en-US")
    visitor = Visitor(context, below_a_path.url)
    visitor.expected.append(NOBODY)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.signs_in(below_a_path.printed_link())
    expect(visitor.page).to_have_url(f"{below_a_path.url}/generate-images")
    visitor.menu.get_by_role("link", name="Usage").click()
    expect(visitor.page).to_have_url(f"{below_a_path.url}/usage")
    visitor.page.reload()
    expect(visitor.page).to_have_title("Usage – Estampe")
    (cookie,) = context.cookies()
    context.close()
    assert cookie["path"] == "/studio"
    assert [url for url in asked if not url.startswith((below_a_path.url + "/", "data:"))] == []
    assert visitor.unexpected() == []


# When nobody answers


@pytest.fixture
def frail(tmp_path: Any) -> Iterator[Installation]:
    """One that the test may stop."""
    started = Installation(tmp_path, engines="fake")
    try:
        started.printed_link()
        started.until_ready()
        yield started
    finally:
        started.stop()


@pytest.mark.parametrize(
    ("locale", "old", "away"),
    [
        ("en-US", "What you see may be old", "The server does not answer"),
        ("fr-FR", "Ce que vous voyez a pu changer", "Le serveur ne répond pas"),
    ],
)
def test_a_server_that_goes_is_missed_and_found_again_without_a_reload(
    frail: Installation, browser: Browser, locale: str, old: str, away: str
):
    context = browser.new_context(locale=locale)
    visitor = Visitor(context, frail.url)
    visitor.expected += [NOBODY, *AWAY]
    visitor.signs_in(frail.printed_link())
    visitor.page.evaluate("window.same = true")
    lost = visitor.page.get_by_role("status").filter(has_text=old)
    frail.stop()
    expect(lost).to_be_visible()
    assert axe(visitor.page) == []
    frail.start()
    frail.until_ready()
    expect(lost).to_be_hidden()
    assert visitor.page.evaluate("window.same")
    late = Visitor(context, frail.url)
    late.page.route("**/auth/methods", lambda route: route.abort())
    late.page.goto(frail.url)
    expect(asks_who(late.page, away)).to_be_visible()
    late.page.unroute("**/auth/methods")
    expect(late.menu).to_be_visible()
    context.close()
    assert visitor.unexpected() == []
