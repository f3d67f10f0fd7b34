"""The pages of administration, as the tests look for what is on them."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
from tests.browser.visit import Installation
from tests.postgres import eventually

from estampe import bootstrap
from estampe.access import sessions
from estampe.db import Database
from estampe.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


PAGES = ("/usage", "/keys", "/sign-ins", "/operator")
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
# What the browser itself says of an answer that was refused.
REFUSED = "403 (Forbidden)"


def link_for(installation: Installation, user: str, role: str, org: str = "org_local") -> str:
    """A link that signs in somebody other than this machine's own person."""

    async def drawn(url: str) -> str:
        database = Database(url, connections=1)
        await database.open()
        try:
            return await sessions.new_code(database, user_id=user, organization_id=org, role=role, ttl_seconds=600)
        finally:
            await database.close()

    with bootstrap.database_url(Settings(data_dir=installation.folder / "data")) as url, ThreadPoolExecutor(1) as aside:
        # Playwright's own loop runs in this thread.
        code = aside.submit(lambda: asyncio.run(drawn(url))).result(timeout=60)
    return f"{installation.url}/#code={code}"


def asks(installation: Installation, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{installation.origin}/api/jobs", headers=headers, trust_env=False, timeout=30)


def row(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def figure(page: Page, name: str) -> Locator:
    """A total on the page of usage."""
    return (
        page.get_by_role("group", name=re.compile("What is counted|Ce qui est compté")).get_by_text(name).locator("..")
    )


def makes_key(page: Page, name: str, *scopes: str) -> str:
    """The key's text, from the one time that it is shown."""
    page.get_by_role("button", name="Make a key").first.click()
    dialog = page.get_by_role("dialog", name="Make a key")
    dialog.get_by_label("Name", exact=True).fill(name)
    for scope in scopes:
        dialog.get_by_role("checkbox", name=scope).check()
    dialog.get_by_role("button", name="Make the key").click()
    return page.get_by_role("dialog", name="Your new key").get_by_label("Key", exact=True).input_value()


def forges(installation: Installation, times: int) -> None:
    """Tokens with a signature that is not the issuer's, until they are counted."""
    with installation.person() as person:
        head, claims, signature = person.token.split(".")
        forged = f"{head}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
        since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        for _ in range(times):
            assert asks(installation, forged).status_code == 401

        def counted() -> bool:
            page = person.get("/api/auth-events", params={"from": since}).json()
            return page["counts"].get("token_invalid_signature", 0) >= times

        eventually(counted, "the refusals")
