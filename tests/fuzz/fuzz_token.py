"""Coverage-guided fuzzing of all that reads a token, by hand: pip install atheris, then

    python tests/fuzz/fuzz_token.py -max_total_time=300 -max_len=9000 CORPUS_FOLDER

The first byte of an input chooses what reads the others; a folder gets some inputs to start from. Anything but a
declared refusal ends the run with the bytes that caused it.
"""

import contextlib
import json
import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))
with atheris.instrument_imports(include=["estampe"]):
    from estampe import errors
    from estampe.identity import authenticate, bearer_token
    from estampe.identity._claims import principal as clerk_principal
    from estampe.identity._jwks import GivenKey, jwks_uri
    from estampe.identity._jwt import Issuer, SignedClaims
    from estampe.identity._kinds import openid
    from estampe.identity._public_keys import ALGORITHMS, key_set, public_key
    from estampe.identity._strict import json_object
    from estampe.identity.clerk import Clerk
    from estampe.identity.oidc import Names, Oidc
    from estampe.identity.oidc import principal as openid_principal

from tests.unit.identity.forge import ISSUER, NOW, b64, jwk, key, pem, session_claims, signed

KEYS = GivenKey(public_key(pem(key())))
ANY = frozenset({"session", "oauth", "m2m"})
OPENID = "https://id.example"
CLERK = Clerk(Issuer(name=ISSUER, keys=KEYS, accepted=ANY), now=lambda: NOW)
OIDC = Oidc(
    {OPENID: Issuer(name=OPENID, keys=KEYS, algorithms=ALGORITHMS, accepted=ANY, kind_of=openid)},
    Names(organization="o.id", roles="o.rol"),
    now=lambda: NOW,
)


def at_once(work):
    """Nothing here waits: the keys are given."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


def refused(read, *given):
    try:
        read(*given)
    except (errors.Unauthenticated, errors.InvalidRequest):
        return


def one_input(data):
    if data:
        READERS[data[0] % len(READERS)](data[1:])


def header(raw):
    refused(bearer_token, [raw])


def token(raw):
    refused(lambda: at_once(authenticate([CLERK, OIDC], raw.decode("utf-8", "replace"))))


def parts(raw):
    refused(lambda: at_once(authenticate([CLERK, OIDC], ".".join(b64(part) for part in raw.split(b"\0")))))


def signed_header(raw):
    refused(lambda: at_once(authenticate([CLERK], signed(session_claims(), header=raw))))


def signed_claims(raw):
    refused(lambda: at_once(authenticate([CLERK, OIDC], signed(raw))))


def documents(raw):
    for read in (json_object, key_set, lambda given: jwks_uri(given, OPENID)):
        with contextlib.suppress(ValueError):
            read(raw)


def claims(raw):
    with contextlib.suppress(ValueError):
        checked = {"iss": OPENID, "sub": "ada", "exp": NOW, "iat": NOW}
        known = SignedClaims(session_claims() | json_object(raw) | checked)
        for kind in ANY:
            refused(openid_principal, known, kind, Names(), float(NOW))
            refused(clerk_principal, known, "clerk", kind, float(NOW))


READERS = [header, token, parts, signed_header, signed_claims, documents, claims]
ORGANIZATION = {"id": "org_1", "rol": "admin", "per": "read", "fpm": "1"}
MEMBER = session_claims(o=ORGANIZATION, fea="o:a", pla="o:pro", fva=[0, -1])
SEEDS = [
    b"\0Bearer a.b.c",
    b"\1" + signed().encode(),
    b"\2" + b'{"alg":"RS256","kid":"ins_atelier"}\0{"iss":"https://id.example"}\0x',
    b"\3" + b'{"alg":"RS256","kid":"ins_atelier","typ":"at+jwt","cat":"cl_B7d4PD111AAA"}',
    b"\4" + json.dumps(MEMBER).encode(),
    b"\4" + json.dumps(MEMBER | {"iss": OPENID, "scope": "openid", "client_id": "app", "auth_time": NOW}).encode(),
    b"\5" + json.dumps({"keys": [jwk(key())]}).encode(),
    b"\6" + json.dumps(MEMBER).encode(),
]


if __name__ == "__main__":
    for folder in (Path(given) for given in sys.argv[1:] if not given.startswith("-")):
        for number, seed in enumerate(SEEDS):
            (folder / f"seed{number}").write_bytes(seed)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
