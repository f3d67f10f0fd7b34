"""What was used, and who may see what."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.admin.office import figure, link_for
from tests.browser.expecting import expect
from tests.browser.visit import Installation, Visitor, Visitors

if TYPE_CHECKING:
    from playwright.sync_api import Browser


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
