"""What every identity provider owes the chain, run over all that are installed."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.unit.identity.forge import ISSUER, KID, NOW, STUDIO, b64, jwk, key, pem, session_claims, signed, unsigned

from estampe import errors, plugins
from estampe.identity import Provider, authenticate
from estampe.identity._jwks import GivenKey
from estampe.identity._jwt import Issuer
from estampe.identity._kinds import openid
from estampe.identity._public_keys import ALGORITHMS, public_key
from estampe.identity.clerk import Clerk
from estampe.identity.local import Local
from estampe.identity.oidc import Names, Oidc
from estampe.settings import Settings


@dataclass
class Arranged:
    """A provider, and the private key of the issuer it trusts."""

    provider: Provider
    issuer: str
    private: Any
    audience: Any = ...

    def token(self, private=None, header=None, **changes):
        claims = session_claims(**({"iss": self.issuer, "aud": self.audience} | changes))
        return signed(claims, private=private or self.private, header=header)


def _clerk(folder: Path) -> Arranged:
    keys, parties = GivenKey(public_key(pem(key()))), frozenset({STUDIO})
    issuer = Issuer(name=ISSUER, keys=keys, authorized_parties=parties)
    return Arranged(Clerk(issuer, now=lambda: NOW), ISSUER, key())


def _local(folder: Path) -> Arranged:
    provider = Local(folder, now=lambda: NOW)
    return Arranged(provider, provider.issuer, provider._key.private_key)


def _oidc(folder: Path) -> Arranged:
    name = "https://id.example"
    issuer = Issuer(
        name=name,
        keys=GivenKey(public_key(pem(key("openid")))),
        algorithms=ALGORITHMS,
        audiences=frozenset({"estampe"}),
        kind_of=openid,
        accepted=frozenset({"session", "oauth"}),
    )
    names = Names(organization="o.id", roles="o.rol")
    return Arranged(Oidc({name: issuer}, names, now=lambda: NOW), name, key("openid"), "estampe")


ARRANGE: dict[str, Callable[[Path], Arranged]] = {"clerk": _clerk, "local": _local, "oidc": _oidc}


def test_every_installed_provider_is_in_this_suite():
    # API keys are no signed tokens: test_api_key.py speaks of them.
    assert set(plugins.names("identity")) == set(ARRANGE) | {"api_key"}


@pytest.fixture(scope="module")
def everyone(tmp_path_factory):
    return {name: arrange(tmp_path_factory.mktemp(name)) for name, arrange in ARRANGE.items()}


@pytest.fixture(params=ARRANGE)
def arranged(request, everyone):
    return everyone[request.param]


@pytest.fixture(params=ARRANGE)
def installed(request):
    return plugins.load("identity", request.param)


def test_a_provider_carries_the_name_it_is_installed_under(arranged):
    assert plugins.load("identity", arranged.provider.name) is type(arranged.provider)


def test_a_provider_is_made_from_settings_or_stays_away(installed, tmp_path):
    made = installed.from_settings(Settings(data_dir=tmp_path))
    assert made is None or isinstance(made, Provider)


async def test_a_provider_names_who_its_token_proves(arranged):
    principal = await arranged.provider.authenticate(arranged.token(o={"id": "org_1", "rol": "admin"}))
    assert (principal.issuer, principal.user_id, principal.provider) == (
        arranged.issuer,
        "user_ada",
        arranged.provider.name,
    )
    assert (principal.organization_id, principal.role) == ("org_1", "org:admin")
    assert principal.expires_at == NOW + 60


NOT_MINE = {
    "nothing": "",
    "a word": "garbage",
    "an API key": "esk_0123456789",
    "an opaque token": "oat_8XOIucKvqHVr5tYP123456789abcdefghij",
    "three letters": "a.b.c",
    "another issuer": signed(session_claims(iss="https://stranger.example")),
    "no issuer": signed(session_claims(iss=...)),
    "a list of issuers": signed(session_claims(iss=[ISSUER])),
}


@pytest.mark.parametrize("token", NOT_MINE.values(), ids=NOT_MINE)
async def test_a_provider_declines_what_is_not_its_own(arranged, token):
    assert await arranged.provider.authenticate(token) is None
    with pytest.raises(errors.Unauthenticated):
        await authenticate([arranged.provider], token)


def _hs256_with_the_public_key(arranged):
    claims = session_claims(iss=arranged.issuer)
    text = unsigned({"alg": "HS256", "typ": "JWT", "kid": KID}, claims)[:-1]
    secret = pem(arranged.private).encode()
    return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def _unsigned(algorithm):
    def forge(arranged):
        return unsigned({"alg": algorithm, "typ": "JWT", "kid": KID}, session_claims(iss=arranged.issuer))

    return forge


def _by_the_thief(**header):
    return lambda arranged: arranged.token(private=key("thief"), header=header)


def _tampered(arranged):
    head, _, signature = arranged.token().split(".")
    body = arranged.token(sub="user_eve").split(".")[1]
    return f"{head}.{body}.{signature}"


def _claiming(**changes):
    return lambda arranged: arranged.token(**changes)


FORGED = {
    "alg none": (_unsigned("none"), errors.TokenInvalidAlgorithm),
    "alg NONE": (_unsigned("NONE"), errors.TokenInvalidAlgorithm),
    "alg RS256 without a signature": (_unsigned("RS256"), errors.TokenInvalidSignature),
    "HS256 with the public key": (_hs256_with_the_public_key, errors.TokenInvalidAlgorithm),
    "another issuer's key under this kid": (_by_the_thief(), errors.TokenInvalidSignature),
    "embedded jwk": (_by_the_thief(jwk=jwk(key("thief"))), errors.TokenInvalidSignature),
    "key set of its own": (_by_the_thief(jku="https://thief.example/jwks.json"), errors.TokenInvalidSignature),
    "certificate of its own": (_by_the_thief(x5u="https://thief.example/x5u"), errors.TokenInvalidSignature),
    "kid that walks": (_by_the_thief(kid="../../../dev/null"), errors.TokenInvalidSignature),
    "kid that queries": (_by_the_thief(kid="' or 1=1 --"), errors.TokenInvalidSignature),
    "claims of another token": (_tampered, errors.TokenInvalidSignature),
    "crit": (lambda arranged: arranged.token(header={"crit": ["exp"]}), errors.TokenInvalid),
    "expired": (_claiming(exp=NOW - 60), errors.TokenExpired),
    "from the future": (_claiming(iat=NOW + 60), errors.TokenNotActiveYet),
    "not yet": (_claiming(nbf=NOW + 60), errors.TokenNotActiveYet),
    "without exp": (_claiming(exp=...), errors.TokenInvalid),
    "exp as text": (_claiming(exp=str(NOW + 60)), errors.TokenInvalid),
    "without sub": (_claiming(sub=...), errors.TokenInvalid),
    "empty sub": (_claiming(sub=""), errors.TokenInvalid),
    "azp as a list": (_claiming(azp=[STUDIO]), errors.TokenInvalidAuthorizedParty),
    "an organisation that cannot be read": (_claiming(o="org_1"), errors.TokenInvalid),
    "bound to a key": (_claiming(cnf={"jkt": "thumb"}), errors.TokenTypeMismatch),
}
# What only Clerk says, and what only an OpenID issuer does.
FORGED_SESSIONS = {
    "pending": (_claiming(sts="pending"), errors.SessionPending),
    "a machine": (_claiming(sub="mch_1"), errors.TokenTypeMismatch),
    "access token": (lambda arranged: arranged.token(header={"typ": "at+jwt"}), errors.TokenTypeMismatch),
    "JWT template": (lambda arranged: arranged.token(header={"cat": "cl_B7d4PD222AAA"}), errors.TokenTypeMismatch),
}
FORGED_OPENID = {
    "no audience": (_claiming(aud=...), errors.TokenInvalid),
    "another audience": (_claiming(aud=["another"]), errors.TokenInvalid),
    "access token without a client": (lambda arranged: arranged.token(header={"typ": "at+jwt"}), errors.TokenInvalid),
    "logout token": (_claiming(events={"http://schemas.openid.net/event/backchannel-logout": {}}),
                     errors.TokenTypeMismatch),
    "a machine": (_claiming(client_id="robot", sub="robot"), errors.TokenTypeMismatch),
    "a machine of another spelling": (_claiming(gty="client-credentials"), errors.TokenTypeMismatch),
    "two organisations": (_claiming(o={"id": ["org_1", "org_2"]}), errors.TokenInvalid),
    "roles that cannot be read": (_claiming(o={"id": "org_1", "rol": {"admin": True}}), errors.TokenInvalid),
    "a sign-in to come": (_claiming(auth_time=NOW + 3600), errors.TokenInvalid),
    "scopes that cannot be read": (_claiming(scope={"images": 1}), errors.TokenInvalid),
}  # fmt: skip
CASES = [
    pytest.param(name, forge, error, id=f"{name}-{what}")
    for name in ARRANGE
    for what, (forge, error) in (FORGED | (FORGED_OPENID if name == "oidc" else FORGED_SESSIONS)).items()
]


@pytest.mark.parametrize(("name", "forge", "error"), CASES)
async def test_a_provider_raises_for_what_is_its_own_and_bad(name, forge, error, everyone):
    arranged = everyone[name]
    token = forge(arranged)
    with pytest.raises(error) as refusal:
        await arranged.provider.authenticate(token)
    assert type(refusal.value) is error
    assert not any(part and part in repr(refusal.value.detail) for part in token.split("."))


async def test_a_token_of_one_provider_never_passes_at_another(tmp_path):
    everyone = [make(tmp_path / name) for name, make in ARRANGE.items()]
    for one in everyone:
        for other in everyone:
            if one is not other:
                assert await other.provider.authenticate(one.token()) is None
                with pytest.raises(errors.TokenInvalidSignature):
                    await other.provider.authenticate(one.token(iss=other.issuer))


async def test_a_provider_may_be_closed_twice(arranged):
    await arranged.provider.close()
    await arranged.provider.close()
