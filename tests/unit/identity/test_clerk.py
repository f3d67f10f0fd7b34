import base64

import pytest
from tests.unit.identity.forge import ISSUER, NOW, STUDIO, key, pem, session_claims, signed

from estampe import errors
from estampe.identity.clerk import Clerk
from estampe.settings import Settings

HOST = "clerk.atelier.example"


def publishable(host=HOST, kind="test", end="$"):
    return f"pk_{kind}_{base64.b64encode((host + end).encode()).decode()}"


def clerk(**settings):
    provider = Clerk.from_settings(Settings(**settings))
    provider._now = lambda: NOW
    return provider


def test_without_a_clerk_setting_there_is_no_clerk():
    assert Clerk.from_settings(Settings()) is None


@pytest.mark.parametrize("kind", ["test", "live"])
async def test_the_publishable_key_names_the_issuer_and_its_keys(kind):
    provider = clerk(clerk_publishable_key=publishable(kind=kind))
    assert provider._issuer.name == ISSUER
    assert provider._issuer.keys._url == f"{ISSUER}/.well-known/jwks.json"
    await provider.close()


async def test_a_pem_needs_no_network():
    provider = clerk(clerk_publishable_key=publishable(), clerk_jwt_key=pem(key()))
    assert (await provider.authenticate(signed())).user_id == "user_ada"
    assert await provider.authenticate(signed(session_claims(iss="https://other.example"))) is None


async def test_an_issuer_may_be_given_by_hand():
    provider = clerk(clerk_issuer="https://accounts.atelier.example/", clerk_jwt_key=pem(key()))
    token = signed(session_claims(iss="https://accounts.atelier.example"))
    assert (await provider.authenticate(token)).issuer == "https://accounts.atelier.example"


async def test_with_a_pem_alone_the_signed_issuer_counts_but_never_a_local_one():
    provider = clerk(clerk_jwt_key=pem(key()))
    assert (await provider.authenticate(signed())).issuer == ISSUER
    assert await provider.authenticate(signed(session_claims(iss="urn:estampe:abc"))) is None
    with pytest.raises(errors.TokenInvalidSignature):
        await provider.authenticate(signed(private=key("thief")))


async def test_authorized_parties_are_compared_exactly():
    provider = clerk(clerk_jwt_key=pem(key()), clerk_authorized_parties=(STUDIO,))
    assert await provider.authenticate(signed())
    with pytest.raises(errors.TokenInvalidAuthorizedParty):
        await provider.authenticate(signed(session_claims(azp=STUDIO + ".evil.example")))


async def test_without_a_session_it_is_not_a_session_token():
    with pytest.raises(errors.TokenTypeMismatch):
        await clerk(clerk_jwt_key=pem(key())).authenticate(signed(session_claims(sid=...)))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"clerk_publishable_key": "pk_test_"}, "clerk_publishable_key"),
        ({"clerk_publishable_key": "sk_test_c2VjcmV0"}, "clerk_publishable_key"),
        ({"clerk_publishable_key": "pk_test_!!!!"}, "clerk_publishable_key"),
        ({"clerk_publishable_key": publishable(end="")}, "clerk_publishable_key"),
        ({"clerk_publishable_key": publishable("host/path")}, "clerk_publishable_key"),
        ({"clerk_publishable_key": publishable("user@clerk.example")}, "clerk_publishable_key"),
        ({"clerk_publishable_key": publishable("clerk.example:80")}, "clerk_publishable_key"),
        ({"clerk_publishable_key": "pk_test_" + base64.b64encode(b"\xff$").decode()}, "clerk_publishable_key"),
        ({"clerk_jwt_key": "nonsense"}, "clerk_jwt_key"),
        ({"clerk_jwt_key": pem(key("small", 1024))}, "clerk_jwt_key"),
        ({"clerk_issuer": "http://clerk.example"}, "clerk_issuer"),
        ({"clerk_issuer": "urn:estampe:abc"}, "clerk_issuer"),
        ({"clerk_authorized_parties": (STUDIO,)}, "clerk_authorized_parties"),
        ({"clerk_jwt_key": pem(key()), "oidc_issuer": (ISSUER,)}, "clerk_jwt_key"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(settings, named):
    with pytest.raises(errors.InvalidSetting, match=named) as refusal:
        Clerk.from_settings(Settings(**settings))
    assert not any(str(value) in str(refusal.value) for value in settings.values())


def test_a_publishable_key_may_lack_its_padding():
    whole = publishable(HOST + ".org")
    assert whole.endswith("=")
    provider = clerk(clerk_publishable_key=whole.rstrip("="), clerk_jwt_key=pem(key()))
    assert provider._issuer.name == ISSUER + ".org"


@pytest.mark.parametrize(
    ("accepted", "header", "claims", "kind"),
    [
        ("oauth", {"typ": "at+jwt"}, {"client_id": "app", "scope": "images:generate", "sid": ...}, "oauth"),
        ("m2m", {"cat": "cl_B7d4PD333AAA"}, {"sub": "mch_1", "scopes": "images:generate", "sid": ...}, "m2m"),
    ],
)
async def test_apps_and_machines_are_taken_where_settings_say_so(accepted, header, claims, kind):
    token = signed(session_claims(**claims), header=header)
    with pytest.raises(errors.TokenTypeMismatch):
        await clerk(clerk_jwt_key=pem(key())).authenticate(token)
    wide = clerk(clerk_jwt_key=pem(key()), accepted_tokens=("session", accepted), clerk_authorized_parties=(STUDIO,))
    principal = await wide.authenticate(token)
    assert (principal.kind, principal.scopes, principal.session_id) == (kind, {"images:generate"}, None)
    assert (await wide.authenticate(signed())).kind == "session"


async def test_sessions_may_be_left_out():
    with pytest.raises(errors.TokenTypeMismatch):
        await clerk(clerk_jwt_key=pem(key()), accepted_tokens=("m2m",)).authenticate(signed())


async def test_the_issuer_is_told_to_clients_where_it_is_known():
    assert clerk(clerk_publishable_key=publishable(), clerk_jwt_key=pem(key())).issuers == (ISSUER,)
    assert clerk(clerk_jwt_key=pem(key())).issuers == ()
