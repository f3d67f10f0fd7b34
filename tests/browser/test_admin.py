"""What administrators and operators see: what was used, the keys of programs, who was refused, and the machinery."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import pytest
from tests.browser.visit import PATIENCE_MS, Installation, Visitor, axe, playwright
from tests.postgres import eventually

from estampe import bootstrap
from estampe.access import sessions
from estampe.db import Database
from estampe.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

expect = playwright().expect
expect.set_options(timeout=PATIENCE_MS)

Visitors = Callable[..., Visitor]
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


# API keys


def test_a_key_is_shown_once_works_is_seen_in_use_and_is_refused_once_it_is_withdrawn(
    ana: Visitor, installation: Installation
):
    page = ana.page
    ana.goes_to("/keys")
    key = makes_key(page, "Night shift")
    assert key.startswith("esk_")
    line = page.get_by_label("Try it in a terminal").input_value()
    page.get_by_role("button", name="I have copied it").click()
    mine = row(page, re.compile("Night shift"))
    expect(mine).to_contain_text("Not yet")
    assert key not in page.content()

    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout)["status"] == "succeeded", done.stdout
    with installation.person() as person:
        eventually(lambda: person.get("/api/keys").json()["keys"][0]["last_used_at"], "the key's last use")
    page.reload()
    expect(mine).not_to_contain_text("Not yet")

    mine.get_by_role("button", name="Withdraw Night shift").click()
    sure = page.get_by_role("dialog", name="Withdraw “Night shift”?")
    expect(sure).to_contain_text(key[:12])
    sure.get_by_role("button", name="Withdraw").click()
    expect(row(page, re.compile(r"Night shift\s*Withdrawn"))).to_be_visible()
    assert page.get_by_role("button", name="Withdraw Night shift").count() == 0
    refused = eventually(lambda: (said := asks(installation, key)).status_code == 401 and said, "the refusal")
    assert refused.json()["code"] == "key_revoked"


def test_a_key_that_may_less_is_tried_with_what_it_may(ana: Visitor):
    page = ana.page
    ana.goes_to("/keys")
    page.get_by_role("button", name="Make a key").first.click()
    dialog = page.get_by_role("dialog", name="Make a key")
    dialog.get_by_label("Name", exact=True).fill("Dashboard")
    for scope in ("Make images", "Make videos"):
        dialog.get_by_role("checkbox", name=scope).uncheck()
    dialog.get_by_role("button", name="Make the key").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose one permission at least.")
    dialog.get_by_role("checkbox", name="usage").check()
    dialog.get_by_role("combobox", name="Expires").select_option("Never")
    dialog.get_by_role("button", name="Make the key").click()
    line = page.get_by_label("Try it in a terminal").input_value()
    assert shlex.split(line)[2].endswith("/api/me")
    page.keyboard.press("Escape")
    expect(row(page, "Dashboard")).to_contain_text("Never")
    expect(row(page, "Dashboard").get_by_role("listitem")).to_have_text(["usage:read"])


def test_a_key_is_made_in_french_and_its_faults_are_told(visitors: Visitors, session: Any, installation: Installation):
    page = (camille := visitors(locale="fr-FR", storage_state=session)).page
    camille.goes_to("/keys")
    page.get_by_role("button", name="Créer une clé").first.click()
    dialog = page.get_by_role("dialog", name="Créer une clé")
    dialog.get_by_role("combobox", name="Expire").select_option("Au jour de mon choix")
    dialog.get_by_role("button", name="Créer la clé").click()
    expect(dialog.get_by_label("Nom")).to_have_accessible_description(re.compile("Donnez-lui un nom"))
    expect(dialog.get_by_label("Dernier jour")).to_have_accessible_description(re.compile("à venir"))
    dialog.get_by_label("Nom").fill("Atelier de Noël")
    dialog.get_by_label("Dernier jour").fill((datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%d"))
    dialog.get_by_role("button", name="Créer la clé").click()
    key = page.get_by_role("dialog", name="Votre nouvelle clé").get_by_label("Clé", exact=True).input_value()
    page.get_by_role("button", name=re.compile("^Je l.ai copiée$")).click()
    expect(row(page, re.compile("Atelier de Noël"))).to_contain_text("Expire bientôt")
    assert asks(installation, key).status_code == 200


def test_older_keys_are_asked_for_as_they_are_wanted(visitors: Visitors, installation: Installation):
    with installation.person("user_many", "org_many") as person:
        for number in range(52):
            made = {"name": f"Robot {number}", "scopes": ["images:generate"]}
            assert person.post("/api/keys", json=made).status_code == 201
    many = visitors()
    many.signs_in(link_for(installation, "user_many", "org:admin", "org_many"))
    many.goes_to("/keys")
    expect(row(many.page, "Robot 51")).to_be_visible()
    expect(row(many.page, re.compile("^Robot 0$"))).to_have_count(0)
    many.page.get_by_role("button", name="Show older keys").click()
    expect(row(many.page, re.compile("^Robot 0$"))).to_be_visible()
    expect(many.page.get_by_role("button", name="Show older keys")).to_have_count(0)


def test_what_the_server_refuses_is_told_with_a_way_to_try_again(ana: Visitor):
    problem = {"title": "You may not do this.", "status": 403, "detail": "", "code": "permission_missing"}
    ana.expected.append(REFUSED)
    keys = re.compile(r"/api/keys\?")
    ana.page.route(keys, lambda route: route.fulfill(status=403, json=problem))
    ana.goes_to("/keys")
    expect(ana.page.get_by_role("alert")).to_contain_text("You may not do this.")
    ana.page.unroute(keys)
    ana.page.get_by_role("button", name="Try again").click()
    expect(ana.page.get_by_role("alert")).to_have_count(0)


# Usage


def test_usage_grows_by_itself_and_its_table_can_be_taken_away(ana: Visitor, installation: Installation):
    page = ana.page
    with installation.person() as person:
        person.make("a first cat", model="fake-image")
        ana.goes_to("/usage?period=7d&of=mine")
        images = figure(page, "Images")
        expect(images).to_be_visible()
        before = int(re.sub(r"\D", "", images.inner_text()))
        person.make("two cats", model="fake-image", num_outputs=2)
    expect(images).to_have_text(re.compile(rf"Images\s*{before + 2}$"))
    shares = page.get_by_role("table", name="Model")
    expect(shares.get_by_role("row", name=re.compile("fake-image"))).to_contain_text(str(before + 2)[-1])
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert saved.value.suggested_filename.endswith(f"{today}.csv")
    table = saved.value.path().read_text("utf-8").splitlines()
    assert table[0].startswith("day,user_id,model,kind,attempts,succeeded,images")
    assert any(line.startswith(f"{today},user_local,fake-image,image,") for line in table)


def test_a_plot_tells_its_values_by_keyboard_by_pointer_and_as_a_table(ana: Visitor, installation: Installation):
    page = ana.page
    with installation.person() as person:
        person.make("a cat", model="fake-image")
    ana.goes_to("/usage?period=7d")
    plot = page.get_by_role("slider", name=re.compile("^Images, by day"))
    plot.focus()
    now = datetime.now(UTC)
    expect(plot).to_have_attribute("aria-valuetext", re.compile(f"{now:%A}.* . [1-9].*fake-image [1-9]"))
    plot.press("ArrowLeft")
    expect(plot).to_have_attribute("aria-valuetext", re.compile(f"{now - timedelta(days=1):%A}"))
    expect(plot).to_have_attribute("aria-valuenow", "6")
    plot.press("Home")
    expect(plot).to_have_attribute("aria-valuenow", "1")
    plot.blur()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    expect(plot.get_by_text(re.compile(f"^{now:%A}"))).to_be_visible()
    page.get_by_text("Show as a table").click()
    table = page.get_by_role("table", name="Images, by day")
    expect(table.get_by_role("row")).to_have_count(8)
    expect(table.get_by_role("row").last).to_contain_text(f"{now:%A}")


def test_what_a_page_is_set_to_stands_in_its_address(ana: Visitor):
    page = ana.page
    ana.goes_to("/usage")
    page.get_by_role("combobox", name="Period").select_option("Last 90 days")
    page.get_by_role("radio", name="Mine").check(force=True)
    expect(page).to_have_url(re.compile(r"\?(?=.*period=90d)(?=.*of=mine)"))
    page.reload()
    expect(page.get_by_role("combobox", name="Period")).to_have_value("90d")
    expect(page.get_by_role("radio", name="Mine")).to_be_checked()
    page.get_by_role("combobox", name="Period").select_option("Own dates")
    first, last = (f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}" for days in (40, 20))
    page.get_by_label("From").fill(first)
    page.get_by_label("To", exact=True).fill(last)
    expect(page).to_have_url(re.compile(f"(?=.*from={first})(?=.*to={last})"))
    expect(page.get_by_text("Nothing was made in this period")).to_be_visible()
    expect(page.get_by_role("link", name="Make an image")).to_be_visible()


def test_what_is_left_of_the_plan_is_a_meter(visitors: Visitors, session: Any):
    page = (camille := visitors(locale="fr-FR", timezone_id="UTC", storage_state=session)).page
    quotas = {"images": {"limit": 1200, "spent": 300, "reserved": 4, "left": 896}}

    def limited(route: Any) -> None:
        answer = route.fetch()
        me = answer.json()
        me["allowance"] |= {"quotas": quotas, "period_ends_at": "2030-12-01T00:00:00Z", "max_queued": 40}
        route.fulfill(response=answer, json=me)

    page.route("**/api/me", limited)
    camille.goes_to("/usage")
    meter = page.get_by_role("meter", name="Images")
    expect(meter).to_have_attribute("aria-valuetext", re.compile(r"^Reste 896 sur 1\s200$"))
    expect(meter).to_have_attribute("aria-valuenow", "304")
    expect(page.get_by_text("Repart à zéro le 1 décembre 2030")).to_be_visible()
    page.unroute_all(behavior="wait")


# Who may see what


@pytest.fixture(scope="module")
def member(browser: Browser, installation: Installation) -> Any:
    """What the browser of a plain member of the same organisation keeps."""
    context = browser.new_context()
    Visitor(context, installation.url).signs_in(link_for(installation, "user_mel", "org:member"))
    kept = context.storage_state()
    context.close()
    return kept


def test_a_plain_member_sees_their_own_usage_and_is_told_so(
    visitors: Visitors, member: Any, installation: Installation
):
    with installation.person("user_mel", "org_local", "org:member") as mel, installation.person() as boss:
        boss.make("not mel's", model="fake-image", num_outputs=3)
        mel.make("mel's own", model="fake-image")
    page = (visitor := visitors(storage_state=member)).page
    visitor.goes_to("/usage")
    expect(page.get_by_text("You see your own usage only")).to_be_visible()
    expect(figure(page, "Images")).to_have_text(re.compile(r"Images\s*1$"))
    expect(page.get_by_role("radio", name="Organisation")).to_have_count(0)
    expect(page.get_by_role("heading", name="By person")).to_have_count(0)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    people = {line.split(",")[1] for line in saved.value.path().read_text("utf-8").splitlines()[1:]}
    assert people == {"user_mel"}


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
def test_a_plain_member_makes_no_keys_and_opens_no_page_of_administrators(visitors: Visitors, member: Any, locale: str):
    french = locale.startswith("fr")
    page = (visitor := visitors(storage_state=member, locale=locale)).page
    visitor.goes_to("/keys")
    told = "il faut la permission « keys:manage »" if french else "needs the permission “keys:manage”"
    expect(page.get_by_text(re.compile(told.replace(" ", r"\s")))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Make a key|Créer une clé"))).to_have_count(0)
    for path, name in (("/sign-ins", "Sign-ins|Connexions"), ("/operator", "Operator|Exploitation")):
        visitor.goes_to(path)
        title = "Vous ne pouvez pas ouvrir cette page" if french else "You may not open this page"
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(visitor.menu.get_by_role("link", name=re.compile(name))).to_have_count(0)


# Sign-ins


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


# For everybody


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
