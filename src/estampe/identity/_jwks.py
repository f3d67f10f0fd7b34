"""The keys of one issuer: given once, or fetched, cooled down and never lost to an outage."""

import asyncio
import base64
import binascii
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import load_der_public_key
from joserfc.jwk import RSAKey

from estampe.errors import IdentityProviderUnavailable
from estampe.identity._strict import base64url, json_object

ALGORITHMS = frozenset({"RS256", "RS384", "RS512"})
RSA_BITS = range(2048, 8193)
LEAST_EXPONENT = 65537
MAX_KEYS = 64
MAX_BYTES = 256 * 1024
TIMEOUT_SECONDS = 5.0
AHEAD_SECONDS = 240.0
STALE_SECONDS = 3600.0
COOL_DOWN_SECONDS = 30.0
RETRY_SECONDS = 5.0
_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)
# Moduli from the flawed Infineon generator are powers of 65537 modulo each of these primes (CVE-2017-15361).
_ROCA = {prime: frozenset(pow(65537, power, prime) for power in range(prime)) for prime in _PRIMES}
_ARMOUR = re.compile(r"-----BEGIN (?:RSA )?PUBLIC KEY-----(.+)-----END (?:RSA )?PUBLIC KEY-----", re.DOTALL)

_log = logging.getLogger("estampe.identity")


class Key(NamedTuple):
    """A public key fit for checking signatures; `algorithm` is None when the issuer named none."""

    algorithm: str | None
    public: RSAKey

    def allows(self, algorithm: str) -> bool:
        return algorithm in ALGORITHMS and self.algorithm in (None, algorithm)


class Keys(Protocol):
    """The keys of exactly one issuer: never look a `kid` up across issuers."""

    async def find(self, kid: str | None) -> Key | None:
        """None when this issuer has no such key. Raises `IdentityProviderUnavailable`."""

    async def close(self) -> None:
        """Let go of connections."""


class GivenKey:
    """The one key in the settings or the data folder: `kid` does not choose among one."""

    def __init__(self, key: Key) -> None:
        self._key = key

    async def find(self, kid: str | None) -> Key | None:  # noqa: ARG002 - there is nothing to choose
        return self._key

    async def close(self) -> None:
        pass


class FetchedKeys:
    """A JWKS document behind a URL, read by one task at a time."""

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._monotonic = monotonic
        # Made here, not on the first request: reading the certificate store takes tens of milliseconds.
        self._client = httpx.AsyncClient(timeout=timeout_seconds, follow_redirects=False)
        self._keys: Mapping[str, Key] = {}
        self._read_at = self._tried_at = float("-inf")
        self._refresh: asyncio.Task[None] | None = None

    async def find(self, kid: str | None) -> Key | None:
        age = self._monotonic() - self._read_at
        if kid not in self._keys or age >= STALE_SECONDS:
            await self._refreshed()
        elif age >= AHEAD_SECONDS:
            self._start()
        if not self._keys:
            waited = self._monotonic() - self._tried_at
            raise IdentityProviderUnavailable(retry_after_seconds=max(1.0, RETRY_SECONDS - waited))
        return self._keys.get(kid) if kid is not None else None

    async def close(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.gather(self._refresh, return_exceptions=True)
        await self._client.aclose()

    async def _refreshed(self) -> None:
        refresh = self._start()
        if refresh is not None:
            # Shielded: one caller that hangs up must not end the fetch the others wait for.
            await asyncio.shield(refresh)

    def _start(self) -> asyncio.Task[None] | None:
        if self._refresh is None:
            cool_down = COOL_DOWN_SECONDS if self._keys else RETRY_SECONDS
            if self._monotonic() - self._tried_at >= cool_down:
                self._tried_at = self._monotonic()
                self._refresh = asyncio.create_task(self._read())
        return self._refresh

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                self._keys = key_set(await self._fetch())
            self._read_at = self._monotonic()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            _log.warning("the keys at %s could not be read: %s", self._url, error or type(error).__name__)
        finally:
            self._refresh = None

    async def _fetch(self) -> bytes:
        body = bytearray()
        async with self._client.stream("GET", self._url, headers={"accept": "application/json"}) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"status {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError("too large")
        return bytes(body)


def key_set(document: bytes) -> dict[str, Key]:
    """The usable keys of a JWKS document by `kid`; what cannot check a signature, or shares its `kid`, is left out.

    Raises `ValueError` when it is not a JWKS document, or nothing in it is usable.
    """
    entries = json_object(document).get("keys")
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise ValueError("not a key set")
    entries = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("kid"), str)]
    times = Counter(entry["kid"] for entry in entries)
    keys = dict(_usable(entry for entry in entries if times[entry["kid"]] == 1))
    if not keys:
        raise ValueError("no usable key")
    return keys


def _usable(entries: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Key]]:
    for entry in entries:
        try:
            if _is_for_verifying(entry):
                n, e = (int.from_bytes(base64url(entry[name]), "big") for name in "ne")
                yield entry["kid"], _key(RSAPublicNumbers(e, n), entry.get("alg"))
        except (KeyError, TypeError, AttributeError, ValueError):
            continue


def _is_for_verifying(entry: Mapping[str, Any]) -> bool:
    return (
        entry["kty"] == "RSA"
        and entry.get("use", "sig") == "sig"
        and "verify" in entry.get("key_ops", ["verify"])
        and entry.get("alg", "RS256") in ALGORITHMS
        and "d" not in entry
    )


def _key(numbers: RSAPublicNumbers, algorithm: str | None) -> Key:
    weak = numbers.e < LEAST_EXPONENT or all(numbers.n % prime in powers for prime, powers in _ROCA.items())
    if weak or numbers.n.bit_length() not in RSA_BITS:
        raise ValueError("a key too weak to trust, or too large")
    return Key(algorithm, RSAKey.import_key(numbers.public_key()))


def public_key(text: str) -> Key:
    """A PEM as people paste it: verbatim, on one line, with escaped ends of line, in base64, or without its armour.

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
    numbers = public.public_numbers() if isinstance(public, RSAPublicKey) else None
    if numbers is None:
        raise ValueError("not an RSA key")
    return _key(numbers, "RS256")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
