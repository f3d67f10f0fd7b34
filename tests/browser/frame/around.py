"""What stands around every page, as the tests look for it."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.browser.visit import Visitor, playwright

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


AGAIN_MS = 5_000
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
    """A page that came this moment may be drawn once more under its open menu: who meets that opens it again."""
    item = visitor.page.get_by_role("menuitemradio", name=choice)
    account(visitor.page).click()
    with suppress(playwright().TimeoutError):
        item.wait_for(timeout=AGAIN_MS)
    if not item.is_visible():
        account(visitor.page).click()
    item.click()


def asks_who(page: Page, *answers: str) -> Locator:
    """The gate, in whatever language."""
    return page.get_by_role("heading", level=1, name=re.compile("|".join(answers or ("not signed in", "requise"))))
