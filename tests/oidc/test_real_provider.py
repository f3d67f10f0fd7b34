"""A provider that no one here wrote signs people in; its tokens open the running API, through its worst days too."""

import contextlib
import time

import httpx
import pytest
from tests.postgres import eventually
from tests.service import Service

from estampe import errors
from estampe.identity._jwks import COOL_DOWN_SECONDS
from estampe.identity.oidc import Oidc
from estampe.settings import Settings


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
async def oidc(openid):
    """The provider of identities, as it is in a process, with a clock of its own for the cool-down."""
    settings = Settings(oidc_issuer=(openid.url,), oidc_audience=("estampe", "studio"))
    made = Oidc.from_settings(settings)
    keys = made._issuers[openid.url].keys
    # It stands still until it is told to go on: no provider is too slow for the cool-down.
    clock = {"now": time.monotonic()}
    keys._monotonic = lambda: clock["now"]
    made.wait = lambda seconds: clock.update(now=clock["now"] + seconds)
    yield made
    await made.close()


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "PS384", "ES256", "ES384", "EdDSA", "Ed25519"])
async def test_a_person_signs_in_whatever_signs_the_token(openid, oidc, algorithm):
    token = openid.sign_in("user_ada", algorithm=algorithm)["access_token"]
    principal = await oidc.authenticate(token)
    assert (principal.issuer, principal.user_id, principal.provider) == (openid.url, "user_ada", "oidc")
    assert (principal.organization_id, principal.role) == ("org_atelier", "org:admin")
    assert principal.kind == "session"


async def test_an_id_token_is_taken_for_the_client_that_settings_name(openid, oidc):
    id_token = openid.sign_in("user_ada")["id_token"]
    principal = await oidc.authenticate(id_token)
    assert (principal.user_id, principal.organization_id, principal.kind) == ("user_ada", "org_atelier", "session")
    elsewhere = Oidc.from_settings(Settings(oidc_issuer=(openid.url,), oidc_audience=("another-studio",)))
    with pytest.raises(errors.TokenInvalid):
        await elsewhere.authenticate(id_token)
    await elsewhere.close()


async def test_a_token_for_another_server_is_refused(openid, oidc):
    token = openid.sign_in("user_ada", resource="http://other.example")["access_token"]
    with pytest.raises(errors.TokenInvalid):
        await oidc.authenticate(token)


async def test_an_application_is_held_to_the_scopes_it_was_lent(openid, oidc):
    token = openid.sign_in("user_ada", scope="openid images:generate")["access_token"]
    principal = await oidc.authenticate(token)
    assert (principal.kind, principal.scopes) == ("oauth", {"images:generate"})


async def test_a_machine_is_let_in_only_where_settings_say_so(openid, oidc):
    token = openid.machine()
    with pytest.raises(errors.TokenTypeMismatch):
        await oidc.authenticate(token)
    settings = Settings(oidc_issuer=(openid.url,), oidc_audience=("estampe",), accepted_tokens=("session", "m2m"))
    wide = Oidc.from_settings(settings)
    principal = await wide.authenticate(token)
    assert (principal.user_id, principal.kind, principal.scopes) == ("robot", "m2m", {"images:generate"})
    await wide.close()


async def test_keys_are_rotated_and_an_outage_is_outlived(openid, oidc):
    before = openid.sign_in("user_ada")["access_token"]
    assert await oidc.authenticate(before)
    openid.stop()
    oidc.wait(4000)
    assert await oidc.authenticate(before), "stale keys are better than none"
    openid.rotate()
    openid.start()
    after = openid.sign_in("user_ada")["access_token"]
    with pytest.raises(errors.TokenInvalidSignature):
        await oidc.authenticate(after)  # inside the cool-down
    oidc.wait(31)
    assert await oidc.authenticate(after)
    with pytest.raises(errors.TokenInvalidSignature):
        await oidc.authenticate(before)


@pytest.fixture
def api(openid, server, tmp_path):
    """A running API that trusts the provider."""
    with server("18").database() as url:
        service = Service(url, tmp_path, oidc_issuer=openid.url, oidc_audience="estampe", oidc_client_id="studio")
        service.environment |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        try:
            service.start("api")
            eventually(lambda: _is_up(service), "the API")
            yield service
        finally:
            service.close()


def _is_up(service):
    assert service.processes["api"].poll() is None, service.log.read_text()
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{service.url}/healthz", trust_env=False).is_success


def ask(api, token):
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{api.url}/api/jobs", headers=headers, trust_env=False, timeout=30)


def test_the_running_api_takes_its_tokens_through_rotation_and_outage(openid, api):
    first, second = (openid.sign_in("user_ada")["access_token"] for _ in range(2))
    asked_at = time.monotonic()
    assert ask(api, first).status_code == 200
    openid.stop()
    assert ask(api, second).status_code == 200
    openid.rotate()
    openid.start()
    renewed = openid.sign_in("user_ada")["access_token"]
    refused = ask(api, renewed)
    if time.monotonic() - asked_at < COOL_DOWN_SECONDS:  # the provider may be slow to start
        assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid_signature")
    # No sooner than the cool-down allows: half a minute after the keys were last read.
    eventually(lambda: ask(api, renewed).status_code == 200, "the new key")
    about = httpx.get(f"{api.url}/.well-known/oauth-protected-resource", trust_env=False).json()
    assert openid.url in about["authorization_servers"]
    assert "images:generate" in about["scopes_supported"]


def test_a_page_is_told_where_to_sign_in_and_out(openid, api):
    (door,) = httpx.get(f"{api.url}/auth/methods", trust_env=False).json()["oidc"]
    about = httpx.get(f"{openid.url}/.well-known/openid-configuration", trust_env=False).json()
    for name in ("issuer", "authorization_endpoint", "token_endpoint", "end_session_endpoint"):
        assert door[name] == about[name]
    assert (door["client_id"], door["token"], door["audience"]) == ("studio", "access_token", "estampe")
    openid.stop()
    assert httpx.get(f"{api.url}/auth/methods", trust_env=False).json()["oidc"] == [door]
    openid.start()


def test_an_api_that_starts_during_an_outage_says_so_and_recovers(openid, api):
    token = openid.sign_in("user_ada")["access_token"]
    openid.stop()
    away = ask(api, token)
    assert (away.status_code, away.json()["code"]) == (503, "identity_provider_unavailable")
    assert int(away.headers["Retry-After"]) <= 5
    openid.start()
    eventually(lambda: ask(api, token).status_code == 200, "the provider's return")
