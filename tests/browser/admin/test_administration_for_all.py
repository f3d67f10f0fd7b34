"""Every page of administration can be used by everybody."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.browser.admin.office import PAGES, PHONE, WIDE, forges
from tests.browser.expecting import expect
from tests.browser.visit import Installation, Visitors, axe


@pytest.fixture(scope="module")
def busy(installation: Installation) -> None:
    """Something stands on every page."""
    with installation.person() as person:
        person.make("a cat", model="fake-image")
        soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
        person.post("/api/keys", json={"name": "Soon over", "expires_at": soon})
        over = person.post("/api/keys", json={"name": "Is over"}).json()
        person.delete(f"/api/keys/{over['key_id']}")
    forges(installation, 1)


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("size", "locale"), [(WIDE, "en-US"), (PHONE, "fr-FR")], ids=["wide", "phone"])
def test_every_page_of_administration_can_be_used_by_everybody(
    visitors: Visitors, session: Any, scheme: str, size: dict[str, int], locale: str
):
    visitor = visitors(storage_state=session, color_scheme=scheme, viewport=size, locale=locale)
    page = visitor.page
    for path in PAGES:
        visitor.goes_to(path)
        expect(page.get_by_role("table").first).to_be_visible()
        expect(page.get_by_text(re.compile("^(Loading|Chargement)…$"))).to_have_count(0)
        for table in page.get_by_text(re.compile("^(Show as a table|Afficher en tableau)$")).all():
            table.click()
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
def test_the_dialogs_of_keys_can_be_used_by_everybody(visitors: Visitors, session: Any, locale: str):
    visitor = visitors(storage_state=session, locale=locale, viewport=PHONE)
    page = visitor.page
    visitor.goes_to("/keys")
    page.get_by_role("button", name=re.compile("Make a key|Créer une clé")).first.click()
    page.get_by_role("dialog").get_by_label(re.compile("^(Name|Nom)$")).fill("Petit robot")
    assert axe(page) == []
    page.get_by_role("button", name=re.compile("Make the key|Créer la clé")).click()
    page.get_by_role("dialog").get_by_label(re.compile("^(Key|Clé)$")).wait_for()
    assert axe(page) == []
