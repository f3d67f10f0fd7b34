"""A site that signs its people in with Clerk: its tokens open this server's door, and nobody else's do."""

import base64
import json
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from joserfc import jws
from joserfc.jwk import RSAKey
from tests import postgres
from tests.service import PLAIN, Service, running

ISSUER = "https://neat-owl-1.clerk.accounts.dev"
SITE = "https://studio.example"
CLERK, FORGER = RSAKey.generate_key(2048), RSAKey.generate_key(2048)


def token(key: RSAKey = CLERK, **changes: object) -> str:
    now = int(time.time())
    claims = {
        "v": 2, "iss": ISSUER, "sub": "user_2ana", "sid": "sess_1", "azp": SITE, "sts": "active", "fva": [0, -1],
        "iat": now, "nbf": now - 10, "exp": now + 60, "o": {"id": "org_2acme", "slg": "acme", "rol": "admin"},
    }  # fmt: skip
    return jws.serialize_compact({"alg": "RS256", "typ": "JWT", "kid": "ins_1"}, json.dumps(claims | changes), key)


@pytest.fixture(scope="module")
def site(server: Callable[[str], postgres.Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    pem = CLERK.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
    settings = {
        "clerk_jwt_key": pem.replace("\n", "\\n"),
        "clerk_issuer": ISSUER,
        "clerk_publishable_key": "pk_test_" + base64.b64encode(b"clerk.atelier.example$").decode(),
        "clerk_authorized_parties": SITE,
        "allowed_origins": SITE,
    }
    with server("18").database() as url, running(url, tmp_path_factory.mktemp("clerk"), **settings) as service:
        yield service


def ask(site: Service, bearer: str, path: str = "/api/me", **options: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {bearer}", "Origin": SITE}
    return httpx.request("GET", site.url + path, headers=headers, **PLAIN, **options)


def test_a_session_of_the_site_is_its_user_in_its_organisation(site: Service):
    answer = ask(site, token())

    me = answer.json()
    assert (me["user_id"], me["organization_id"], me["role"]) == ("user_2ana", "org_2acme", "org:admin")
    assert me["issuer"] == ISSUER
    assert answer.headers["access-control-allow-origin"] == SITE


def test_a_page_is_told_where_clerk_is(site: Service):
    told = httpx.get(f"{site.url}/auth/methods", **PLAIN).json()

    assert told["clerk"]["frontend_api_url"] == "https://clerk.atelier.example"
    assert (
        told["clerk"]["publishable_key"] == told["clerk_publishable_key"] == "pk_test_Y2xlcmsuYXRlbGllci5leGFtcGxlJA=="
    )


def test_what_it_makes_is_its_own(site: Service):
    headers = {"Authorization": f"Bearer {token()}", "Prefer": "wait=20"}
    made = httpx.post(
        f"{site.url}/api/images/generate", headers=headers, json={"prompt": "a cat", "width": 64, "height": 64},
        **PLAIN,
    )  # fmt: skip
    job_id = made.json()["job_id"]

    assert made.status_code == 200
    assert ask(site, token(), f"/api/jobs/{job_id}").json()["user_id"] == "user_2ana"
    elsewhere = token(o={"id": "org_2other", "slg": "other", "rol": "admin"})
    assert ask(site, elsewhere, f"/api/jobs/{job_id}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": 1}, "token_expired"),
        ({"azp": "https://evil.example"}, "token_invalid_authorized_party"),
        ({"iss": "https://other.clerk.accounts.dev"}, "token_invalid_issuer"),
        ({"sts": "pending"}, "session_pending"),
        ({"iat": 4_000_000_000}, "token_not_active_yet"),
    ],
)
def test_a_token_that_is_not_right_is_refused_for_its_reason(site: Service, changes: dict, code: str):
    answer = ask(site, token(**changes))

    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_token_of_another_key_is_refused(site: Service):
    assert ask(site, token(FORGER)).json()["code"] == "token_invalid_signature"
