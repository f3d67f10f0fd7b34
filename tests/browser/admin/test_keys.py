"""API keys: made, shown once, seen in use, withdrawn."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.browser.admin.office import REFUSED, asks, link_for, makes_key, row
from tests.browser.expecting import expect
from tests.browser.visit import Installation, Visitor, Visitors
from tests.postgres import eventually


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
