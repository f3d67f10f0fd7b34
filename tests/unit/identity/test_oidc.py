import json
from contextlib import asynccontextmanager

import pytest
from tests.unit.identity.forge import KID, NOW, jwk, key, session_claims, signed
from tests.unit.identity.test_jwks import Site, fetched

from estampe import errors
from estampe.identity._jwks import MAX_BYTES, DiscoveredKeys, described, jwks_uri
from estampe.identity._jwt import SignedClaims
from estampe.identity.oidc import Names, Oidc, principal
from estampe.settings import Settings

ISSUER = "https://id.example"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def read(kind="session", names=None, now=NOW, **claims):
    return principal(SignedClaims(session_claims(**claims)), kind, names or Names(), now)


def test_a_person_alone_and_a_member():
    alone, member = read(), read(org_id="org_1", roles=["member", "admin"])
    assert (alone.organization_id, alone.role, alone.kind) == (None, None, "session")
    assert (member.organization_id, member.role) == ("org_1", "org:admin")
    assert (member.provider, member.issued_at, member.expires_at) == ("oidc", NOW, NOW + 60)


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (["admin"], "org:admin"),
        ("admin", "org:admin"),
        ("org:admin", "org:admin"),
        (["editor", "org:admin"], "org:admin"),
        (["editor", "reader"], "org:editor"),
        ([], None),
        (None, None),
        (..., None),
    ],
)
def test_the_role_is_the_administrators_or_the_first(roles, role):
    assert read(org_id="org_1", roles=roles).role == role


def test_roles_of_a_person_alone_mean_nothing():
    assert read(roles=["admin"]).role is None


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("org_id", {"org_id": "org_1"}),
        ("tenant", {"tenant": ["org_1"]}),
        ("a.b.c", {"a": {"b": {"c": "org_1"}}}),
        ("https://acme.example/org", {"https://acme.example/org": "org_1"}),
        ("a.b", {"a.b": "org_1", "a": {"b": "org_other"}}),
    ],
)
def test_the_organisation_is_where_settings_say(path, claims):
    assert read(names=Names(organization=path), **claims).organization_id == "org_1"
    assert read(names=Names(organization=path)).organization_id is None


@pytest.mark.parametrize("said", [7, "", "org\n1", ["org_1", "org_2"], [7], {"org_1": {}}, True])
def test_an_organisation_that_cannot_be_read_is_refused_rather_than_ignored(said):
    with pytest.raises(errors.TokenInvalid):
        read(org_id=said)


@pytest.mark.parametrize("said", ["org_1", ["org_1"], 7])
def test_a_path_through_what_holds_nothing_is_refused(said):
    with pytest.raises(errors.TokenInvalid):
        read(names=Names(organization="a.b"), a=said)


@pytest.mark.parametrize(
    ("kind", "claims", "read_as"),
    [
        ("oauth", {"scope": "openid profile email"}, "session"),
        ("oauth", {}, "session"),
        ("oauth", {"scope": "openid images:generate"}, "oauth"),
        ("oauth", {"scp": ["read:other"]}, "oauth"),
        ("session", {"scope": "openid images:generate"}, "session"),
        ("m2m", {}, "m2m"),
    ],
)
def test_a_token_with_no_right_lent_stands_for_the_person(kind, claims, read_as):
    assert read(kind, **claims).kind == read_as


@pytest.mark.parametrize(
    ("auth_time", "now", "ages"),
    [(..., NOW, None), (None, NOW, None), (NOW - 600, NOW, (10, -1)), (NOW - 600.5, NOW, (10, -1)), (NOW, NOW, (0, -1)),
     (NOW + 5, NOW, (0, -1)), (NOW, NOW + 3600, (60, -1))],
)  # fmt: skip
def test_the_time_of_the_sign_in_is_the_age_of_the_first_factor(auth_time, now, ages):
    assert read(auth_time=auth_time, now=now).factor_ages == ages


def settings(**given):
    return Settings(**{name: tuple(value.split(",")) for name, value in given.items()})


async def audiences(**given):
    provider = Oidc.from_settings(settings(**given))
    await provider.close()
    return {name: set(issuer.audiences) for name, issuer in provider._issuers.items()}


async def test_one_audience_for_all_issuers_or_one_for_each():
    both = "https://a.example,https://b.example/"
    assert await audiences(oidc_issuer="https://a.example", oidc_audience="x,y") == {"https://a.example": {"x", "y"}}
    assert await audiences(oidc_issuer=both, oidc_audience="x") == {
        "https://a.example": {"x"},
        "https://b.example/": {"x"},
    }
    assert await audiences(oidc_issuer=both, oidc_audience="x,y") == {
        "https://a.example": {"x"},
        "https://b.example/": {"y"},
    }


def test_without_an_issuer_there_is_no_provider():
    assert Oidc.from_settings(Settings()) is None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"oidc_issuer": "https://a.example"}, "oidc_audience"),
        ({"oidc_audience": "x"}, "oidc_audience"),
        ({"oidc_client_id": "x"}, "oidc_client_id"),
        ({"oidc_issuer": "https://a.example", "oidc_audience": "x", "oidc_client_id": "x,y"}, "oidc_client_id"),
        ({"oidc_issuer": "https://a.example", "oidc_audience": "x", "oidc_client_id": "x\n"}, "oidc_client_id"),
        (
            {"oidc_issuer": "https://a.example", "oidc_audience": "x", "oidc_client_id": "x", "oidc_scopes": "email"},
            "oidc_scopes",
        ),
        ({"oidc_issuer": "http://a.example", "oidc_audience": "x"}, "oidc_issuer"),
        ({"oidc_issuer": "a.example", "oidc_audience": "x"}, "oidc_issuer"),
        ({"oidc_issuer": "https://a.example,https://a.example", "oidc_audience": "x"}, "oidc_issuer"),
        ({"oidc_issuer": "https://a.example,https://b.example", "oidc_audience": "x,y,z"}, "oidc_audience"),
        ({"oidc_issuer": "http://127.0.0.1.evil.example", "oidc_audience": "x"}, "oidc_issuer"),
        ({"oidc_issuer": "http://localhost@evil.example", "oidc_audience": "x"}, "oidc_issuer"),
    ],
)
def test_a_wrong_setting_is_named(given, named):
    with pytest.raises(errors.InvalidSetting, match=named):
        Oidc.from_settings(settings(**given))


def about(issuer=ISSUER, **members):
    return json.dumps({"issuer": issuer, "jwks_uri": f"{ISSUER}/keys"} | members).encode()


@pytest.mark.parametrize("uri", [f"{ISSUER}/keys", "https://keys.example:8443/a/b.json", "https://k.example/keys?p=1"])
def test_keys_may_be_anywhere_on_https(uri):
    assert jwks_uri(described(about(jwks_uri=uri), ISSUER), ISSUER) == uri


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"issuer":"https://id.example","issuer":"https://id.example","jwks_uri":"https://id.example/keys"}',
        about(issuer="https://other.example"),
        about(issuer=ISSUER + "/"),
        about(issuer=[ISSUER]),
        about(issuer=None),
        about(jwks_uri=None),
        about(jwks_uri=[f"{ISSUER}/keys"]),
        about(jwks_uri="http://id.example/keys"),
        about(jwks_uri="http://127.0.0.1/keys"),
        about(jwks_uri="http://169.254.169.254/latest"),
        about(jwks_uri="file:///etc/passwd"),
        about(jwks_uri="https://user@id.example/keys"),
        about(jwks_uri="https://id.example/keys#here"),
    ],
)
def test_a_discovery_document_that_is_not_the_issuers_is_not_followed(text):
    with pytest.raises(ValueError, match=r".*"):
        jwks_uri(described(text, ISSUER), ISSUER)


@asynccontextmanager
async def discovered(site, documents, **options):
    """The keys of an issuer on the loopback, whose discovery document is the first of `documents`."""
    async with fetched(documents) as place:
        base = place._url.partition("/.well-known")[0]
        async with fetched(site) as there:
            documents.body = json.dumps({"issuer": base, "jwks_uri": there._url}).encode()
            keys = DiscoveredKeys(base, monotonic=lambda: site.clock, **options)
            try:
                yield keys
            finally:
                await keys.close()


async def test_keys_are_found_by_discovery_once_for_all():
    site, documents = Site(), Site()
    async with discovered(site, documents) as keys:
        assert await keys.find(KID)
        assert await keys.find(KID)
    assert (site.asked, documents.asked) == (1, 1)


async def test_the_place_of_the_keys_is_looked_up_again_at_each_refresh():
    site, documents = Site(), Site()
    async with discovered(site, documents) as keys:
        assert await keys.find(KID)
        site.entries, site.clock = [jwk(key("second"), "second")], 31.0
        assert await keys.find("second")
    assert (site.asked, documents.asked) == (2, 2)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("503 Service Unavailable", b""),
        ("200 OK", b"{}"),
        ("200 OK", about()),
        ("200 OK", b" " * (MAX_BYTES + 1)),
        ("302 Found", b""),
    ],
    ids=["down", "empty", "another issuer", "too large", "elsewhere"],
)
async def test_an_outage_of_the_discovery_loses_no_key(status, body):
    site, documents = Site(), Site()
    async with discovered(site, documents) as keys:
        before = await keys.find(KID)
        documents.status, documents.body, site.clock = status, body, 4000.0
        assert await keys.find(KID) is before
        assert site.asked == 1


async def test_discovery_and_keys_share_one_time_out():
    site, documents = Site(), Site()
    site.gate.clear()
    async with discovered(site, documents, timeout_seconds=2) as keys:
        with pytest.raises(errors.IdentityProviderUnavailable):
            await keys.find(KID)
    assert (site.asked, documents.asked) == (1, 1)


async def test_a_key_of_one_issuer_never_checks_anothers_token():
    one, other, documents, others = Site(), Site(), Site(), Site()
    other.entries = [jwk(key("second"), KID)]
    async with discovered(one, documents) as first, discovered(other, others) as second:
        provider = Oidc.from_settings(Settings(oidc_issuer=(first._issuer, second._issuer), oidc_audience=("estampe",)))
        claims = session_claims(iss=second._issuer, aud="estampe")
        provider._now = lambda: NOW
        with pytest.raises(errors.TokenInvalidSignature):
            await provider.authenticate(signed(claims))
        assert await provider.authenticate(signed(claims, private=key("second")))
        assert await provider.authenticate(signed(session_claims(iss=first._issuer, aud=["estampe", "more"])))
        await provider.close()
