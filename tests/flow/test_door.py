"""The one door: every route that is not public refuses whoever proves nothing."""

import json
import re

import httpx
import pytest
from openapi_spec_validator import validate
from tests.service import PLAIN, Person, Service

from estampe.http import table
from estampe.http.route import Access, Route

ROUTES = list(table(1))
GUARDED = [route for route in ROUTES if route.may is not Access.PUBLIC]
PUBLIC = {
    "/healthz", "/readyz", "/openapi.json", "/docs", "/.well-known/jwks.json", "/.well-known/oauth-protected-resource",
    "/auth/methods", "/auth/local/session", "/auth/local/token",
    "/webhooks/clerk",
}  # fmt: skip


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def path(route: Route) -> str:
    return re.sub(r"\{job_id\}", "job_" + "a" * 24, re.sub(r"\{asset_id\}", "as_" + "a" * 24, route.path))


def call(service: Service, route: Route, **headers: str) -> httpx.Response:
    return httpx.request(route.method, service.url + path(route), headers=headers, **PLAIN)


def code(answer: httpx.Response) -> str:
    """Ours, in whatever shape the route refuses."""
    said = answer.json()
    return said["error"]["reason"] if "error" in said else said["code"]


def test_only_the_routes_of_the_contract_are_public():
    assert {route.path for route in ROUTES if route.may is Access.PUBLIC} == PUBLIC


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_nobody_passes_without_a_token(service: Service, route: Route):
    answer = call(service, route)

    assert (answer.status_code, code(answer)) == (401, "token_missing")
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="estampe"')
    assert "error=" not in challenge
    assert f'resource_metadata="{service.url}/.well-known/oauth-protected-resource"' in challenge


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_nobody_passes_with_a_forged_token(service: Service, ana: Person, route: Route):
    head, claims, signature = ana.token.split(".")
    forged = f"{head}.{claims}.{signature[::-1]}"

    answer = call(service, route, Authorization=f"Bearer {forged}")

    assert answer.status_code == 401
    assert code(answer) in {"token_invalid_signature", "token_invalid"}
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert signature[::-1] not in answer.text


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_a_token_in_the_query_string_is_refused(service: Service, ana: Person, route: Route):
    for name in ("token", "access_token"):
        answer = httpx.request(
            route.method,
            service.url + path(route),
            params={name: ana.token},
            headers=dict(ana.headers),
            **PLAIN,
        )
        # Who may not call the route at all is told that first.
        expected = (403, "permission_missing") if answer.status_code == 403 else (400, "invalid_request")
        assert (answer.status_code, code(answer)) == expected
        assert answer.status_code == 400 or not isinstance(route.may, Access)


def test_two_credentials_are_refused(service: Service, ana: Person):
    headers = [("Authorization", f"Bearer {ana.token}")] * 2

    answer = httpx.get(f"{service.url}/api/me", headers=headers, **PLAIN)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_the_scheme_may_be_written_in_any_case(service: Service, ana: Person):
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = httpx.get(f"{service.url}/api/me", headers={"Authorization": f"{scheme} {ana.token}"}, **PLAIN)
        assert answer.status_code == 200


def test_an_expired_token_is_told_apart(service: Service, ana: Person):
    stale = service.local.issue(ana.user, ana.org, ttl_seconds=-60)

    answer = httpx.get(f"{service.url}/api/me", headers={"Authorization": f"Bearer {stale}"}, **PLAIN)

    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


def test_the_refusal_speaks_french_to_whom_reads_french(service: Service):
    answer = httpx.get(f"{service.url}/api/me", headers={"Accept-Language": "fr-CA,en;q=0.5"}, **PLAIN)

    assert answer.json()["title"] == "Token d'authentification manquant"
    assert answer.headers["content-language"] == "fr"
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_server_says_who_it_sees(ana: Person, boss: Person):
    hers, his = ana.get("/api/me").json(), boss.get("/api/me").json()

    assert (hers["user_id"], hers["organization_id"], hers["role"]) == (ana.user, ana.org, "org:member")
    assert hers["permissions"] == ["images:generate", "videos:generate"]
    assert set(his["permissions"]) > set(hers["permissions"])
    assert hers["tenant_id"] == his["tenant_id"]


def test_the_keys_that_verify_tokens_are_public_and_only_they(service: Service):
    (key,) = httpx.get(f"{service.url}/.well-known/jwks.json", **PLAIN).json()["keys"]

    assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}


def test_the_document_is_valid_and_is_the_one_served(service: Service):
    document = httpx.get(f"{service.url}/openapi.json", **PLAIN).json()

    validate(document)
    assert document["openapi"].startswith("3.1")
    assert {path for path in document["paths"] if path.startswith("/api")} == {
        route.path for route in ROUTES if route.path.startswith("/api")
    }


def test_the_page_and_the_docs_need_nothing_from_elsewhere(service: Service):
    for where in ("/", "/docs"):
        answer = httpx.get(service.url + where, **PLAIN)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "//cdn" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"prompt": ' * 50_000,
        b"\xff\xfe",
        b"nul",
        b"",
        b'{"a":NaN}',
        json.dumps({"prompt": 1}).encode(),
    ],
)
def test_a_body_that_is_no_request_is_refused_and_no_more(ana: Person, body: bytes):
    answer = ana.post("/api/images/generate", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request_body")


def test_a_body_that_is_too_large_is_refused(ana: Person):
    for content in (b" " * (2 * 1024 * 1024), iter([b" " * 65536] * 32)):
        answer = ana.post("/api/images/generate", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_browser_of_another_site_is_not_let_in(service: Service, ana: Person):
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    answer = httpx.options(f"{service.url}/api/images/generate", headers=preflight, **PLAIN)

    assert "access-control-allow-origin" not in answer.headers
