"""Who takes part: `estampe up` as a newcomer runs it, and visitors with a browser of their own."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.postgres import eventually
from tests.service import Person, free_port, until_free

from estampe.identity.local import Local

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page

ROOT = Path(__file__).parents[2]
STUDIO = ROOT / "src" / "estampe" / "http" / "page" / "index.html"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
TOKEN_SECONDS = 3
PATIENCE_MS = 15_000
REPORTS_VIOLATIONS = """
    addEventListener("securitypolicyviolation", (event) =>
        console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
"""
# WCAG 2.2 AA and what axe's authors call good practice; nothing is judged in the middle of a movement.
JUDGED = """async () => {
    const moving = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
    await Promise.allSettled(moving.map((one) => one.finished))
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    // Base UI's guards send a keyboard back into what is open: nobody stays on one.
    const all = { include: document, exclude: ["[data-base-ui-focus-guard]"] }
    // A menu floats over the landmarks, and needs none.
    const rules = { region: { enabled: document.querySelector("[role=menu]") === null } }
    const { violations } = await axe.run(all, { runOnly: tags, rules, resultTypes: ["violations"] })
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`))
}"""

# How the studio calls what these visitors use, in English or French.
PAGES = re.compile(r"^Pages$")
MENU = {"image": re.compile(r"^Images$"), "video": re.compile(r"^(Videos|Vidéos)$")}
PROMPT = re.compile(r"^(Prompt|Describe|Décrivez)")
MODEL = re.compile(r"^(Model|Modèle)$")


def playwright() -> Any:
    """Playwright's module. Skips where it is not installed; fails where a browser was promised."""
    if os.environ.get("TESTS_REQUIRE_CHROMIUM"):
        return importlib.import_module("playwright.sync_api")
    return pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")


def absent(why: str) -> Any:
    """Skips; fails where a browser was promised."""
    (pytest.fail if os.environ.get("TESTS_REQUIRE_CHROMIUM") else pytest.skip)(why)


def chromium() -> str:
    """Where it is. Skips where it is not installed; fails where it was promised."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found is not None:
            return found
    return absent("Chromium is not installed")


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands; the page's policy does not hold for a debugger."""
    if not AXE.exists():
        absent("axe-core is not installed: run npm ci in web")
    page.evaluate(AXE.read_text("utf-8"))
    return page.evaluate(JUDGED)


class Installation:
    """`estampe up`, from its first line to its last; it may be stopped and started again at the same place."""

    def __init__(self, folder: Path, *, port: int | None = None, **settings: object) -> None:
        if not STUDIO.exists():
            absent("the studio is not built: run make studio")
        self.port, self.folder = port or free_port(), folder
        self.origin = f"http://127.0.0.1:{self.port}"
        said = {"engines": "fake,vignette", "token_seconds": TOKEN_SECONDS} | settings
        self.url = str(said.get("public_url") or self.origin).rstrip("/")
        self._log = folder / "log.txt"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ESTAMPE_")}
        self._environment = kept | {f"ESTAMPE_{name.upper()}": str(value) for name, value in said.items()}
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("up"), env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def printed_link(self) -> str:
        """The one that `estampe up` printed last."""

        def printed() -> str | None:
            self._is_alive()
            return _link(self._log.read_text())

        return eventually(printed, "the link")

    def until_ready(self) -> None:
        """It answers, and its workers have announced what they can make."""

        def ready() -> bool:
            self._is_alive()
            try:
                with self.person("user_probe", None, None) as probe:
                    return bool(probe.get("/api/models").raise_for_status().json()["models"])
            except Exception:  # noqa: BLE001 - whatever it is, it is not ready
                return False

        eventually(ready, "a ready installation")

    def new_link(self) -> str:
        asked = subprocess.run(
            self._command("link"), env=self._environment, capture_output=True, text=True, check=True, timeout=60
        )
        return _link(asked.stdout) or pytest.fail(asked.stdout + asked.stderr)

    def person(self, user: str = "user_local", org: str | None = "org_local", role: str | None = "org:admin") -> Person:
        """A client of the API that is whom the link signs in, or somebody else: for what a test needs made before."""
        return Person(_Door(self.origin, self.folder / "data"), user, org, role)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        until_free(self.port)

    def _is_alive(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()

    def _command(self, verb: str) -> list[str]:
        folder = str(self.folder / "data")
        return [sys.executable, "-m", "estampe", verb, "--data-dir", folder, "--port", str(self.port)]


@contextmanager
def installed(folder: Path, **settings: object) -> Iterator[Installation]:
    """One that has printed its link and whose workers are there; stopped in the end, whoever stopped it before."""
    started = Installation(folder, **settings)
    try:
        started.printed_link()
        started.until_ready()
        yield started
    finally:
        started.stop()


class _Door:
    """What a `Person` needs of a service."""

    def __init__(self, url: str, data_dir: Path) -> None:
        self.url, self.local = url, Local(data_dir)


def _link(text: str) -> str | None:
    found = re.findall(r"http://\S+#code=\S+", text)
    return found[-1] if found else None


class Visitor:
    """Someone with a browser of their own, whose console must stay silent."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.expected: list[str] = []
        self.complaints: list[str] = []
        context.add_init_script(REPORTS_VIOLATIONS)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self.complaints.append(f"{said.text} ({said.location['url']})")

    def leaves(self) -> None:
        """Whatever is still on its way to the page reaches nobody."""
        self.page.remove_listener("console", self._hear)
        self.page.close()

    @property
    def menu(self) -> Locator:
        """It is there for whoever is signed in."""
        return self.page.get_by_role("navigation", name=PAGES)

    def goes_to(self, path: str) -> None:
        self.page.goto(self.url + path)
        self.menu.wait_for()

    def goes_home(self) -> None:
        self.goes_to("/")

    def signs_in(self, link: str) -> None:
        self.page.goto(link)
        self.menu.wait_for()

    def asks(self, prompt: str, model: str = "vignette", kind: str = "image") -> Locator:
        """The place on the page where what was asked for appears at once."""
        entry = self.menu.get_by_role("link", name=MENU[kind])
        if entry.get_attribute("aria-current") != "page":
            entry.click()
        self.page.get_by_role("combobox", name=MODEL).select_option(model)
        self.page.get_by_role("textbox", name=PROMPT).fill(prompt)
        self.page.keyboard.press("Control+Enter")
        made = self.made(prompt).first
        made.wait_for()
        return made

    def made(self, prompt: str) -> Locator:
        """Everything on the page that was made from exactly these words, the newest first."""
        exactly = re.compile(rf"^\s*{re.escape(prompt)}\s*$")
        return self.page.get_by_role("article").filter(has=self.page.get_by_text(exactly))

    def unexpected(self) -> list[str]:
        return [said for said in self.complaints if not any(words in said for words in self.expected)]


Visitors = Callable[..., Visitor]
"""Each with a browser of its own, which is like this."""
