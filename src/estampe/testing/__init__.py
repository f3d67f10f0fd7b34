"""For the tests of whoever uses Estampe's verifier: an issuer on the spot, and pytest fixtures around it.

    def test_my_route(client, estampe_token):
        headers = {"Authorization": f"Bearer {estampe_token('user_ada', 'org_atelier', role='admin')}"}
        assert client.get("/images", headers=headers).status_code == 200

The fixtures `estampe_issuer` and `estampe_token` are there as soon as Estampe is installed beside pytest.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

from joserfc import jws
from joserfc.jwk import RSAKey

__all__ = ["TestIssuer"]

ALGORITHM = "RS256"
KEY_BITS = 2048
EARLY_SECONDS = 10


class TestIssuer:
    """Issues session tokens as Clerk does, under a key of its own: no network, no account, no database.

    `settings` make a `Verifier` trust it, `environment` an Estampe service or a program that reads variables.
    """

    __test__ = False  # for pytest, which collects what is called Test…

    def __init__(self, url: str = "https://issuer.example", *, now: Callable[[], float] = time.time) -> None:
        self.url = url
        self._now = now
        self._key = RSAKey.generate_key(KEY_BITS)
        self._kid = self._key.thumbprint()

    @property
    def pem(self) -> str:
        """The public key."""
        return self._key.as_pem(private=False).decode()

    @property
    def settings(self) -> dict[str, str]:
        return {"clerk_issuer": self.url, "clerk_jwt_key": self.pem}

    @property
    def environment(self) -> dict[str, str]:
        return {f"ESTAMPE_{name.upper()}": value for name, value in self.settings.items()}

    def jwks(self) -> dict[str, Any]:
        """The document that a real issuer serves at `/.well-known/jwks.json`."""
        return {"keys": [self._key.as_dict(private=False, kid=self._kid, alg=ALGORITHM, use="sig")]}

    def issue(
        self,
        user_id: str = "user_test",
        organization_id: str | None = None,
        *,
        role: str = "member",
        permissions: Iterable[str] = (),
        ttl_seconds: float = 60,
        **claims: Any,
    ) -> str:
        """A token of a user alone or, with an organisation, of a member with that role and those permissions.

        Permissions are written `images:generate`. `claims` are added as they are, over all others: a negative
        `ttl_seconds` makes an expired token, `sts="pending"` one that is not signed in yet.
        """
        now = int(self._now())
        said = {
            "v": 2,
            "iss": self.url,
            "sub": user_id,
            "sid": f"sess_{secrets.token_hex(12)}",
            "jti": secrets.token_hex(10),
            "iat": now,
            "nbf": now - EARLY_SECONDS,
            "exp": now + ttl_seconds,
            "sts": "active",
            "fva": [0, -1],
        }
        if organization_id is not None:
            member = {"id": organization_id, "slg": organization_id, "rol": role.removeprefix("org:")}
            features, granted = _masks(permissions)
            said |= features | {"o": member | granted}
        return self.sign(said | claims)

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """Any claims at all: to test what a server does with tokens that it must refuse."""
        said = {"alg": ALGORITHM, "kid": self._kid, "typ": "JWT"} | header
        return jws.serialize_compact(said, json.dumps(claims, separators=(",", ":")), self._key, [ALGORITHM])


def _masks(permissions: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """As Clerk packs them: a bit for each action in the mask of each feature."""
    pairs = [name.removeprefix("org:").rsplit(":", 1) for name in sorted(permissions)]
    if not pairs:
        return {}, {}
    features = list(dict.fromkeys(feature for feature, _ in pairs))
    actions = list(dict.fromkeys(action for _, action in pairs))
    masks = dict.fromkeys(features, 0)
    for feature, action in pairs:
        masks[feature] |= 1 << actions.index(action)
    fea = ",".join(f"o:{feature}" for feature in features)
    return {"fea": fea}, {"per": ",".join(actions), "fpm": ",".join(str(mask) for mask in masks.values())}
