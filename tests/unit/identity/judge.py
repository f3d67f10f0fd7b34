"""An issuer as it is set up, and what becomes of a token there."""

from tests.unit.identity.forge import ISSUER, NOW, STUDIO, key, pem

from estampe import errors
from estampe.identity._jwks import GivenKey
from estampe.identity._jwt import Issuer, read_unverified, verify
from estampe.identity._public_keys import public_key

KEYS = GivenKey(public_key(pem(key())))
ATELIER = Issuer(name=ISSUER, keys=KEYS, authorized_parties=frozenset({STUDIO}))
DECLARED = (errors.Unauthenticated,)


async def verified(token, issuer=ATELIER, now=NOW):
    claims, _ = await verify(read_unverified(token), issuer, lambda: now)
    return claims


async def outcome(token, issuer=ATELIER):
    try:
        return await verified(token, issuer)
    except DECLARED as refusal:
        return refusal
