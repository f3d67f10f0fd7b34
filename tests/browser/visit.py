"""Who takes part: `estampe up` as a newcomer runs it, and visitors with a browser of their own."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.postgres import eventually
from tests.service import free_port

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

TOKEN_SECONDS = 3
PATIENCE_MS = 15_000
REPORTS_VIOLATIONS = """
    addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective}`));
"""


def playwright() -> Any:
    """Playwright's module. Skips where it is not installed; fails where a browser was promised."""
    if os.environ.get("TESTS_REQUIRE_CHROMIUM"):
        return importlib.import_module("playwright.sync_api")
    return pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")


def chromium() -> str:
    """Where it is. Skips where it is not installed; fails where it was promised."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found is not None:
            return found
    if os.environ.get("TESTS_REQUIRE_CHROMIUM"):
        pytest.fail("Chromium is required and is not installed")
    pytest.skip("Chromium is not installed")


class Installation:
    """`estampe up`, from its first line to its last."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "log.txt"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ESTAMPE_")}
        self._environment = kept | {"ESTAMPE_ENGINES": "fake,vignette", "ESTAMPE_TOKEN_SECONDS": str(TOKEN_SECONDS)}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command("up"), env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def printed_link(self) -> str:
        """The one that `estampe up` printed."""

        def printed() -> str | None:
            assert self._process.poll() is None, self._log.read_text()
            return _link(self._log.read_text())

        return eventually(printed, "the link")

    def new_link(self) -> str:
        asked = subprocess.run(
            self._command("link"), env=self._environment, capture_output=True, text=True, check=True, timeout=60
        )
        return _link(asked.stdout) or pytest.fail(asked.stdout + asked.stderr)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _command(self, verb: str) -> list[str]:
        folder = str(self._folder / "data")
        return [sys.executable, "-m", "estampe", verb, "--data-dir", folder, "--port", str(self.port)]


def _link(text: str) -> str | None:
    found = re.search(r"http://\S+#code=\S+", text)
    return found[0] if found else None


class Visitor:
    """Someone with a browser of their own, whose console must stay silent."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.expected: list[str] = []
        self.complaints: list[str] = []
        context.add_init_script(REPORTS_VIOLATIONS)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", lambda said: said.type in {"error", "warning"} and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def goes_home(self) -> None:
        self.page.goto(self.url)
        self.page.locator("#composer").wait_for()

    def asks(self, prompt: str, model: str = "vignette", kind: str = "image") -> Locator:
        """The print that appears at once."""
        self.page.locator(f"input[value={kind}]").check(force=True)
        self.page.locator("#model").select_option(model)
        self.page.locator("#prompt").fill(prompt)
        self.page.keyboard.press("Enter")
        self.page.locator(".print:first-child .open", has_text=prompt).wait_for()
        return self.page.locator(".print").first

    def prints(self, prompt: str) -> Locator:
        exactly = re.compile(f"^{re.escape(prompt)}$")
        return self.page.locator(".print").filter(has=self.page.locator(".open", has_text=exactly))

    def unexpected(self) -> list[str]:
        return [said for said in self.complaints if not any(words in said for words in self.expected)]
