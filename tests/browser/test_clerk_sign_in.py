"""Signing in with Clerk's component: somebody stands in for its front end, with real tokens of the test's own key."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc import jws
from joserfc.jwk import RSAKey
from tests.browser.expecting import expect
from tests.browser.visit import Installation, Visitor, axe, installed
from tests.postgres import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Response, Route


FRONTEND = "https://clerk.atelier.example"
STAND_IN = Path(__file__).parents[1] / "web" / "clerk" / "frontend.js"
KEY = RSAKey.generate_key(2048)
ACME = {"id": "org_2acme", "name": "Acme"}
TOKEN_SECONDS = 4


class Frontend:
    """Clerk's front end, as one browser meets it: it knows who is signed in there, and as what they work."""

    def __init__(self, site: str) -> None:
        self._site = site
        self.person: str | None = None
        self.organization: dict[str, str] | None = None
        self.is_away = False
        self.asked: list[str] = []

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(FRONTEND)
        self.asked.append(path)
        if self.is_away:
            route.abort()
        elif path.startswith("/npm/"):
            what = "window.__internal_ClerkUICtor = class {}" if "/ui@" in path else STAND_IN.read_text("utf-8")
            self._fulfill(route, "text/javascript", what)
        else:
            self._fulfill(route, "application/json", json.dumps(self._told(path, route.request.post_data_json)))

    def _told(self, path: str, said: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("/tokens"):
            return {"jwt": self._token()}
        if path.endswith("/sign_ins"):
            self.person, self.organization = said["identifier"], ACME
        elif path.endswith("/end"):
            self.person = self.organization = None
        elif path.endswith("/touch"):
            self.organization = ACME if said["organization"] else None
        user = {"id": "user_2ana", "fullName": "Ana Lima", "username": None, "organizations": [ACME]}
        return {"user": user if self.person else None, "organization": self.organization}

    def _token(self) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "v": 2, "iss": FRONTEND, "sub": "user_2ana", "sid": "sess_1", "azp": self._site, "sts": "active",
            "fva": [0, -1], "iat": now, "nbf": now - 10, "exp": now + TOKEN_SECONDS,
        }  # fmt: skip
        if self.organization:
            claims["o"] = {"id": self.organization["id"], "slg": "acme", "rol": "member"}
        return jws.serialize_compact({"alg": "RS256", "typ": "JWT", "kid": "ins_1"}, json.dumps(claims), KEY)

    def _fulfill(self, route: Route, media_type: str, body: str) -> None:
        allowed = {"Access-Control-Allow-Origin": self._site, "Access-Control-Allow-Credentials": "true"}
        route.fulfill(status=200, headers=allowed, content_type=media_type, body=body)


@pytest.fixture(scope="module")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    pem = KEY.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
    said = {
        "clerk_publishable_key": "pk_test_"
        + base64.b64encode(FRONTEND.removeprefix("https://").encode() + b"$").decode(),
        "clerk_jwt_key": pem.replace("\n", "\\n"),
    }
    with installed(tmp_path_factory.mktemp("clerk"), engines="fake", **said) as started:
        yield started


Arrives = Callable[..., tuple[Visitor, Frontend]]


@pytest.fixture
def arrives(browser: Browser, site: Installation) -> Iterator[Arrives]:
    came: list[Visitor] = []

    def visitor(locale: str = "en-US", **options: Any) -> tuple[Visitor, Frontend]:
        context = browser.new_context(locale=locale, **options)
        frontend = Frontend(site.url)
        context.route(FRONTEND + "/**", frontend.answer)
        came.append(Visitor(context, site.url))
        return came[-1], frontend

    yield visitor
    for each in came:
        each.context.close()
    assert [said for each in came for said in each.unexpected()] == []


def account(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("banner").get_by_role("button", name=re.compile("^(Account|Compte)"))


def signs_in(visitor: Visitor, path: str = "/") -> None:
    visitor.page.goto(visitor.url + path)
    visitor.page.get_by_label("Email address").fill("ana@acme.example")
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.menu.wait_for()


def test_clerk_s_own_component_signs_in_and_its_styles_are_let_in_by_their_nonce(arrives: Arrives):
    visitor, frontend = arrives()
    visitor.page.goto(visitor.url + "/usage")
    form = visitor.page.locator(".cl-form")
    expect(form).to_have_css("width", "300px")
    assert [path for path in frontend.asked if path.startswith("/npm/")] == [
        "/npm/@clerk/ui@1/dist/ui.browser.js",
        "/npm/@clerk/clerk-js@6/dist/clerk.browser.js",
    ]
    assert visitor.page.evaluate("Clerk.key").startswith("pk_test_")
    assert axe(visitor.page) == []
    signs_in(visitor, "/usage")
    expect(visitor.page).to_have_title(re.compile("^Usage"))
    expect(account(visitor)).to_have_accessible_name("Account: Ana Lima, as Acme")


def test_the_organisations_are_clerk_s_and_each_is_another_tenant(arrives: Arrives):
    visitor, frontend = arrives()
    seen: list[str | None] = []

    def look(answer: Response) -> None:
        if answer.url.endswith("/api/me") and answer.ok:
            seen.append(answer.json()["organization_id"])

    visitor.page.on("response", look)
    signs_in(visitor)
    eventually(lambda: visitor.page.wait_for_timeout(20) or "org_2acme" in seen, "the organisation")
    account(visitor).click()
    visitor.page.get_by_role("menuitemradio", name="Yourself").click()
    expect(account(visitor)).to_have_accessible_name("Account: Ana Lima")
    eventually(lambda: visitor.page.wait_for_timeout(20) or None in seen, "the person alone")
    account(visitor).click()
    visitor.page.get_by_role("menuitemradio", name="Acme").click()
    expect(account(visitor)).to_have_accessible_name("Account: Ana Lima, as Acme")
    assert frontend.organization == ACME


def test_tokens_are_asked_of_clerk_as_they_end_and_kept_nowhere(arrives: Arrives):
    visitor, frontend = arrives()
    signs_in(visitor)
    eventually(
        lambda: visitor.page.wait_for_timeout(50) or sum("/tokens" in one for one in frontend.asked) >= 3, "more"
    )
    kept = visitor.page.evaluate("[document.cookie, ...Object.values(localStorage), sessionStorage.length].join(' ')")
    assert not re.search(r"ey[\w-]{20}", kept)
    expect(visitor.menu).to_be_visible()


def test_a_reload_finds_whom_clerk_knows_and_signing_out_ends_it_there(arrives: Arrives):
    visitor, frontend = arrives()
    signs_in(visitor)
    visitor.goes_to("/usage")
    account(visitor).click()
    visitor.page.get_by_role("menuitem", name="Sign out").click()
    expect(visitor.page.get_by_label("Email address")).to_be_visible()
    assert frontend.person is None


def test_the_component_speaks_as_the_page_does(arrives: Arrives):
    visitor, _ = arrives("fr-FR")
    visitor.page.goto(visitor.url)
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Connectez-vous pour commencer")
    expect(visitor.page.get_by_role("heading", level=2)).to_contain_text("connecter")
    visitor.page.get_by_role("button", name="English").click()
    expect(visitor.page.get_by_role("heading", level=2)).to_have_text("Sign in")


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
def test_while_clerk_is_away_the_page_says_so_and_tries_again(arrives: Arrives, locale: str):
    visitor, frontend = arrives(locale)
    visitor.expected.append("ERR_FAILED")
    frontend.is_away = True
    visitor.page.goto(visitor.url)
    told = visitor.page.get_by_role("heading", name=re.compile("does not answer|ne répond pas"))
    expect(told).to_be_visible()
    frontend.is_away = False
    expect(visitor.page.get_by_label("Email address")).to_be_visible()
