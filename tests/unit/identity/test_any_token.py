"""Whatever is shown as a token: taken or refused with a declared error, soon, and never repeated in the refusal."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from tests.unit.identity.forge import ISSUER, NOW, STUDIO, b64, session_claims, signed
from tests.unit.identity.judge import DECLARED, KEYS, outcome, verified

from estampe import errors
from estampe.domain import Principal
from estampe.identity import _claims, _kinds, oidc
from estampe.identity._jwt import Issuer, read_unverified, verify
from estampe.identity._public_keys import ALGORITHMS
from estampe.identity.oidc import Names, Oidc

SOUND = signed()
HEAD, BODY, SIGNATURE = SOUND.split(".")


ALL = frozenset({"session", "oauth", "m2m"})
OPENID = Issuer(name=ISSUER, keys=KEYS, algorithms=ALGORITHMS, accepted=ALL, kind_of=_kinds.openid)
WIDE = Issuer(name=ISSUER, keys=KEYS, accepted=ALL)


@settings(max_examples=400)
@given(
    st.text()
    | st.binary().map(lambda raw: raw.decode("latin-1"))
    | st.lists(st.binary(max_size=40).map(b64), min_size=3, max_size=3).map(".".join)
    | st.tuples(st.integers(0, len(SOUND) - 1), st.characters()).map(
        lambda at: SOUND[: at[0]] + at[1] + SOUND[at[0] + 1 :]
    )
)
async def test_any_text_is_refused_with_a_declared_error(token):
    assert token == SOUND or isinstance(await outcome(token), DECLARED)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
CLAIM_NAMES = """sub iss aud azp exp nbf iat v o sts act sid fea pla fva cnf client_id scope scp scopes gty events
auth_time org_id roles"""
CLAIMS = st.sampled_from(CLAIM_NAMES.split())
KINDS = st.sampled_from([{}, {"typ": "at+jwt"}, {"typ": "application/at+jwt"}, {"cat": "cl_B7d4PD333AAA"}])
HEADERS = st.sampled_from(["alg", "kid", "typ", "cat", "crit", "jwk", "jku", "x5c", "x5t", "b64", "enc"])


@settings(max_examples=200)
@given(st.dictionaries(CLAIMS, JSON, min_size=1, max_size=4), st.dictionaries(HEADERS, JSON, max_size=2))
async def test_any_signed_claims_are_taken_or_refused_with_a_declared_error(claims, header):
    with contextlib.suppress(*DECLARED):
        await verified(signed(session_claims(**claims), header=header))


@settings(max_examples=200)
@given(st.dictionaries(CLAIMS, JSON, min_size=1, max_size=5), KINDS, st.sampled_from(["user_ada", "mch_1", "robot"]))
async def test_so_are_those_of_apps_and_machines_and_of_any_issuer(claims, header, subject):
    token = signed({"client_id": "robot"} | session_claims(sub=subject) | claims, header=header)
    for issuer, principal in ((WIDE, _claims.principal), (OPENID, oidc.principal)):
        with contextlib.suppress(*DECLARED):
            proven, kind = await verify(read_unverified(token), issuer, lambda: NOW)
            about = (Oidc.name, kind, NOW) if issuer is WIDE else (kind, Names(), float(NOW))
            assert isinstance(principal(proven, *about), Principal)


KIND_CASES = {
    "an app": ({"typ": "at+jwt"}, {"client_id": "app"}, "oauth", "oauth"),
    "an app, spelled out": ({"typ": "application/AT+JWT"}, {"client_id": "app"}, "oauth", "oauth"),
    "an app of no name": ({"typ": "at+jwt"}, {}, errors.TokenInvalid, errors.TokenInvalid),
    "an app of an odd name": ({"typ": "at+jwt"}, {"client_id": ["app"]}, errors.TokenInvalid, errors.TokenInvalid),
    "a machine of Clerk": ({"cat": "cl_B7d4PD333AAA"}, {"sub": "mch_1"}, "m2m", "session"),
    "a machine without a category": ({}, {"sub": "mch_1"}, "m2m", "session"),
    "a machine as a session": ({"cat": "cl_B7d4PD111AAA"}, {"sub": "mch_1"}, errors.TokenTypeMismatch, "session"),
    "a person as a machine": ({"cat": "cl_B7d4PD333AAA"}, {}, errors.TokenTypeMismatch, "session"),
    "a JWT template": ({"cat": "cl_B7d4PD222AAA"}, {}, errors.TokenTypeMismatch, "session"),
    "a client for itself": ({}, {"sub": "robot", "client_id": "robot"}, "session", "m2m"),
    "a client for itself at Auth0": ({}, {"gty": "client-credentials"}, "session", "m2m"),
    "a client for itself at Okta": ({}, {"sub": "robot", "cid": "robot", "client_id": "x"}, "session", "m2m"),
    "a client for itself at Entra": ({}, {"idtyp": "app"}, "session", "m2m"),
    "a client for itself, as the party": ({}, {"sub": "robot", "azp": "robot"}, "session", "m2m"),
    "a logout": ({}, {"events": {}}, "session", errors.TokenTypeMismatch),
    "another type": ({"typ": "logout+jwt"}, {}, errors.TokenInvalid, errors.TokenInvalid),
    "bound to a key": ({"typ": "at+jwt"}, {"client_id": "app", "cnf": {"jkt": "x"}}, errors.TokenTypeMismatch,
                       errors.TokenTypeMismatch),
}  # fmt: skip


@pytest.mark.parametrize(("header", "claims", "clerk", "openid"), KIND_CASES.values(), ids=KIND_CASES)
async def test_a_token_is_of_the_kind_that_its_issuer_means(header, claims, clerk, openid):
    for issuer, expected in ((WIDE, clerk), (OPENID, openid)):
        token = read_unverified(signed(session_claims(**claims), header=header))
        if isinstance(expected, str):
            _, kind = await verify(token, issuer, lambda: NOW)
            assert kind == expected
        else:
            with pytest.raises(expected):
                await verify(token, issuer, lambda: NOW)


async def test_sites_are_compared_for_sessions_alone():
    narrow = structs.replace(WIDE, authorized_parties=frozenset({STUDIO}))
    app = session_claims(azp=..., client_id="app")
    assert await verified(signed(app, header={"typ": "at+jwt"}), narrow)
    with pytest.raises(errors.TokenInvalidAuthorizedParty):
        await verified(signed(app), narrow)


@pytest.mark.parametrize(
    "mangled", [HEAD[:-1] + "A", b64(b"{}"), HEAD * 3, BODY], ids=["end", "empty", "thrice", "body"]
)
async def test_no_part_of_a_token_is_in_a_refusal(mangled):
    refusal = await outcome(f"{mangled}.{BODY}.{SIGNATURE}")
    said = repr((str(refusal), refusal.detail, refusal.errors))
    assert not any(part in said for part in (mangled, BODY, SIGNATURE, "user_ada", "ins_atelier"))


@pytest.mark.parametrize(
    "token",
    [
        "A" * 1_000_000,
        "." * 8192,
        signed(b'{"a":' + b"[" * 3000 + b"]" * 2000 + b"}"),
        signed(b'{"exp":' + b"9" * 4000 + b"}"),
        signed(b"{" + b",".join(b'"%d":{}' % n for n in range(550)) + b"}"),
    ],
    ids=["long", "dots", "deep", "digits", "wide"],
)
async def test_a_hostile_token_costs_less_than_five_milliseconds(token):
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        assert isinstance(await outcome(token), DECLARED)
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.005
