"""What kind of token one says it is; believed only once its signature holds."""

from typing import Any

from estampe.domain import CredentialKind
from estampe.errors import TokenInvalid, TokenTypeMismatch
from estampe.identity._jws import MALFORMED

ACCESS_TOKENS = frozenset({"at+jwt", "application/at+jwt"})
# Clerk's header `cat`: a session token or "no category", and a machine's; a JWT template's is none of them.
_SESSIONS = ("cl_B7d4PD111AAA", "cl_I7d4PD111III")
# Where a token names the client it was made for: the standards' names, and Okta's.
_CLIENTS = ("client_id", "azp", "cid")
_MACHINES = ("cl_B7d4PD333AAA",)


def clerk(unverified_header: dict[str, Any], unverified_claims: dict[str, Any]) -> CredentialKind:
    """Raises `TokenTypeMismatch`, `TokenInvalid`."""
    if _is_access_token(unverified_header):
        return "oauth"
    subject = unverified_claims.get("sub")
    machine = isinstance(subject, str) and subject.startswith("mch_")
    if "cat" in unverified_header and unverified_header["cat"] not in (_MACHINES if machine else _SESSIONS):
        raise TokenTypeMismatch
    return "m2m" if machine else "session"


def openid(unverified_header: dict[str, Any], unverified_claims: dict[str, Any]) -> CredentialKind:
    """Raises `TokenTypeMismatch`, `TokenInvalid`."""
    access = _is_access_token(unverified_header)
    if "events" in unverified_claims:
        # A logout or security event token: it tells us something, and signs nobody in.
        raise TokenTypeMismatch
    if _is_machine(unverified_claims):
        return "m2m"
    return "oauth" if access else "session"


def _is_machine(unverified_claims: dict[str, Any]) -> bool:
    """A client for itself, as Auth0 and Entra say it outright, and the others by who is whose client."""
    if unverified_claims.get("gty") == "client-credentials" or unverified_claims.get("idtyp") == "app":
        return True
    subject = unverified_claims.get("sub")
    return bool(subject) and subject in [unverified_claims.get(name) for name in _CLIENTS]


def _is_access_token(unverified_header: dict[str, Any]) -> bool:
    kind = unverified_header.get("typ", "JWT")
    if kind == "JWT":
        return False
    if isinstance(kind, str) and kind.lower() in ACCESS_TOKENS:
        return True
    raise TokenInvalid(MALFORMED)
