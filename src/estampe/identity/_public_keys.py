"""Public keys fit for checking signatures, each with its algorithms: from a PEM, or from a JWKS document."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from estampe.identity._strict import base64url, json_object

RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
P256 = frozenset({"ES256"})
P384 = frozenset({"ES384"})
# Two names of one algorithm: RFC 9864 gave it the second.
ED25519 = frozenset({"EdDSA", "Ed25519"})
ALGORITHMS = RSA | P256 | P384 | ED25519
RSA_BITS = range(2048, 8193)
LEAST_EXPONENT = 65537
MAX_KEYS = 64
_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)
# Moduli from the flawed Infineon generator are powers of 65537 modulo each of these primes (CVE-2017-15361).
_ROCA = {prime: frozenset(pow(65537, power, prime) for power in range(prime)) for prime in _PRIMES}
_ARMOUR = re.compile(r"-----BEGIN (?:RSA )?PUBLIC KEY-----(.+)-----END (?:RSA )?PUBLIC KEY-----", re.DOTALL)
_CHECKS = {name: JWSRegistry.algorithms[name] for name in ALGORITHMS}
_PKCS1, _SHA256 = PKCS1v15(), SHA256()


class PublicKey(NamedTuple):
    """A key, and the algorithms it may check: those of its type, or the one that its issuer names."""

    algorithms: frozenset[str]
    public: RSAKey | ECKey | OKPKey
    native: Any

    def verifies(self, algorithm: str, signed: bytes, signature: bytes) -> bool:
        """Raises `ValueError` when the two cannot be compared."""
        if algorithm == "RS256":
            # Nearly every token there is: joserfc makes padding, hash and key anew, 6 % on top of the check.
            try:
                self.native.verify(signature, signed, _PKCS1, _SHA256)
            except InvalidSignature:
                return False
            return True
        try:
            return _CHECKS[algorithm].verify(signed, signature, self.public)
        except JoseError:
            raise ValueError("not a signature of this algorithm") from None


def key_set(document: bytes) -> dict[str | None, PublicKey]:
    """The usable keys of a JWKS document by `kid`; what cannot check a signature, or shares its `kid`, is left out.

    A key that is alone may lack a `kid`: it is then the one of tokens without. Raises `ValueError` when it is
    not a JWKS document, or nothing in it is usable.
    """
    entries = json_object(document).get("keys")
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise ValueError("not a key set")
    alone = len(entries) == 1
    named = [entry for entry in entries if isinstance(entry, dict) and _has_name(entry, alone=alone)]
    times = Counter(entry.get("kid") for entry in named)
    keys = dict(_usable(entry for entry in named if times[entry.get("kid")] == 1))
    if not keys:
        raise ValueError("no usable key")
    return keys


def _has_name(entry: Mapping[str, Any], *, alone: bool) -> bool:
    return isinstance(entry.get("kid"), str) or (alone and "kid" not in entry)


def _usable(entries: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str | None, PublicKey]]:
    for entry in entries:
        try:
            if _is_for_verifying(entry):
                yield entry.get("kid"), _restricted(_READERS[entry["kty"]](entry), entry.get("alg"))
        except (KeyError, TypeError, AttributeError, ValueError, UnsupportedAlgorithm):
            continue


def _is_for_verifying(entry: Mapping[str, Any]) -> bool:
    return entry.get("use", "sig") == "sig" and "verify" in entry.get("key_ops", ["verify"]) and "d" not in entry


def _restricted(key: PublicKey, algorithm: str | None) -> PublicKey:
    if algorithm is None:
        return key
    if algorithm not in key.algorithms:
        raise ValueError("the key is of another type than its algorithm")
    return key._replace(algorithms=ED25519 if algorithm in ED25519 else frozenset({algorithm}))


def _rsa(entry: Mapping[str, Any]) -> PublicKey:
    n, e = (int.from_bytes(base64url(entry[name]), "big") for name in "ne")
    if n.bit_length() not in RSA_BITS:
        raise ValueError("a key too weak to trust, or too large")
    return rsa_key(RSAPublicNumbers(e, n).public_key())


def rsa_key(public: RSAPublicKey) -> PublicKey:
    """Raises `ValueError`."""
    numbers = public.public_numbers()
    weak = numbers.e < LEAST_EXPONENT or all(numbers.n % prime in powers for prime, powers in _ROCA.items())
    if weak or numbers.n.bit_length() not in RSA_BITS:
        raise ValueError("a key too weak to trust, or too large")
    return PublicKey(RSA, RSAKey.import_key(public), public)


_CURVES: dict[str, tuple[ec.EllipticCurve, frozenset[str]]] = {
    "P-256": (ec.SECP256R1(), P256),
    "P-384": (ec.SECP384R1(), P384),
}


def _elliptic(entry: Mapping[str, Any]) -> PublicKey:
    curve, algorithms = _CURVES[entry["crv"]]
    x, y = (base64url(entry[name]) for name in "xy")
    if not len(x) == len(y) == curve.key_size // 8:
        raise ValueError("a coordinate of the wrong size")
    # A point off its curve is refused by the library.
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve)
    public = numbers.public_key()
    return PublicKey(algorithms, ECKey.import_key(public), public)


def _edwards(entry: Mapping[str, Any]) -> PublicKey:
    if entry["crv"] != "Ed25519":
        raise ValueError("another curve")
    public = Ed25519PublicKey.from_public_bytes(base64url(entry["x"]))
    return PublicKey(ED25519, OKPKey.import_key(public), public)


_READERS: dict[str, Callable[[Mapping[str, Any]], PublicKey]] = {"RSA": _rsa, "EC": _elliptic, "OKP": _edwards}


def public_key(text: str) -> PublicKey:
    """An RS256 key's PEM as people paste it: verbatim, on one line, escaped, in base64, or without its armour.

    Raises `ValueError`.
    """
    text = text.replace("\\n", "\n")
    armoured = _ARMOUR.search(text)
    if armoured is None and "-----" in text:
        raise ValueError("not a public key")
    body = _decoded(armoured[1] if armoured else text)
    if armoured is None and body.startswith(b"-----"):
        return public_key(body.decode("ascii"))
    try:
        public = load_der_public_key(body)
    except UnsupportedAlgorithm:
        raise ValueError("not an RSA key") from None
    if not isinstance(public, RSAPublicKey):
        raise ValueError("not an RSA key")  # noqa: TRY004 - whoever pasted it gets one kind of refusal
    return _restricted(rsa_key(public), "RS256")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
