"""Tokens good and bad, made byte by byte, so that a test can say exactly what is wrong with one."""

import base64
import json
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

NOW = 1_800_000_000
ISSUER = "https://clerk.atelier.example"
KID = "ins_atelier"
STUDIO = "https://studio.example"


@cache
def key(name="atelier", bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(private):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value):
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwk(private, kid=KID, **members):
    numbers = private.public_key().public_numbers()
    entry = {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": number(numbers.n), "e": number(numbers.e)}
    return {name: value for name, value in (entry | members).items() if value is not None}


def document(*entries):
    return json.dumps({"keys": entries}).encode()


def session_claims(**changes):
    claims = {
        "v": 2,
        "iss": ISSUER,
        "sub": "user_ada",
        "sid": "sess_1",
        "azp": STUDIO,
        "iat": NOW,
        "nbf": NOW - 10,
        "exp": NOW + 60,
        "sts": "active",
    }
    return {name: value for name, value in (claims | changes).items() if value is not ...}


def signed(claims=None, *, private=None, header=None, algorithm=hashes.SHA256):
    """`claims` and `header` may be bytes, to sign what no JSON writer would write; `...` leaves a member out."""
    plain = {"alg": "RS256", "kid": KID, "typ": "JWT"} | (header if isinstance(header, dict) else {})
    plain = {name: value for name, value in plain.items() if value is not ...}
    head = header if isinstance(header, bytes) else json.dumps(plain).encode()
    body = claims if isinstance(claims, bytes) else json.dumps(session_claims() if claims is None else claims).encode()
    text = f"{b64(head)}.{b64(body)}"
    return f"{text}.{b64((private or key()).sign(text.encode(), padding.PKCS1v15(), algorithm()))}"


def unsigned(header, claims, signature=""):
    return f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}.{signature}"
