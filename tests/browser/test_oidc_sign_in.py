"""Signing in at an OpenID issuer that nobody here wrote: there and back, renewed, found again, and out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws
from tests.browser.expecting import expect
from tests.browser.visit import Installation, Visitor, axe, installed
from tests.oidc.conftest import OpenIdProvider, node_of_provider
from tests.postgres import eventually
from tests.service import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request

__all__ = ["node_of_provider"]


class Way(NamedTuple):
    """What the issuer knows the page as, and which of its tokens the server takes."""

    client: str
    audience: str
    token: str


WAYS = {
    "id token, renewed with a refresh token": Way("page", "page", "id_token"),
    "access token, renewed out of sight": Way("page-that-asks-again", "http://studio.example/RS256", "access_token"),
}
ELSEWHERE = re.compile(r"^https?://(?!127\.0\.0\.1)")
READABLE = "[document.cookie, ...Object.values(localStorage), ...Object.values(sessionStorage)].join(' ')"


class Place(NamedTuple):
    """An installation, and who signs its people in."""

    installation: Installation
    issuer: OpenIdProvider


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS)
def place(
    request: pytest.FixtureRequest, browser: Browser, node_of_provider: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    way: Way = request.param
    port = free_port()
    issuer = OpenIdProvider(node_of_provider, tmp_path_factory.mktemp("issuer"), pages=(f"http://127.0.0.1:{port}/",))
    said = {"oidc_issuer": issuer.url, "oidc_client_id": way.client, "oidc_audience": way.audience}
    issuer.start()
    try:
        with installed(tmp_path_factory.mktemp("oidc"), port=port, engines="fake", **said) as with_issuer:
            yield Place(with_issuer, issuer)
    finally:
        issuer.stop()


def comes(browser: Browser, place: Place, locale: str = "en-US") -> Visitor:
    context = browser.new_context(locale=locale)
    # The issuer's own pages ask for letters from far away.
    context.route(ELSEWHERE, lambda route: route.fulfill(body=""))
    return Visitor(context, place.installation.url)


@pytest.fixture
def visitor(browser: Browser, place: Place) -> Iterator[Visitor]:
    came = comes(browser, place)
    yield came
    came.context.close()
    assert came.unexpected() == []


def goes_through_the_issuer(visitor: Visitor, person: str = "user_ada") -> None:
    page = visitor.page
    page.locator("input[name=login]").fill(person)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.locator("form[action$=confirm] button, button[autofocus]").first.click()


def signs_in(visitor: Visitor, path: str = "/", button: str = "Continue with") -> None:
    visitor.page.goto(visitor.url + path)
    visitor.page.get_by_role("button", name=re.compile(f"^{button}")).click()
    goes_through_the_issuer(visitor)
    visitor.menu.wait_for()


def bearers(visitor: Visitor) -> list[str]:
    """Every token that the page sends from now on, each once."""
    seen: list[str] = []

    def look(asked: Request) -> None:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token and token not in seen:
            seen.append(token)

    visitor.page.on("request", look)
    return seen


def test_a_stranger_signs_in_and_makes_a_picture(visitor: Visitor, place: Place):
    visitor.page.goto(visitor.url + "/gallery?q=fox")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sign in to begin")
    assert axe(visitor.page) == []
    signs_in(visitor, "/gallery?q=fox")
    expect(visitor.page).to_have_url(visitor.url + "/gallery?q=fox")
    account = visitor.page.get_by_role("banner").get_by_role("button", name="Account: Dr user_ada")
    expect(account).to_be_visible()
    sent = bearers(visitor)
    visitor.goes_to("/generate-images")
    token = eventually(lambda: visitor.page.wait_for_timeout(50) or (sent and sent[-1]), "a token")
    assert place.issuer.url in _claims(token)["iss"]
    made = visitor.page.request.post(
        f"{visitor.url}/api/images/generate",
        headers={"Authorization": f"Bearer {token}", "Prefer": "wait=20"},
        data={"prompt": "a fox", "model": "fake-image"},
    )
    assert (made.status, made.json()["status"]) == (200, "succeeded")


def test_nothing_of_the_sign_in_stays_where_a_script_could_read_it(visitor: Visitor):
    sent = bearers(visitor)
    addresses: list[str] = []
    visitor.page.on("request", lambda asked: addresses.append(asked.url))
    signs_in(visitor)
    eventually(lambda: visitor.page.wait_for_timeout(50) or sent, "a token")
    kept = visitor.page.evaluate(READABLE)
    assert sent[-1] not in kept
    assert not re.search(r"ey[\w-]{20}", kept)
    assert visitor.page.evaluate("sessionStorage.length") == 0
    assert not re.search("code=|state=", visitor.page.url)
    asked = next(parse_qs(urlsplit(address).query) for address in addresses if "/auth?" in address)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)


def test_a_token_that_ends_is_renewed_and_the_page_stays(visitor: Visitor):
    signs_in(visitor)
    visitor.page.evaluate("window.same = true")
    sent = bearers(visitor)
    links = ["Gallery", "Usage", "Images"]

    def three_tokens() -> bool:
        visitor.menu.get_by_role("link", name=links[len(sent) % 3]).click()
        visitor.page.evaluate("dispatchEvent(new Event('visibilitychange'))")
        visitor.page.wait_for_timeout(100)
        return len(sent) >= 3

    eventually(three_tokens, "three tokens")
    assert visitor.page.evaluate("window.same")
    assert len({_claims(token)["sub"] for token in sent}) == 1


def test_a_reload_finds_the_same_person_without_a_question(visitor: Visitor):
    signs_in(visitor)
    visitor.goes_to("/usage")
    expect(visitor.page).to_have_title(re.compile("^Usage"))
    assert visitor.page.url == visitor.url + "/usage"


def test_whoever_signs_out_is_out_here_and_at_the_issuer(visitor: Visitor):
    signs_in(visitor)
    visitor.page.get_by_role("banner").get_by_role("button", name=re.compile("^Account")).click()
    expect(visitor.page.get_by_text("Organisation: org_atelier")).to_be_visible()
    visitor.page.get_by_role("menuitem", name="Sign out").click()
    visitor.page.get_by_role("button", name=re.compile("^Yes")).click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sign in to begin")
    expect(visitor.page.get_by_role("alert")).to_have_count(0)
    visitor.page.reload()
    visitor.page.get_by_role("button", name=re.compile("^Continue with")).click()
    expect(visitor.page.locator("input[name=login]")).to_be_visible()


def test_a_session_that_the_issuer_ended_is_told_after_a_reload(visitor: Visitor):
    signs_in(visitor)
    visitor.context.clear_cookies()
    visitor.page.reload()
    expect(visitor.page.get_by_role("alert")).to_have_text("Your sign-in has ended. Sign in again.")


@pytest.mark.parametrize(
    ("locale", "button", "told"),
    [
        ("en-US", "Continue with", "The sign-in was canceled"),
        ("fr-FR", "Continuer avec", "La connexion a été annulée"),
    ],
)
def test_what_the_issuer_refuses_is_told_in_words(browser: Browser, place: Place, locale: str, button: str, told: str):
    visitor = comes(browser, place, locale)
    visitor.page.goto(visitor.url)
    visitor.page.get_by_role("button", name=re.compile(f"^{button}")).click()
    visitor.page.get_by_role("link", name=re.compile("Cancel")).click()
    expect(visitor.page.get_by_role("alert")).to_contain_text(told)
    assert visitor.page.url == visitor.url + "/"
    assert axe(visitor.page) == []
    visitor.context.close()
    assert visitor.unexpected() == []


def test_an_answer_that_nobody_here_asked_for_signs_nobody_in(visitor: Visitor):
    tokens: list[Any] = []
    visitor.page.on("request", lambda asked: "/token" in asked.url and tokens.append(asked))
    visitor.page.goto(f"{visitor.url}/?code=stolen&state=somebody-else-s")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sign in to begin")
    assert tokens == []
    assert visitor.page.url == visitor.url + "/"


def test_the_printed_link_still_signs_in_beside_the_issuer(visitor: Visitor, place: Place):
    visitor.page.goto(visitor.url)
    visitor.page.get_by_role("button", name=re.compile("^Continue with")).wait_for()
    visitor.page.evaluate("link => { location.href = link }", place.installation.new_link())
    visitor.menu.wait_for()
    visitor.page.reload()
    expect(visitor.page.get_by_role("button", name=re.compile("^Account: user_local"))).to_be_visible()


def _claims(token: str) -> dict[str, Any]:
    return json.loads(jws.extract_compact(token.encode()).payload)
