"""The example site, built as its author would build it, in a real browser; somebody stands in for Clerk."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from tests.browser.visit import PATIENCE_MS, chromium, playwright
from tests.postgres import eventually
from tests.web.conftest import ROOT, WEB, absent, alone

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request
    from tests.service import Service
    from tests.web.conftest import Node
    from tests.web.reception import Reception

EXAMPLE = ROOT / "examples" / "nextjs-clerk"
STAND_IN = Path(__file__).parent / "clerk"
# Well formed, and nobody's: a build asks Clerk nothing.
NOBODY_S = {
    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY": "pk_test_" + base64.b64encode(b"example.clerk.accounts.dev$").decode(),
    "CLERK_SECRET_KEY": "sk_test_nobody",
}
LOADED = "image => image.complete && image.naturalWidth > 0"


@pytest.fixture(scope="module")
def example(node: Node) -> Iterator[Callable[..., None]]:
    """Builds the site; the packages in it are the ones just built."""
    if not (EXAMPLE / "node_modules" / "next").exists() and not os.environ.get("TESTS_REQUIRE_NODE"):
        absent("Next.js is not installed: run npm ci in examples/nextjs-clerk")

    def build(**environment: str) -> None:
        nobody_s = NOBODY_S | {"NEXT_TELEMETRY_DISABLED": "1"}
        built = node.run(EXAMPLE, "node_modules/next/dist/bin/next", "build", **nobody_s, **environment)
        assert built.returncode == 0, built.stdout + built.stderr

    with alone(EXAMPLE):
        node.install(EXAMPLE)
        for name in ("client", "react"):
            installed = EXAMPLE / "node_modules" / "@estampe" / name / "dist"
            shutil.rmtree(installed, ignore_errors=True)
            shutil.copytree(WEB / name / "dist", installed)
        yield build


@pytest.fixture(scope="module")
def site(
    node: Node, example: Callable[..., None], live: Service, site_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The site as it is served to its members."""
    example(TESTS_CLERK=str(STAND_IN), NEXT_PUBLIC_ESTAMPE_URL=live.url)
    log = tmp_path_factory.mktemp("site") / "log.txt"
    start = ("node_modules/next/dist/bin/next", "start", "--hostname", "127.0.0.1", "--port", str(site_port))
    process = node.start(EXAMPLE, *start, log=log)
    url = f"http://127.0.0.1:{site_port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text("utf-8")
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(url, trust_env=False).is_success
        return False

    eventually(answers, "the site")
    yield url
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright().sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


class Member:
    """Somebody with a browser of their own, signed in or not, and what the browser asked for."""

    def __init__(self, browser: Browser, site: str, live: Service, reception: Reception) -> None:
        self.user, self._site, self._live = f"user_{uuid4().hex[:8]}", site, live
        self._reception = reception
        self.context = browser.new_context(locale="fr-FR")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108 - it marks its handlers
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console", lambda said: said.type == "error" and self.complaints.append(f"{said.text} {said.location}")
        )

    def signs_in(self, ttl: int = 60) -> Member:
        said = {"tests_user": self.user, "tests_reception": self._reception.url, "tests_ttl": str(ttl)}
        self.context.add_cookies([{"name": name, "value": value, "url": self._site} for name, value in said.items()])
        return self

    def goes_to(self, path: str) -> None:
        self.page.goto(self._site + path)

    def asks(self, prompt: str) -> None:
        self.page.get_by_role("textbox").fill(prompt)
        self.page.locator("button[type=submit]").click()

    def saves(self) -> bytes:
        """What the link under it leaves on the member's disk; the page stays where it is."""
        before = self.page.url
        with self.page.expect_download() as started:
            self.page.get_by_role("link", name="Télécharger").click()
        assert self.page.url == before
        return started.value.path().read_bytes()

    def jobs(self) -> list[str]:
        with self._live.person(self.user) as person:
            return [job["status"] for job in person.get("/api/jobs").json()["jobs"]]


@pytest.fixture
def ana(browser: Browser, site: str, live: Service, reception: Reception) -> Iterator[Member]:
    member = Member(browser, site, live, reception)
    yield member
    member.context.close()
    assert member.complaints == []
    # Nothing comes from elsewhere: no font, no script, no count of visits.
    assert {urlsplit(request.url).hostname for request in member.requests} <= {"127.0.0.1", "localhost", None}


def test_an_image_comes_and_every_request_said_who_asked(ana: Member, live: Service):
    ana.signs_in().goes_to("/generate-images")
    ana.asks("[steps 6] [sleep 0.2] une pomme rouge")
    ana.page.get_by_text("Création en cours").wait_for()
    picture = ana.page.get_by_alt_text("une pomme rouge")
    ana.page.wait_for_function(LOADED, arg=picture.element_handle())
    asked = [one for one in ana.requests if one.url.startswith(f"{live.url}/api/") and one.resource_type == "fetch"]
    assert {one.method for one in asked} == {"GET", "POST"}
    assert all(one.headers["authorization"].startswith("Bearer ey") for one in asked)
    assert ana.jobs() == ["succeeded"]
    assert ana.saves().startswith(b"\x89PNG")
    ana.goes_to("/")
    ana.page.wait_for_function(LOADED, arg=ana.page.get_by_alt_text("une pomme rouge").element_handle())


def test_a_video_comes_although_the_token_lasts_less(ana: Member):
    ana.signs_in(ttl=2).goes_to("/generate-videos")
    ana.asks("[steps 6] [sleep 0.5] un bateau")
    ana.page.locator("video").wait_for()
    assert ana.jobs() == ["succeeded"]
    assert ana.saves()[4:8] == b"ftyp"


def test_what_is_canceled_ends(ana: Member):
    ana.signs_in().goes_to("/generate-images")
    ana.asks("[steps 50] [sleep 0.5] trop long")
    ana.page.get_by_role("button", name="Annuler").click()
    ana.page.get_by_text("Création annulée.").wait_for()
    assert ana.jobs() == ["canceled"]


def test_what_goes_wrong_is_told_in_french(ana: Member):
    ana.signs_in().goes_to("/generate-images")
    ana.asks("[fail] une pomme")
    ana.page.get_by_text("La consigne demandait un échec.").wait_for()


def test_only_members_may_make_something(ana: Member):
    ana.goes_to("/generate-images")
    ana.page.get_by_text("Connectez-vous pour créer des images et des vidéos.").wait_for()
    assert "generate" not in ana.page.url


@pytest.mark.skipif(not os.environ.get("TESTS_REQUIRE_NODE"), reason="the site is built a second time in CI alone")
def test_it_builds_with_clerk_itself(example: Callable[..., None]):
    example()

    assert (EXAMPLE / ".next" / "BUILD_ID").exists()
