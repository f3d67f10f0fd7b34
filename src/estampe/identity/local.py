"""Sign-in without an identity provider: a key pair in the data folder, tokens shaped like Clerk's."""

import base64
import json
import os
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any, Self

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from estampe.domain import Principal, is_name
from estampe.errors import InvalidSetting, Text
from estampe.identity import Provider
from estampe.identity._claims import VERSION, principal
from estampe.identity._jwks import GivenKey
from estampe.identity._jwt import Clock, Issuer, read_for, verify
from estampe.identity._public_keys import rsa_key
from estampe.identity._strict import json_object
from estampe.settings import Settings

# Whom the printed link signs in: whoever runs the machine.
OWNER = "user_local"
FILE = "local-issuer.json"
ALGORITHM = "RS256"
KEY_BITS = 2048
TOKEN_SECONDS = 60
# As Clerk's: a clock a little behind ours must not refuse a fresh token.
EARLY_SECONDS = 10
SECONDS_A_MINUTE = 60


class Local(Provider):
    """Issues its own tokens, and accepts them."""

    name = "local"

    def __init__(self, folder: Path, *, now: Clock = time.time) -> None:
        self.issuer, self._key = _read_or_make(folder)
        self._kid = self._key.thumbprint()
        self._now = now
        self._trusted = Issuer(name=self.issuer, keys=GivenKey(rsa_key(self._key.public_key)))

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        return cls(settings.data_dir)

    async def authenticate(self, token: str) -> Principal | None:
        unverified = read_for(self._trusted, token)
        if unverified is None:
            return None
        claims, kind = await verify(unverified, self._trusted, self._now)
        return principal(claims, self.name, kind, self._now())

    def issue(
        self,
        user_id: str,
        organization_id: str | None = None,
        *,
        role: str | None = None,
        session_id: str | None = None,
        signed_in_at: float | None = None,
        ttl_seconds: float = TOKEN_SECONDS,
    ) -> str:
        """A token for a user alone or, with an organisation, for a member in that role.

        `signed_in_at` is when they proved who they are: just now, unless said.
        """
        at = self._now()
        now, age = int(at), 0 if signed_in_at is None else max(0, int(at - signed_in_at))
        claims: dict[str, Any] = {
            "v": VERSION,
            "iss": self.issuer,
            "sub": user_id,
            "iat": now,
            "nbf": now - EARLY_SECONDS,
            "exp": now + ttl_seconds,
            "jti": secrets.token_hex(10),
            "sts": "active",
            "fva": [age // SECONDS_A_MINUTE, -1],
        }
        if session_id is not None:
            claims["sid"] = session_id
        if organization_id is not None:
            claims["o"] = {"id": organization_id, "slg": organization_id}
            claims["o"] |= {"rol": role.removeprefix("org:")} if role else {}
        header = {"alg": ALGORITHM, "kid": self._kid, "typ": "JWT"}
        return jws.serialize_compact(header, json.dumps(claims, separators=(",", ":")), self._key, [ALGORITHM])

    def jwks(self) -> dict[str, Any]:
        """The document at `/.well-known/jwks.json`."""
        return {"keys": [self._key.as_dict(private=False, kid=self._kid, alg=ALGORITHM, use="sig")]}


def _read_or_make(folder: Path) -> tuple[str, RSAKey]:
    """The issuer's name and key; the first of two processes to finish writing decides for both."""
    path = folder / FILE
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        said = f"{path} ({type(error).__name__})"
        raise InvalidSetting(Text(f"{said} cannot be used", f"{said} est inutilisable")) from error


def _read(path: Path) -> tuple[str, RSAKey]:
    kept = json_object(path.read_bytes())
    key = RSAKey.import_key(kept["key"])
    if not is_name(kept["issuer"]) or not key.is_private:
        raise ValueError("no issuer, or no private key")
    return kept["issuer"], key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    name = base64.b32encode(secrets.token_bytes(15)).decode().lower()
    key = RSAKey.generate_key(KEY_BITS).as_dict(private=True)
    content = json.dumps({"issuer": f"urn:estampe:{name}", "key": key})
    # mkstemp makes the file 0600; a link, unlike a rename, never replaces what another process made meanwhile.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=FILE)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink(missing_ok=True)
