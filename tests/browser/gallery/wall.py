"""What the gallery shows, as the tests look for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.browser.expecting import expect
from tests.browser.visit import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page
    from tests.service import Person


SIDES = "64 \N{MULTIPLICATION SIGN} 64"
SMALL = {"model": "fake-image", "width": 64, "height": 64, "num_inference_steps": 1}
FURTHER = """height => document.documentElement.scrollHeight > height
    || [...document.querySelectorAll("[role=grid] a")].some(link => link.textContent.includes("long ago"))"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
FRENCH = {"locale": "fr-FR"}

Comes = Callable[..., "Page"]


def at(visitor: Visitor, path: str = "/gallery") -> Page:
    """A sheet that is open hides the rest of the page from who asks by roles."""
    visitor.page.goto(visitor.url + path)
    visitor.menu.or_(visitor.page.get_by_role("dialog")).first.wait_for()
    return visitor.page


def tiles(page: Page, prompt: str | None = None) -> Locator:
    links = page.get_by_role("grid").get_by_role("link")
    return links.filter(has_text=prompt) if prompt else links


def opened(page: Page, prompt: str) -> Locator:
    """The sheet over the gallery that shows it."""
    tiles(page, prompt).first.click()
    return shown(page, prompt)


def shown(page: Page, prompt: str) -> Locator:
    sheet = page.get_by_role("dialog", name=prompt, exact=True)
    expect(sheet).to_be_visible()
    return sheet


def fact(sheet: Locator, name: str) -> Locator:
    return sheet.get_by_role("term").filter(has_text=re.compile(f"^{re.escape(name)}$")).locator("+ dd")


def is_there(person: Person, job_id: str) -> bool:
    return person.get(f"/api/jobs/{job_id}").status_code == 200
