"""Signing in with the printed link."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest
from tests.service import PLAIN, Service

from estampe.access import sessions as session
from estampe.db import Database
from estampe.identity._strict import base64url


def new_code(service: Service, ttl_seconds: float = 60) -> str:
    async def make() -> str:
        database = Database(service.database_url, connections=1)
        await database.open()
        try:
            return await session.new_code(
                database, user_id="user_me", organization_id="org_home", role="org:admin", ttl_seconds=ttl_seconds
            )
        finally:
            await database.close()

    return asyncio.run(make())


@pytest.fixture
def browser(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, **PLAIN) as client:
        yield client


def test_a_link_opens_a_session_that_gives_short_tokens(service: Service, browser: httpx.Client):
    opened = browser.post("/auth/local/session", json={"code": new_code(service)})
    fresh = browser.post("/auth/local/token").json()
    me = browser.get("/api/me", headers={"Authorization": f"Bearer {fresh['token']}"}).json()

    assert opened.status_code == 204
    cookie = opened.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert fresh["expires_in"] == 60
    assert (me["user_id"], me["organization_id"], me["role"]) == ("user_me", "org_home", "org:admin")


def test_a_session_s_tokens_say_how_long_ago_the_sign_in_was(service: Service, browser: httpx.Client):
    browser.post("/auth/local/session", json={"code": new_code(service)})
    ages = []
    for _ in range(2):
        claims = browser.post("/auth/local/token").json()["token"].split(".")[1]
        ages.append(json.loads(base64url(claims))["fva"])
        service.execute("update sessions set created_at = created_at - interval '60.5 minutes'")
    assert ages == [[0, -1], [60, -1]]


def test_a_code_opens_one_session(service: Service, browser: httpx.Client):
    code = new_code(service)
    assert browser.post("/auth/local/session", json={"code": code}).status_code == 204

    again = browser.post("/auth/local/session", json={"code": code})

    assert (again.status_code, again.json()["code"]) == (401, "sign_in_code_invalid")


@pytest.mark.parametrize("code", ["x", "é", "", "a b", "x" * 500, "\u0000"])
def test_a_code_that_was_never_printed_opens_nothing(browser: httpx.Client, code: str):
    assert browser.post("/auth/local/session", json={"code": code}).status_code in {401, 422}


def test_an_old_code_opens_nothing(service: Service, browser: httpx.Client):
    answer = browser.post("/auth/local/session", json={"code": new_code(service, ttl_seconds=-1)})

    assert answer.json()["code"] == "sign_in_code_invalid"


def test_signing_out_ends_the_session_on_the_server(service: Service, browser: httpx.Client):
    browser.post("/auth/local/session", json={"code": new_code(service)})
    cookie = browser.cookies["estampe_session"]

    assert browser.delete("/auth/local/session").status_code == 204

    stolen = httpx.post(f"{service.url}/auth/local/token", headers={"Cookie": f"estampe_session={cookie}"}, **PLAIN)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "token_missing")


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    *({"Origin": origin} for origin in ("https://evil.example", "null", "", "http://[", "http://[::1", "http://]")),
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_cannot_use_the_session(service: Service, browser: httpx.Client, headers: dict[str, str]):
    browser.post("/auth/local/session", json={"code": new_code(service)})

    refused = browser.post("/auth/local/token", headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")


def test_the_cookie_alone_is_no_token(service: Service, browser: httpx.Client):
    browser.post("/auth/local/session", json={"code": new_code(service)})

    assert browser.get("/api/me").status_code == 401


def test_a_page_is_told_how_people_may_sign_in(service: Service, browser: httpx.Client):
    assert browser.get("/auth/methods").json() == {
        "local": True,
        "clerk": None,
        "clerk_publishable_key": None,
        "oidc": [],
    }


def test_a_session_s_token_is_for_its_organisation_or_for_the_person_alone(service: Service, browser: httpx.Client):
    browser.post("/auth/local/session", json={"code": new_code(service)})

    def seen(**body: object) -> tuple[str, str | None, str | None]:
        token = browser.post("/auth/local/token", **body).json()["token"]
        me = browser.get("/api/me", headers={"Authorization": f"Bearer {token}"}).json()
        return me["user_id"], me["organization_id"], me["role"]

    member, alone = ("user_me", "org_home", "org:admin"), ("user_me", None, None)
    assert seen() == seen(json={}) == seen(json={"organization_id": "org_home"}) == member
    assert seen(headers={"Content-Type": "application/json"}) == member
    assert seen(json={"organization_id": None}) == alone


def test_a_session_gives_no_token_of_another_organisation(service: Service, browser: httpx.Client):
    browser.post("/auth/local/session", json={"code": new_code(service)})

    for other in ("org_other", "", "org_home "):
        refused = browser.post("/auth/local/token", json={"organization_id": other})
        assert (refused.status_code, refused.json()["code"]) == (403, "identity_mismatch")


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"organization_id": 1}', b'{"role": "org:admin"}', b"\xff"])
def test_a_wish_that_cannot_be_read_gives_no_token(service: Service, browser: httpx.Client, body: bytes):
    browser.post("/auth/local/session", json={"code": new_code(service)})

    refused = browser.post("/auth/local/token", content=body, headers={"Content-Type": "application/json"})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request_body")
    assert browser.post("/auth/local/token", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


def test_a_page_is_told_whose_session_it_has(service: Service, browser: httpx.Client):
    unknown = browser.get("/auth/local/session")
    assert (unknown.status_code, unknown.json()["code"]) == (401, "token_missing")
    browser.post("/auth/local/session", json={"code": new_code(service)})

    told = browser.get("/auth/local/session").json()

    assert told["user_id"] == "user_me"
    assert told["organizations"] == [{"id": "org_home", "role": "org:admin"}]
    assert told["signed_in_at"] < told["expires_at"]
    assert browser.get("/auth/local/session", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    browser.delete("/auth/local/session")
    assert browser.get("/auth/local/session").status_code == 401


def test_a_proxy_may_name_another_host_than_people_see(service: Service, browser: httpx.Client):
    browser.post("/auth/local/session", json={"code": new_code(service)})
    seen_as = {"Origin": service.url, "Host": "estampe.internal:80", "Sec-Fetch-Site": "same-origin"}

    assert browser.post("/auth/local/token", headers=seen_as).status_code == 200
    assert browser.post("/auth/local/token", headers=seen_as | {"Origin": "https://evil.example"}).status_code == 400
