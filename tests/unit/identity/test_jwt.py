"""One token and one issuer: what is checked, in which order, and what each fault is called."""

import json

import pytest
from cryptography.hazmat.primitives import hashes
from tests.unit.identity.forge import ISSUER, NOW, STUDIO, key, session_claims, signed, unsigned
from tests.unit.identity.judge import KEYS, verified

from estampe import errors
from estampe.identity._jwt import Issuer, read_unverified


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
