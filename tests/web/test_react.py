"""`@estampe/react` in a real browser, in strict mode, on the oldest and the newest React that it supports."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from tests.browser.expecting import expect
from tests.browser.visit import PATIENCE_MS, chromium, playwright
from tests.postgres import eventually
from tests.web.conftest import WEB

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page, Request, Route
    from tests.service import Person, Service
    from tests.web.conftest import Node
    from tests.web.reception import Reception

VERSIONS = {"19": (), "18": tuple(f"--alias:{name}=./react-18/node_modules/{name}" for name in ("react", "react-dom"))}
LOADED = "image => image.complete && image.naturalWidth > 0"


class Visit:
    """A page of the hooks, opened by somebody new, and what it asked the service."""

    def __init__(self, page: Page, service: Service, reception: Reception) -> None:
        self.page, self._service, self._reception = page, service, reception
        self.user = f"user_{uuid4().hex[:8]}"
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: request.url.startswith(service.url) and self.requests.append(request))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def opens(self, show: str = "image", **said: str) -> Visit:
        query = {"service": self._service.url, "user": self.user, "show": show} | said
        self.page.goto(f"{self._reception.url}/page.html?{urlencode(query)}")
        return self

    def presses(self, *names: str) -> None:
        for name in names:
            self.page.locator(f"#{name}").click()

    def says(self, name: str, what: str | re.Pattern[str]) -> None:
        expect(self.page.locator(f"#{name}")).to_have_text(what)

    @property
    def alert(self) -> Locator:
        return self.page.get_by_role("alert")

    def asked(self, method: str, ending: str = "") -> list[Request]:
        return [one for one in self.requests if one.method == method and one.url.partition("?")[0].endswith(ending)]

    def as_themselves(self) -> Person:
        return self._service.person(self.user)

    def jobs(self) -> list[dict[str, Any]]:
        with self.as_themselves() as person:
            return person.get("/api/jobs").json()["jobs"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright().sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def react(
    request: pytest.FixtureRequest, node: Node, reception: Reception, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The version that the reception's page is built on: the newest, unless the test asks for another."""
    version = getattr(request, "param", "19")
    script: Path = tmp_path_factory.mktemp("page") / "page.js"
    settings = ("--jsx=automatic", '--define:process.env.NODE_ENV="development"', *VERSIONS[version])
    node.tool("esbuild", "react/test/page.tsx", "--bundle", f"--outfile={script}", *settings)
    reception.files |= {"/page.js": script, "/page.html": WEB / "react" / "test" / "page.html"}
    return version


every_react = pytest.mark.parametrize("react", VERSIONS, indirect=True)


@pytest.fixture
def visits(browser: Browser, live: Service, reception: Reception, react: str) -> Iterator[Callable[..., Visit]]:
    came: list[Visit] = []

    def visit(locale: str = "fr-FR") -> Visit:
        context = browser.new_context(locale=locale)
        came.append(Visit(context.new_page(), live, reception))
        return came[-1]

    yield visit
    for each in came:
        each.page.context.close()
    assert [said for each in came for said in each.complaints] == []


@pytest.fixture
def ana(visits: Callable[..., Visit]) -> Visit:
    return visits()


@every_react
@pytest.mark.parametrize("auth", ["plain", "clerk", "oidc"])
def test_an_image_is_made_by_whoever_is_signed_in(ana: Visit, react: str, auth: str):
    ana.opens(auth=auth)
    assert ana.page.evaluate("react").startswith(react)
    ana.says("status", "idle")
    ana.presses("generate")
    ana.says("status", "succeeded")
    ana.says("loading", "false")
    picture = ana.page.locator("img")
    ana.page.wait_for_function(LOADED, arg=picture.element_handle())
    (made,) = ana.asked("POST", "/api/images/generate")
    assert made.headers["authorization"].startswith("Bearer ey")
    assert made.headers["accept-language"] == "fr"
    assert len(ana.jobs()) == 1


def test_progress_shows_while_it_is_made(ana: Visit):
    ana.opens(prompt="[steps 50] [sleep 0.2] slow")
    ana.presses("generate")
    ana.page.wait_for_function("document.querySelector('progress').value > 0.3")
    ana.says("status", "running")
    ana.says("loading", "true")
    ana.presses("cancel")
    ana.says("status", "canceled")


@every_react
def test_two_clicks_and_an_effect_run_twice_make_one_job_each(ana: Visit):
    ana.opens("image at-once", prompt="[sleep 0.2] once")
    ana.page.evaluate("for (let n = 0; n < 3; n++) document.querySelector('#generate').click()")
    ana.says("status", "succeeded")
    ana.says("video", "succeeded")
    assert sorted(job["kind"] for job in ana.jobs()) == ["image", "video"]
    assert len(ana.asked("POST")) == 2


@every_react
def test_whoever_leaves_takes_the_questions_along(ana: Visit):
    ana.opens(prompt="[steps 30] [sleep 0.2] left alone")
    ana.presses("generate")
    ana.says("status", "running")
    with ana.page.expect_event("requestfailed", lambda request: request.url.endswith("/events")):
        ana.page.evaluate("show([])")
    before = len(ana.requests)
    with ana.as_themselves() as person:
        job = person.ended(ana.jobs()[0]["job_id"])
    assert job["status"] == "succeeded"
    assert len(ana.requests) == before


@pytest.mark.parametrize(
    ("locale", "not_loaded", "signed_out"),
    [
        ("fr-FR", "Authentification non chargée", "Vous devez être connecté pour générer des images"),
        ("en-GB", "Authentication not loaded", "You must be signed in to generate images"),
    ],
)
def test_who_is_not_signed_in_is_told_so_before_any_request(
    visits: Callable[..., Visit], locale: str, not_loaded: str, signed_out: str
):
    stranger = visits(locale).opens("image lists", loaded="no", user="")
    stranger.presses("generate")
    expect(stranger.alert).to_have_text(not_loaded)
    stranger.page.evaluate("setWho({ user: '', org: '', isLoaded: true })")
    stranger.presses("generate")
    expect(stranger.alert).to_have_text(signed_out)
    stranger.says("status", "failed")
    assert stranger.requests == []
    stranger.page.evaluate(f"setWho({{ user: '{stranger.user}', org: '', isLoaded: true }})")
    expect(stranger.alert).to_have_count(0)
    stranger.presses("generate")
    stranger.says("status", "succeeded")


def test_what_is_canceled_before_it_is_there_ends_as_soon_as_it_is(ana: Visit):
    ana.opens(prompt="[steps 50] [sleep 1] never")
    ana.page.evaluate("document.querySelector('#generate').click(); document.querySelector('#cancel').click()")
    ana.says("status", "canceled")
    expect(ana.alert).to_have_count(0)
    assert [job["status"] for job in ana.jobs()] == ["canceled"]


@pytest.mark.parametrize("auth", ["plain", "unnamed"])
def test_whoever_speaks_another_language_is_the_same_person(ana: Visit, auth: str):
    ana.opens(auth=auth, prompt="[steps 20] [sleep 0.2] spoken over")
    ana.presses("generate")
    ana.says("status", "running")
    ana.page.evaluate("speak('en')")
    ana.says("status", "succeeded")
    assert len(ana.jobs()) == 1


def test_what_is_reset_goes_on_unseen(ana: Visit):
    ana.opens(prompt="[steps 20] [sleep 0.2] forgotten")
    ana.presses("generate")
    ana.says("status", "running")
    ana.presses("reset")
    ana.says("status", "idle")
    with ana.as_themselves() as person:
        assert person.ended(ana.jobs()[0]["job_id"])["status"] == "succeeded"
    ana.says("status", "idle")


def test_a_lost_answer_and_another_click_make_one_job(ana: Visit):
    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
        route.abort()

    ana.opens(prompt="lost on the way")
    ana.page.route("**/api/images/generate", lose)
    ana.page.clock.install()
    ana.presses("generate")
    eventually(lambda: ana.page.clock.run_for(1000) or ana.alert.count(), "the failure")
    expect(ana.alert).to_have_text("Le serveur est injoignable.")
    ana.page.unroute("**/api/images/generate")
    ana.page.clock.resume()
    ana.presses("generate")
    ana.says("status", "succeeded")
    assert len(ana.jobs()) == 1


def test_a_refusal_is_told_in_the_page_s_language(ana: Visit):
    ana.opens(prompt="[fail] x")
    ana.presses("generate")
    expect(ana.alert).to_have_text("La consigne demandait un échec.")
    ana.says("status", "failed")


def test_a_token_that_ends_meanwhile_is_renewed(ana: Visit):
    ana.opens(ttl="2", prompt="[steps 6] [sleep 0.5] longer than a token")
    ana.presses("generate")
    ana.says("status", "succeeded")
    assert len({request.headers["authorization"] for request in ana.asked("GET", "/events")}) > 1
    assert len(ana.jobs()) == 1


def test_lists_are_live_and_are_whoever_s_looks(ana: Visit):
    ana.opens("image lists", prompt="[steps 20] [sleep 0.2] listed")
    ana.says("models", re.compile("fake-image"))
    ana.says("jobs", "")
    ana.presses("generate")
    ana.says("jobs", "[steps 20] [sleep 0.2] listed: running")
    ana.says("jobs", "[steps 20] [sleep 0.2] listed: succeeded")
    ana.says("first", "succeeded")
    ana.says("usage", "image 1")
    ana.page.evaluate(f"setWho({json.dumps({'user': ana.user, 'org': 'org_' + ana.user, 'isLoaded': True})})")
    ana.says("status", "idle")
    ana.says("usage", "")
    ana.says("jobs", "")


def test_more_jobs_are_shown_on_demand(ana: Visit):
    with ana.as_themselves() as person:
        for number in range(3):
            person.make(f"{number}", width=64, height=64)
    ana.opens("lists")
    ana.says("jobs", "2: succeeded, 1: succeeded")
    ana.presses("more")
    ana.says("jobs", "2: succeeded, 1: succeeded, 0: succeeded")
