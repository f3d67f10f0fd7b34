"""Clerk's own test cases: what its server says of a token we say too, or we are stricter and say why."""

import json
from pathlib import Path

import pytest

from estampe import errors
from estampe.identity import authenticate, bearer_token
from estampe.identity._claims import organization_features, principal
from estampe.identity._jwks import GivenKey
from estampe.identity._jwt import LEEWAY_SECONDS, Issuer, SignedClaims, read_unverified
from estampe.identity._public_keys import key_set, public_key
from estampe.identity.clerk import Clerk

FILE = Path(__file__).parents[2].parent / "shared" / "vectors" / "clerk-tokens.json"
if not FILE.exists():
    pytest.skip("the shared vectors are not in this checkout", allow_module_level=True)
_DOCUMENT = json.loads(FILE.read_text("utf-8"))
KEYS, CASES = _DOCUMENT["keys"], _DOCUMENT["cases"]
INSTANCE = "https://clerk.inspired.puma-74.lcl.dev"

VERIFYING = {
    "assert_audience",
    "assert_azp",
    "assert_exp",
    "assert_header_alg",
    "assert_header_type",
    "assert_iat",
    "assert_nbf",
    "assert_sub",
    "authenticate_request",
    "verify_jwt",
    "verify_machine_token",
    "verify_signature",
    "verify_token",
}
ELSEWHERE = {
    "has": "what a principal may do is policy's business",
    "webhook": "test_clerk_webhooks.py runs them",
}

NO_CLIENT = (errors.TokenInvalid, "RFC 9068 has an access token name its client")
NO_AUDIENCE = (errors.TokenInvalid, "an audience that is asked for must be named")
RS256_ALONE = (errors.TokenInvalidAlgorithm, "Clerk's PEM is an RS256 key; its own import ends the same way")
STRICTER = {
    "alg-RS384": RS256_ALONE,
    "alg-RS512": RS256_ALONE,
    **{f"aud-ok-{number}": NO_AUDIENCE for number in (1, 2, 4, 5, 6, 13, 14, 15, 16, 17)},
    "sub-empty": (errors.TokenInvalid, "an empty name is nobody's"),
    **{f"typ-{number}": NO_CLIENT for number in (6, 7, 11, 12, 13)},
}

NO_TYPE = "refused because a header type was asked for of all tokens, which neither we nor Clerk do by default"
NOT_ASKED = {"typ-1": NO_TYPE, "typ-2": NO_TYPE}
KINDS = {"session_token": "session", "oauth_token": "oauth", "m2m_token": "m2m", "JWT": "session"}

# What Clerk calls a refusal, and what we may call it. Verification failed: a reason with no name of its own there.
CALLED = {
    None: (errors.Unauthenticated, errors.InvalidRequest),
    "jwk-failed-to-resolve": (errors.TokenInvalidIssuer,),
    "jwk-kid-mismatch": (errors.TokenInvalidSignature,),
    "jwk-remote-failed-to-load": (errors.IdentityProviderUnavailable,),
    "token-expired": (errors.TokenExpired,),
    "token-iat-in-the-future": (errors.TokenNotActiveYet,),
    "token-invalid": (errors.TokenInvalid, errors.TokenTypeMismatch),
    "token-invalid-algorithm": (errors.TokenInvalidAlgorithm,),
    "token-invalid-authorized-parties": (errors.TokenInvalidAuthorizedParty,),
    "token-invalid-signature": (errors.TokenInvalidSignature,),
    "token-not-active-yet": (errors.TokenNotActiveYet,),
    "token-type-mismatch": (errors.TokenTypeMismatch,),
    "token-verification-failed": (errors.Unauthenticated,),
}
CALLED_OTHERWISE = {
    "ar-noscheme": (errors.InvalidRequest, "a token without its scheme is a malformed header"),
    "ar-basic": (errors.TokenMissing, "another scheme is no token"),
    "ar-api_key-when-oauth_token": (errors.TokenInvalid, "Clerk's opaque tokens are not ours to name"),
    "ar-oauth_token-when-m2m_token": (errors.TokenInvalid, "Clerk's opaque tokens are not ours to name"),
    "ar-m2m_token-when-api_key": (errors.TokenInvalid, "Clerk's opaque tokens are not ours to name"),
    "ar-array-m2m-not-in": (errors.TokenInvalid, "Clerk's opaque tokens are not ours to name"),
}


def of(*kinds):
    cases = [case for case in CASES if case["kind"] in kinds and case["id"] not in NOT_ASKED]
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["id"])


class NoKeys:
    async def find(self, kid):
        raise errors.IdentityProviderUnavailable


class SetOfKeys:
    def __init__(self, entries):
        self._keys = key_set(json.dumps({"keys": entries}).encode())

    async def find(self, kid):
        return self._keys.get(kid)


def keys(given):
    given = given["jwks"] if isinstance(given, dict) and given.get("jwks") else given
    known = KEYS[given] if isinstance(given, str) else given
    if isinstance(known, str):
        return GivenKey(public_key(known))
    if "keys" in known:
        return SetOfKeys(known["keys"])
    return SetOfKeys([{"kid": "ins_2GIoQhbUpy0hX7B2cVkuTMinXoD"} | known]) if "n" in known else NoKeys()


def texts(option):
    return frozenset(one for one in (option if isinstance(option, list) else [option]) if isinstance(one, str) and one)


def accepted(case):
    """What the case asks for, as the setting `accepted_tokens` would say it."""
    asked = case["input"].get("as_token", case["input"])
    if case["kind"] == "verify_machine_token":
        named = case["expect"].get("token_type")
        return {KINDS[named]} if named else {"oauth", "m2m"}
    wanted = case["input"].get("acceptsToken") or asked.get("options", {}).get("headerType") or "session_token"
    if wanted == "any":
        return set(KINDS.values())
    kinds = {KINDS.get(one, "oauth") for one in ([wanted] if isinstance(wanted, str) else wanted)}
    # Verified for itself, a machine's token is a token like another.
    return kinds | ({"m2m"} if case["kind"] == "verify_jwt" and kinds == {"session"} else set())


def providers(case, name):
    asked = case["input"].get("as_token", case["input"])
    options = asked.get("options", {})
    if asked["key"] == {}:
        return []
    skew = options.get("clockSkewInMs", "default")
    issuer = Issuer(
        name=name,
        keys=keys(asked["key"]),
        audiences=texts(options.get("audience")),
        authorized_parties=frozenset(options.get("authorizedParties") or ()),
        accepted=frozenset(accepted(case)),
        leeway_seconds=LEEWAY_SECONDS if isinstance(skew, str) else skew / 1000,
    )
    return [Clerk(issuer, now=lambda: case["now_ms"] / 1000)]


async def verified(case, name=None):
    asked = case["input"].get("as_token", case["input"])
    token = asked["token"] if "token" in asked else bearer_token([asked["authorization"]])
    if token is None:
        raise errors.TokenMissing
    return await authenticate(providers(case, name), token)


def same_refusals(case):
    if case["id"] in CALLED_OTHERWISE:
        return CALLED_OTHERWISE[case["id"]][0]
    return CALLED[case["expect"].get("reason")]


@of(*VERIFYING)
async def test_a_token_fares_as_it_does_at_clerk_or_worse_for_a_reason(case):
    if case["id"] in STRICTER:
        assert case["expect"]["ok"], "nothing is stricter than a refusal"
        with pytest.raises(STRICTER[case["id"]][0]):
            await verified(case)
    elif case["expect"]["ok"]:
        proven, told = await verified(case), case["expect"]
        payload = told.get("payload") or {"sub": told.get("subject") or told.get("user_id", proven.user_id)}
        assert proven.user_id == payload["sub"]
        assert proven.session_id == payload.get("sid", proven.session_id)
        assert proven.kind == KINDS[told["token_type"]] if "token_type" in told else proven.kind in accepted(case)
        assert proven.scopes == set(told.get("scopes", proven.scopes))
    else:
        with pytest.raises(same_refusals(case)):
            await verified(case)


@of(*VERIFYING)
async def test_bound_to_its_instance_nothing_more_is_accepted(case):
    try:
        proven = await verified(case, INSTANCE)
    except errors.EstampeError:
        return
    assert proven.issuer == INSTANCE
    assert await verified(case) == proven


@of("decode")
def test_what_clerk_reads_we_read(case):
    if case["expect"]["ok"]:
        read = read_unverified(case["input"]["token"])
        assert read.unverified_claims == case["expect"]["payload"]
        assert read.unverified.unverified_header == case["expect"]["header"]
    else:
        with pytest.raises(errors.TokenInvalid):
            read_unverified(case["input"]["token"])


@of("claims")
def test_claims_mean_what_they_mean_at_clerk(case):
    expected = case["expect"]
    read = principal(SignedClaims({"iss": INSTANCE, "exp": 1} | case["input"]["claims"]), "clerk")
    assert (read.user_id, read.session_id) == (expected["user_id"], expected["session_id"])
    assert (read.organization_id, read.role) == (expected["org_id"], expected["org_role"])
    assert read.permissions == set(expected["org_permissions"] or ())


@of("split_by_scope")
def test_features_are_sorted_as_at_clerk(case):
    if case["expect"]["ok"]:
        assert organization_features(case["input"]["fea"]) == case["expect"]["org"]
    else:
        with pytest.raises(errors.TokenInvalid):
            organization_features(case["input"]["fea"])


@of("jwk_from_pem")
def test_a_pem_is_the_key_it_is_at_clerk(case):
    if case["expect"]["ok"]:
        read = public_key(case["input"]["pem"])
        assert read.algorithms == {case["expect"]["jwk"]["alg"]}
        assert {name: read.public[name] for name in "ne"} == {name: case["expect"]["jwk"][name] for name in "ne"}
    else:
        with pytest.raises(ValueError, match=r".*"):
            public_key(case["input"]["pem"] or "")


def test_every_case_is_run_or_left_out_by_name():
    others = {"decode", "claims", "split_by_scope", "jwk_from_pem"}
    assert {case["kind"] for case in CASES} == VERIFYING | others | set(ELSEWHERE)
    named = STRICTER.keys() | NOT_ASKED.keys() | CALLED_OTHERWISE.keys()
    assert named <= {case["id"] for case in CASES}
    assert not any(case["expect"]["ok"] for case in CASES if case["id"] in NOT_ASKED)
