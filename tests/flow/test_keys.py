"""API keys through the public door: made, shown once, used, listed, withdrawn."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jws
from tests.postgres import eventually
from tests.service import PLAIN, Person, Service


@pytest.fixture
def holder(service: Service) -> Iterator[Callable[[str], httpx.Client]]:
    """Clients that hold a key."""
    clients: list[httpx.Client] = []

    def of(key: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"}
        clients.append(httpx.Client(base_url=service.url, headers=headers, timeout=30, trust_env=False))
        return clients[-1]

    yield of
    for client in clients:
        client.close()


def make(person: Person, **wish: Any) -> dict[str, Any]:
    answer = person.post("/api/keys", json={"name": "ci"} | wish)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def test_a_key_is_shown_once_and_does_what_its_scopes_say(boss: Person, holder):
    made = make(boss, scopes=["images:generate"])
    key = holder(made["key"])

    assert re.fullmatch(r"esk_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}", made["key"])
    me = key.get("/api/me").json()
    assert (me["user_id"], me["organization_id"], me["permissions"]) == (boss.user, boss.org, ["images:generate"])
    job = key.post("/api/images/generate", json={"prompt": "a", "width": 64, "height": 64})
    assert job.status_code == 202
    assert boss.ended(job.json()["job_id"])["user_id"] == boss.user
    refused = key.post("/api/videos/generate", json={"prompt": "a"})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
    assert 'scope="videos:generate"' in refused.headers["www-authenticate"]
    (listed,) = boss.get("/api/keys").json()["keys"]
    assert listed == {name: value for name, value in made.items() if name != "key"} | {
        "last_used_at": listed["last_used_at"]
    }
    assert made["key"] not in boss.get("/api/keys").text


def test_a_key_without_scopes_may_generate_and_no_more(boss: Person, holder):
    made = make(boss)
    assert made["scopes"] == ["images:generate", "videos:generate"]
    assert holder(made["key"]).get("/api/me").json()["permissions"] == made["scopes"]


def test_nobody_makes_a_key_that_may_more_than_they(service: Service, boss: Person, ana: Person):
    denied = ana.post("/api/keys", json={"name": "n"})
    assert (denied.status_code, denied.json()["code"]) == (403, "permission_missing")
    beyond = boss.post("/api/keys", json={"name": "n", "scopes": ["operator"]})
    assert (beyond.status_code, beyond.json()["code"]) == (403, "permission_missing")
    with service.person("user_alone") as alone:
        assert alone.post("/api/keys", json={"name": "n", "scopes": ["keys:manage", "jobs:manage"]}).status_code == 201


def test_a_key_makes_no_key(boss: Person, holder):
    key = holder(make(boss, scopes=["keys:manage"])["key"])
    answer = key.post("/api/keys", json={"name": "n", "scopes": ["keys:manage"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
    assert key.get("/api/keys").status_code == 200


@pytest.mark.parametrize(
    "wish",
    [
        {"name": ""},
        {"name": "n" * 101},
        {"name": "n", "scopes": []},
        {"name": "n", "scopes": ["all"]},
        {"name": "n", "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "n", "expires_at": "9999-12-31T23:59:59-23:59"},
        {"name": "n", "expires_at": "2030-01-01T00:00:00"},
        {"name": "n", "user_id": "user_eve"},
        {},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(boss: Person, wish: dict[str, Any]):
    answer = boss.post("/api/keys", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request_body")


def test_a_key_ends_when_it_was_said_to(boss: Person, holder):
    soon = datetime.now(UTC) + timedelta(hours=1)
    made = make(boss, expires_at=soon.isoformat())
    assert datetime.fromisoformat(made["expires_at"]) == soon
    until = datetime.fromisoformat(holder(made["key"]).get("/api/me").json()["expires_at"])
    assert abs(until - soon) < timedelta(seconds=1)


def test_who_manages_keys_sees_all_of_them_and_others_their_own(boss: Person, service: Service):
    hers = make(boss)["key_id"]
    with service.person("user_second", boss.org, "org:admin") as second:
        his = make(second)["key_id"]
        assert [key["key_id"] for key in second.get("/api/keys").json()["keys"]] == [his, hers]
        assert [key["key_id"] for key in second.get("/api/keys?mine=true").json()["keys"]] == [his]
        first = second.get("/api/keys?limit=1").json()
        rest = second.get("/api/keys", params={"limit": 1, "cursor": first["next_cursor"]}).json()
        assert [key["key_id"] for page in (first, rest) for key in page["keys"]] == [his, hers]
    with service.person("user_second", boss.org, "org:member") as second:
        assert [key["key_id"] for key in second.get("/api/keys").json()["keys"]] == [his]


def test_withdrawing_is_at_once_and_may_be_said_twice(boss: Person, ana: Person, holder):
    made = make(boss)
    key = holder(made["key"])
    assert key.get("/api/me").status_code == 200

    assert ana.delete(f"/api/keys/{made['key_id']}").status_code == 404
    assert [boss.delete(f"/api/keys/{made['key_id']}").status_code for _ in range(2)] == [204, 204]

    answer = key.get("/api/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "key_revoked")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    (listed,) = boss.get("/api/keys").json()["keys"]
    assert listed["revoked_at"] is not None


def test_a_key_may_withdraw_itself(boss: Person, holder):
    made = make(boss)
    key = holder(made["key"])
    assert key.delete(f"/api/keys/{made['key_id']}").status_code == 204
    assert key.get("/api/me").status_code == 401


def test_a_key_that_may_not_manage_keys_neither_sees_nor_withdraws_the_others(boss: Person, holder):
    key, other = holder(make(boss)["key"]), make(boss)["key_id"]
    assert key.get("/api/keys").json()["code"] == "permission_missing"
    assert key.delete(f"/api/keys/{other}").status_code == 404
    assert holder(make(boss, scopes=["keys:manage"])["key"]).delete(f"/api/keys/{other}").status_code == 204


def test_who_acts_in_someone_s_place_leaves_no_key_behind(service: Service):
    now = int(time.time())
    claims = {"v": 2, "iss": service.local.issuer, "sub": "user_alone", "iat": now, "exp": now + 60}
    claims["act"] = {"iss": "https://dashboard.example", "sub": "user_support"}
    support = jws.serialize_compact({"alg": "RS256"}, json.dumps(claims), service.local._key, ["RS256"])
    answer = httpx.post(f"{service.url}/api/keys", headers={"Authorization": f"Bearer {support}"}, json={"name": "n"},
                        **PLAIN)  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


def test_a_key_loses_what_its_owner_loses(boss: Person, service: Service, holder):
    key = holder(make(boss, scopes=["images:generate", "jobs:manage"])["key"])
    assert key.get("/api/me").json()["permissions"] == ["images:generate", "jobs:manage"]

    made_at = int(time.time())
    eventually(lambda: time.time() >= made_at + 1, "the next second: tokens say when they were issued in whole ones")
    with service.person(boss.user, boss.org, "org:member") as demoted:
        assert demoted.get("/api/me").status_code == 200

    eventually(lambda: key.get("/api/me").json()["permissions"] == ["images:generate"], "a weaker key")


def run(service: Service, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "estampe", "keys", *words]
    return subprocess.run(command, env=service.environment, capture_output=True, text=True, timeout=60, check=False)


def test_an_operator_makes_lists_and_withdraws_keys_in_a_shell(service: Service, boss: Person, holder):
    owner = ["--user", boss.user, "--org", str(boss.org)]

    made = run(service, "create", *owner, "--role", "admin", "--name", "ci", "--scope", "jobs:manage", "--days", "7")
    text, said = made.stdout.splitlines()
    key_id = said.partition(":")[0]
    listed = run(service, "list", *owner)
    key = holder(text)

    assert made.returncode == listed.returncode == 0, made.stderr + listed.stderr
    assert key.get("/api/me").json()["permissions"] == ["jobs:manage"]
    assert [one["key_id"] for one in boss.get("/api/keys").json()["keys"]] == [key_id]
    assert key_id in listed.stdout
    assert "jobs:manage" in listed.stdout
    assert text not in listed.stdout

    assert run(service, "revoke", key_id).returncode == 0
    eventually(lambda: key.get("/api/me").status_code == 401, "a refusal")
    assert "revoked" in run(service, "list", *owner).stdout


def test_a_key_for_longer_than_keys_last_ends_when_they_do(service: Service):
    owner = ["--user", "user_patient", "--org", "org_patient"]

    made = run(service, "create", *owner, "--name", "for ever", "--days", "4000000")

    assert made.returncode == 0, made.stderr
    assert "until 2100-01-01" in run(service, "list", *owner).stdout


def test_a_shell_is_told_what_cannot_be(service: Service):
    owner = ["--user", "u", "--org", "o", "--name", "n"]
    beyond = run(service, "create", *owner, "--scope", "jobs:manage")
    ended = run(service, "create", *owner, "--days", "0")
    unknown = run(service, "revoke", "key_" + "a" * 24)

    assert beyond.returncode == ended.returncode == unknown.returncode == 2
    assert "jobs:manage" in beyond.stderr
    assert "--days 0: a key lasts a day at least" in ended.stderr
    assert "there is no API key" in unknown.stderr
