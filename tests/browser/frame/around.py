"""What stands around every page, as the tests look for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.browser.visit import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


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
