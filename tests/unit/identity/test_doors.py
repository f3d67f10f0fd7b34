"""What a page is told of the issuers where people may sign in."""

import json
from contextlib import asynccontextmanager

import pytest
from tests.unit.identity.forge import KID
from tests.unit.identity.test_jwks import Site, fetched

from estampe.errors import InvalidSetting
from estampe.identity import _doors
from estampe.identity.oidc import Oidc
from estampe.settings import Settings, read


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@asynccontextmanager
async def issuer(site, **said):
    """Its name; it says of itself the usual and what is `said`, where None leaves something out."""
    async with fetched(site) as place:
        base = place._url.partition("/.well-known")[0]
        usual = {
            "issuer": base,
            "jwks_uri": place._url,
            "keys": site.entries,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "end_session_endpoint": f"{base}/logout",
        }
        about = {name: value for name, value in (usual | said).items() if value is not None}
        site.body = json.dumps(about).encode()
        yield base


@asynccontextmanager
async def provider(*issuers, audience=("estampe",), client=("studio",), **more):
    made = Oidc.from_settings(Settings(oidc_issuer=issuers, oidc_audience=audience, oidc_client_id=client, **more))
    try:
        yield made
    finally:
        await made.close()


async def test_a_page_is_told_where_to_go_and_what_to_ask_for():
    async with issuer(Site()) as base, provider(base, oidc_scopes=("openid", "offline_access")) as oidc:
        (door,) = await oidc.doors()
    assert (door.issuer, door.name, door.client_id) == (base, base.removeprefix("http://"), "studio")
    assert door.scopes == ("openid", "offline_access")
    assert door.authorization_endpoint == f"{base}/authorize"
    assert door.token_endpoint == f"{base}/token"
    assert door.end_session_endpoint == f"{base}/logout"


@pytest.mark.parametrize(
    ("audiences", "token", "audience", "resource"),
    [
        (("studio",), "id_token", None, None),
        (("api", "studio"), "id_token", None, None),
        (("estampe", "api"), "access_token", "estampe", None),
        (("https://estampe.example",), "access_token", "https://estampe.example", "https://estampe.example"),
        (("api://5a1c",), "access_token", "api://5a1c", "api://5a1c"),
    ],
)
async def test_the_page_sends_the_token_that_the_server_takes(audiences, token, audience, resource):
    async with issuer(Site()) as base, provider(base, audience=audiences) as oidc:
        (door,) = await oidc.doors()
    assert (door.token, door.audience, door.resource) == (token, audience, resource)


@pytest.mark.parametrize(
    "said",
    [
        {"authorization_endpoint": None},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://id.example/authorize"},
        {"authorization_endpoint": ["https://id.example/authorize"]},
        {"token_endpoint": "https://user@id.example/token"},
        {"issuer": "https://other.example"},
    ],
    ids=str,
)
async def test_nobody_is_sent_where_an_issuer_may_not_send_them(said):
    async with issuer(Site(), **said) as base, provider(base) as oidc:
        assert await oidc.doors() == []


@pytest.mark.parametrize("said", [None, "javascript:alert(1)", 7])
async def test_an_issuer_without_a_way_out_still_has_a_way_in(said):
    async with issuer(Site(), end_session_endpoint=said) as base, provider(base) as oidc:
        (door,) = await oidc.doors()
    assert door.end_session_endpoint is None


async def test_what_an_issuer_said_is_kept_and_outlives_it():
    site = Site()
    async with issuer(site) as base, provider(base) as oidc:
        before = await oidc.doors()
        asked = site.asked
        site.status = "503 Service Unavailable"
        assert await oidc.doors() == before
        assert site.asked == asked


async def test_an_issuer_that_is_away_or_slow_is_left_out_of_the_others(monkeypatch):
    monkeypatch.setattr(_doors, "PATIENCE_SECONDS", 0.2)
    away, slow = Site(), Site()
    away.status = "503 Service Unavailable"
    slow.gate.clear()
    async with (
        issuer(Site()) as here,
        issuer(away) as gone,
        issuer(slow) as late,
        provider(gone, late, here, client=("a", "b", "c")) as oidc,
    ):
        assert await oidc._issuers[here].keys.find(KID)  # so that it answers from memory, however short the patience
        assert [door.issuer for door in await oidc.doors()] == [here]
        slow.gate.set()
        assert await oidc._issuers[late].keys.find(KID)  # the same fetch, to its end
        assert [door.issuer for door in await oidc.doors()] == [late, here]


async def test_an_issuer_without_a_client_is_not_announced():
    async with issuer(Site()) as one, issuer(Site()) as other:
        async with provider(one, other) as oidc:
            assert [door.issuer for door in await oidc.doors()] == [one]
        async with provider(one, client=()) as oidc:
            assert await oidc.doors() == []


def test_scopes_are_told_apart_by_commas():
    assert read({"ESTAMPE_OIDC_SCOPES": "openid, offline_access"}).oidc_scopes == ("openid", "offline_access")
    with pytest.raises(InvalidSetting, match="OIDC_SCOPES"):
        read({"ESTAMPE_OIDC_SCOPES": "openid email"})
