"""What counts as a public key, in a document or pasted by hand."""

import base64
from functools import cache

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from tests.unit.identity.forge import KID, b64, document, jwk, key, pem

from estampe.identity._public_keys import key_set, public_key

CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(), "secp256k1": ec.SECP256K1()}


@cache
def point(curve):
    return ec.generate_private_key(CURVES[curve]).public_key().public_numbers()


def elliptic(curve, **members):
    size = (CURVES[curve].key_size + 7) // 8
    x, y = (b64(value.to_bytes(size, "big")) for value in (point(curve).x, point(curve).y))
    return {"kty": "EC", "kid": KID, "crv": curve, "x": x, "y": y} | members


def edwards(**members):
    public = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
    return {"kty": "OKP", "kid": KID, "crv": "Ed25519", "x": b64(public.public_bytes_raw())} | members


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "kid": KID, "k": "AAAA"},
        {"kty": "EC", "kid": KID, "crv": "P-256", "x": "AA", "y": "AA"},
        {"kid": KID},
        jwk(key(), kty=["RSA"]),
        jwk(key(), use="enc"),
        jwk(key(), key_ops=["encrypt"]),
        jwk(key(), key_ops=7),
        jwk(key(), alg="ES256"),
        jwk(key(), alg="HS256"),
        elliptic("P-256", alg="RS256"),
        elliptic("P-256", alg="ES384"),
        elliptic("P-521"),
        elliptic("P-256", crv="P-384"),
        elliptic("P-256", y=b64(bytes(32))),
        elliptic("P-256", x="AA" + elliptic("P-256")["x"]),
        elliptic("secp256k1"),
        edwards(alg="ES256"),
        edwards(crv="X25519"),
        edwards(crv="Ed448"),
        edwards(x="AAAA"),
        edwards(d="AAAA"),
        jwk(key(), alg=["RS256"]),
        jwk(key(), e="AQ"),
        jwk(key(), e="Aw"),
        jwk(key(), n="AQAB"),
        jwk(key(), n="Zg" * 5000),
        jwk(key(), n=7),
        jwk(key(), n=None),
        jwk(key(), d="AQAB"),
        jwk(key(), kid=None),
        jwk(key(), kid=7),
        jwk(key("small", 1024)),
        "key",
        None,
    ],
    ids=lambda entry: None,
)
def test_a_key_unfit_for_verifying_is_left_out(entry):
    assert list(key_set(document(entry, jwk(key("second"), "good")))) == ["good"]


@pytest.mark.parametrize("members", [{}, {"alg": None}, {"use": None}, {"key_ops": ["verify"], "use": None}])
def test_a_key_may_say_little(members):
    assert KID in key_set(document(jwk(key(), **members)))


RS, PS = {"RS256", "RS384", "RS512"}, {"PS256", "PS384", "PS512"}


@pytest.mark.parametrize(
    ("entry", "algorithms"),
    [
        (jwk(key(), alg=None), RS | PS),
        (jwk(key(), alg="PS384"), {"PS384"}),
        (elliptic("P-256"), {"ES256"}),
        (elliptic("P-384", alg="ES384"), {"ES384"}),
        (edwards(), {"EdDSA", "Ed25519"}),
        (edwards(alg="EdDSA"), {"EdDSA", "Ed25519"}),
    ],
)
def test_a_key_checks_the_algorithms_of_its_type_or_the_one_it_names(entry, algorithms):
    assert key_set(document(entry))[KID].algorithms == algorithms


def test_a_key_that_is_alone_may_lack_a_name():
    nameless = jwk(key(), kid=None)
    assert list(key_set(document(nameless))) == [None]
    assert list(key_set(document(nameless, jwk(key("second"), "good")))) == ["good"]


def test_two_keys_of_one_kid_are_neither():
    assert list(key_set(document(jwk(key()), jwk(key("thief")), jwk(key("second"), "good")))) == ["good"]


@pytest.mark.parametrize("text", [b"", b"[]", b'{"keys":{}}', b'{"keys":[],"keys":[]}', document(*[jwk(key())] * 65)])
def test_what_is_no_key_set_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        key_set(text)


PEM = pem(key())
BODY = "".join(PEM.splitlines()[1:-1])
PASTED = {
    "verbatim": PEM,
    "crlf": PEM.replace("\n", "\r\n"),
    "escaped": PEM.replace("\n", "\\n"),
    "one line": PEM.replace("\n", " "),
    "base64": base64.b64encode(PEM.encode()).decode(),
    "body": BODY,
    "body in lines": "\n".join(PEM.splitlines()[1:-1]),
    "quoted": f'"{PEM}"',
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_a_pem_is_read_however_it_was_pasted(text):
    assert public_key(text).public.public_key == key().public_key()


def _private_pem():
    plain = serialization.NoEncryption()
    return key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


UNFIT = {
    "empty": "",
    "words": "not a key",
    "not ascii": "clé",
    "cut": PEM[:100],
    "cut body": BODY[:-8],
    "private": _private_pem(),
    "certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "elliptic": pem(ec.generate_private_key(ec.SECP256R1())),
    "small": pem(key("small", 1024)),
    "nothing twice wrapped": base64.b64encode(base64.b64encode(b"-----")).decode(),
}


@pytest.mark.parametrize("text", UNFIT.values(), ids=UNFIT)
def test_what_is_no_rsa_public_key_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        public_key(text)
