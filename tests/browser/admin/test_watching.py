"""Refused sign-ins, and the page of operators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from tests.browser.admin.office import forges
from tests.browser.expecting import expect
from tests.browser.visit import Installation, Visitor, Visitors


class Told(NamedTuple):
    """How a page speaks of a token that is not signed by whom it names."""

    name: str
    advice: str
    every: str


SAID = {
    "en-US": Told("Wrong signature", "Either forged, or issued by another environment", "Every reason"),
    "fr-FR": Told("Mauvaise signature", "Soit un faux, soit un jeton", "Toutes les raisons"),
}


@pytest.mark.parametrize("locale", SAID)
def test_a_refused_token_is_seen_with_its_reason_and_what_to_do(
    visitors: Visitors, session: Any, installation: Installation, locale: str
):
    name, advice, every = SAID[locale]
    httpx.get(f"{installation.origin}/api/me", trust_env=False, timeout=30)
    forges(installation, 2)
    page = (visitor := visitors(storage_state=session, locale=locale)).page
    visitor.goes_to("/sign-ins")
    reason = page.get_by_role("article").filter(has=page.get_by_role("heading", name=name))
    expect(reason).to_contain_text("token_invalid_signature")
    expect(reason).to_contain_text(advice)
    plot = page.get_by_role("slider")
    expect(plot).to_have_attribute("aria-valuetext", re.compile(name))
    reason.get_by_role("button").click()
    expect(page).to_have_url(re.compile("reason=token_invalid_signature"))
    rows = page.get_by_role("table").get_by_role("row").filter(has=page.get_by_role("rowheader"))
    expect(rows.filter(has_not_text=name)).to_have_count(0)
    expect(rows.first).to_contain_text("/api/jobs")
    page.get_by_role("button", name=every).click()
    expect(page).not_to_have_url(re.compile("reason="))


def test_a_time_without_refusals_says_so(ana: Visitor):
    ana.goes_to("/sign-ins?from=2026-01-01&to=2026-01-02")
    expect(ana.page.get_by_text("Nobody was refused in this time")).to_be_visible()
    expect(ana.page.get_by_text("0 sign-ins were accepted")).to_be_visible()


# The operator's page


@pytest.fixture
def queue(installation: Installation) -> Iterator[None]:
    """A job that runs for long, and two behind it."""
    with installation.person("user_slow", "org_slow") as slow:
        jobs = [slow.ask("[steps 400] [sleep 0.2] slowly", model="fake-image")]
        slow.reaches(jobs[0], "running")
        jobs += [slow.ask("[steps 400] [sleep 0.2] slowly", model="fake-image") for _ in range(2)]
        yield
        for job in jobs:
            slow.post(f"/api/jobs/{job}/cancel")
        for job in jobs:
            slow.ended(job)


@pytest.mark.parametrize(("locale", "alive"), [("en-US", "Alive"), ("fr-FR", "Actif")])
@pytest.mark.usefixtures("queue")
def test_an_operator_sees_the_workers_and_whose_jobs_wait(visitors: Visitors, session: Any, locale: str, alive: str):
    page = (visitor := visitors(storage_state=session, locale=locale)).page
    visitor.goes_to("/operator")
    workers = page.get_by_role("table", name="Workers")
    expect(workers.get_by_role("row").filter(has_text=alive)).to_have_count(1)
    expect(workers.get_by_role("cell", name=re.compile("^fake-image . 1$"))).to_be_visible()
    line = page.get_by_role("table", name=re.compile("Models|Modèles")).get_by_role(
        "row", name=re.compile("^fake-image")
    )
    expect(line.get_by_role("cell").first).to_have_text("2")
    waiting = page.get_by_role("table", name=re.compile("Whose jobs|À qui"))
    expect(waiting.get_by_role("row", name=re.compile("^org_slow")).get_by_role("cell").first).to_have_text("2")


def test_the_page_of_operators_follows_by_itself_and_says_when_nobody_works(ana: Visitor, installation: Installation):
    with installation.person() as person:
        person.make("a cat", model="fake-image")
    gone: list[bool] = []

    def without_workers(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | ({"workers": []} if gone else {}))

    ana.page.route("**/api/operator", without_workers)
    ana.goes_to("/operator")
    expect(ana.page.get_by_role("table", name="Workers")).to_be_visible()
    expect(ana.page.get_by_role("slider", name=re.compile("^Jobs ended"))).to_be_visible()
    gone.append(True)
    expect(ana.page.get_by_text("No worker is there")).to_be_visible()
    expect(ana.page.get_by_text("estampe worker", exact=True)).to_be_visible()
    ana.page.unroute_all(behavior="wait")
