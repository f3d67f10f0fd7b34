import contextlib
import json
import time

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from tests.unit.identity.forge import ISSUER, NOW, STUDIO, b64, key, pem, session_claims, signed, unsigned

from estampe import errors
from estampe.domain import Principal
from estampe.identity import _claims, _kinds, oidc
from estampe.identity._jwks import GivenKey
from estampe.identity._jwt import Issuer, read_unverified, verify
from estampe.identity._public_keys import ALGORITHMS, public_key
from estampe.identity.oidc import Names, Oidc

KEYS = GivenKey(public_key(pem(key())))
ATELIER = Issuer(name=ISSUER, keys=KEYS, authorized_parties=frozenset({STUDIO}))
DECLARED = (errors.Unauthenticated,)


async def verified(token, issuer=ATELIER, now=NOW):
    claims, _ = await verify(read_unverified(token), issuer, lambda: now)
    return claims


async def test_a_sound_token_gives_its_claims():
    assert await verified(signed()) == session_claims()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"sub": ...}, errors.TokenInvalid),
        ({"sub": ""}, errors.TokenInvalid),
        ({"sub": 7}, errors.TokenInvalid),
        ({"sub": "a\0b"}, errors.TokenInvalid),
        ({"sub": "u" * 256}, errors.TokenInvalid),
        ({"iss": ISSUER + "/"}, errors.TokenInvalidIssuer),
        ({"iss": ...}, errors.TokenInvalidIssuer),
        ({"iss": [ISSUER]}, errors.TokenInvalidIssuer),
        ({"azp": ...}, errors.TokenInvalidAuthorizedParty),
        ({"azp": ""}, errors.TokenInvalidAuthorizedParty),
        ({"azp": STUDIO + "/"}, errors.TokenInvalidAuthorizedParty),
        ({"azp": [STUDIO]}, errors.TokenInvalidAuthorizedParty),
        ({"azp": None}, errors.TokenInvalidAuthorizedParty),
        ({"exp": ...}, errors.TokenInvalid),
        ({"exp": None}, errors.TokenInvalid),
        ({"exp": True}, errors.TokenInvalid),
        ({"exp": str(NOW + 60)}, errors.TokenInvalid),
        ({"exp": 1e300}, errors.TokenInvalid),
        ({"exp": 10**400}, errors.TokenInvalid),
        ({"exp": -1}, errors.TokenInvalid),
        ({"nbf": "soon"}, errors.TokenInvalid),
        ({"nbf": None}, errors.TokenInvalid),
        ({"iat": False}, errors.TokenInvalid),
        ({"exp": NOW - 5}, errors.TokenExpired),
        ({"nbf": NOW + 6}, errors.TokenNotActiveYet),
        ({"iat": NOW + 6}, errors.TokenNotActiveYet),
    ],
)
async def test_signed_claims_that_do_not_hold_are_refused(changes, error):
    with pytest.raises(error):
        await verified(signed(session_claims(**changes)))


@pytest.mark.parametrize(
    "changes",
    [{"exp": NOW - 4.9}, {"nbf": NOW + 5}, {"iat": NOW + 5}, {"nbf": ..., "iat": ...}, {"exp": NOW + 0.5}],
)
async def test_clocks_may_be_five_seconds_apart(changes):
    assert await verified(signed(session_claims(**changes)))


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_a_date_that_is_no_number_is_refused(literal):
    body = json.dumps(session_claims(exp=0)).replace('"exp": 0', f'"exp": {literal}').encode()
    with pytest.raises(errors.TokenInvalid):
        await verified(signed(body))


@pytest.mark.parametrize(
    "audience", [..., None, "", [], [None], [{}], "https://other.example", ["https://here.example", None]]
)
async def test_an_audience_that_is_asked_for_must_be_named(audience):
    asked = Issuer(name=ISSUER, keys=KEYS, audiences=frozenset({"https://here.example"}))
    with pytest.raises(errors.TokenInvalid):
        await verified(signed(session_claims(aud=audience)), asked)


@pytest.mark.parametrize("audience", ["https://here.example", ["https://other.example", "https://here.example"]])
async def test_an_audience_that_is_named_will_do(audience):
    asked = Issuer(name=ISSUER, keys=KEYS, audiences=frozenset({"https://here.example"}))
    assert await verified(signed(session_claims(aud=audience)), asked)


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ({"crit": []}, errors.TokenInvalid),
        ({"crit": ["exp"]}, errors.TokenInvalid),
        ({"b64": False}, errors.TokenInvalid),
        ({"b64": True}, errors.TokenInvalid),
        ({"zip": "DEF"}, errors.TokenInvalid),
        ({"enc": "A256GCM"}, errors.TokenInvalid),
        ({"kid": 7}, errors.TokenInvalid),
        ({"typ": ""}, errors.TokenInvalid),
        ({"typ": "jwt"}, errors.TokenInvalid),
        ({"typ": None}, errors.TokenInvalid),
        ({"typ": ["JWT"]}, errors.TokenInvalid),
        ({"typ": "at+jwt"}, errors.TokenTypeMismatch),
        ({"typ": "application/at+JWT"}, errors.TokenTypeMismatch),
        ({"cat": "cl_B7d4PD222AAA"}, errors.TokenTypeMismatch),
        ({"cat": "cl_B7d4PD333AAA"}, errors.TokenTypeMismatch),
        ({"cat": None}, errors.TokenTypeMismatch),
        ({"cat": ["cl_B7d4PD111AAA"]}, errors.TokenTypeMismatch),
        ({"alg": ...}, errors.TokenInvalidAlgorithm),
        ({"alg": None}, errors.TokenInvalidAlgorithm),
        ({"alg": ["RS256"]}, errors.TokenInvalidAlgorithm),
        ({"alg": "rs256"}, errors.TokenInvalidAlgorithm),
        ({"alg": "PS256"}, errors.TokenInvalidAlgorithm),
        ({"alg": "RS512"}, errors.TokenInvalidAlgorithm),
        ({"x5c": "not a list"}, errors.TokenInvalid),
    ],
)
async def test_a_header_that_is_not_accepted_is_refused_whatever_signed_it(header, error):
    with pytest.raises(error):
        await verified(signed(header=header))


@pytest.mark.parametrize(
    "header", [{}, {"typ": ...}, {"kid": ...}, {"cat": "cl_B7d4PD111AAA", "oiat": NOW}, {"cat": "cl_I7d4PD111III"}]
)
async def test_clerks_own_header_members_are_no_obstacle(header):
    assert await verified(signed(header=header))


async def test_a_key_made_for_another_algorithm_is_not_used():
    wide = Issuer(name=ISSUER, keys=KEYS, algorithms=frozenset({"RS256", "RS512"}))
    with pytest.raises(errors.TokenInvalidAlgorithm):
        await verified(signed(header={"alg": "RS512"}, algorithm=hashes.SHA512), wide)


async def test_the_signature_is_checked_before_the_claims():
    expired = session_claims(exp=NOW - 100)
    with pytest.raises(errors.TokenInvalidSignature):
        await verified(signed(expired, private=key("thief")))


async def test_an_unsigned_token_is_refused_before_any_key_is_asked_for():
    class NoKeys:
        async def find(self, kid):
            raise AssertionError("asked for a key")

    for algorithm in ("none", "None", "HS256"):
        token = unsigned({"alg": algorithm, "typ": "JWT"}, session_claims())
        with pytest.raises(errors.TokenInvalidAlgorithm):
            await verified(token, Issuer(name=ISSUER, keys=NoKeys()))


@pytest.mark.parametrize(
    "name", ["http://clerk.example", "https://", "https://a b", "urn:estampe:x", "https://u@h", "", 5]
)
async def test_without_a_name_the_key_vouches_for_https_issuers_alone(name):
    with pytest.raises(errors.TokenInvalidIssuer):
        await verified(signed(session_claims(iss=name)), Issuer(name=None, keys=KEYS))


async def test_without_a_name_the_key_vouches_for_what_it_signed():
    assert await verified(signed(session_claims(iss="https://any.example")), Issuer(name=None, keys=KEYS))


SOUND = signed()
HEAD, BODY, SIGNATURE = SOUND.split(".")


AMBIGUOUS = {
    "empty": "",
    "one dot": ".",
    "dots": "..",
    "letters": "a.b.c",
    "one part": HEAD,
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{SOUND}.",
    "padded": f"{SOUND}=",
    "line feed": f"{SOUND}\n",
    "leading space": f" {SOUND}",
    "padded header": f"{HEAD}=.{BODY}.{SIGNATURE}",
    "cut signature": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}",
    "loose last bits": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}{chr(ord(SIGNATURE[-1]) + 1)}",
    "not ascii": f"{HEAD}.{BODY}.{SIGNATURE}é",
    "other alphabet": f"{HEAD}.{BODY}.+/",
    "list claims": signed(b"[]"),
    "no claims": signed(b""),
    "null claims": signed(b"null"),
    "text claims": signed(b'"text"'),
    "list header": signed(header=b"[]"),
    "byte order mark": signed(b"\xef\xbb\xbf" + json.dumps(session_claims()).encode()),
    "not utf-8": signed(b'{"sub":"\xff"}'),
    "not a number": signed(b'{"x":NaN}'),
    "claim twice": signed(b'{"sub":"user_ada","sub":"user_eve"}'),
    "header member twice": signed(header=b'{"alg":"RS256","alg":"none"}'),
    "nested": signed(b'{"a":' + b"[" * 20 + b"]" * 20 + b"}"),
    "very nested": signed(b'{"a":' + b"[" * 2500 + b"]" * 2500 + b"}"),
    "endless number": signed(b'{"exp":' + b"9" * 5000 + b"}"),
    "too long": signed(session_claims(pad="x" * 8192)),
}


@pytest.mark.parametrize("token", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_can_be_read_in_two_ways_is_not_read_at_all(token):
    with pytest.raises(errors.TokenInvalid):
        read_unverified(token)


ALL = frozenset({"session", "oauth", "m2m"})
OPENID = Issuer(name=ISSUER, keys=KEYS, algorithms=ALGORITHMS, accepted=ALL, kind_of=_kinds.openid)
WIDE = Issuer(name=ISSUER, keys=KEYS, accepted=ALL)


async def _outcome(token, issuer=ATELIER):
    try:
        return await verified(token, issuer)
    except DECLARED as refusal:
        return refusal


@settings(max_examples=400, deadline=None)
@given(
    st.text()
    | st.binary().map(lambda raw: raw.decode("latin-1"))
    | st.lists(st.binary(max_size=40).map(b64), min_size=3, max_size=3).map(".".join)
    | st.tuples(st.integers(0, len(SOUND) - 1), st.characters()).map(
        lambda at: SOUND[: at[0]] + at[1] + SOUND[at[0] + 1 :]
    )
)
async def test_any_text_is_refused_with_a_declared_error(token):
    assert token == SOUND or isinstance(await _outcome(token), DECLARED)


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


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(CLAIMS, JSON, min_size=1, max_size=4), st.dictionaries(HEADERS, JSON, max_size=2))
async def test_any_signed_claims_are_taken_or_refused_with_a_declared_error(claims, header):
    with contextlib.suppress(*DECLARED):
        await verified(signed(session_claims(**claims), header=header))


@settings(max_examples=200, deadline=None)
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
    refusal = await _outcome(f"{mangled}.{BODY}.{SIGNATURE}")
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
        assert isinstance(await _outcome(token), DECLARED)
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.005
