"""Sign-in of the local issuer: a printed code opens a session, and the session's cookie fetches short tokens."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from estampe.access import sessions as session
from estampe.access.revocations import Revocation
from estampe.errors import IdentityMismatch, InvalidRequest, NotFound, SignInCodeInvalid, Text, TokenMissing
from estampe.http.content_policy import sources
from estampe.http.installation import Installation
from estampe.http.pages import Needs
from estampe.http.route import Access, Call, Reply, Route
from estampe.http.schemas import Body, ClerkDoor, FreshToken, Line, SignInCode, SignInMethods
from estampe.identity.local import Local
from estampe.policy.permissions import ADMINS

_NOT_OURS = Text("Your session is not of this organisation.", "Votre session n'est pas celle de cette organisation.")

COOKIE = "estampe_session"
SECONDS_A_DAY = 86_400
CLOCKS_SECONDS = 300


class TokenWish(Body, frozen=True):
    """For whom the token is: the session's own organisation, or null for the person alone. Unsaid: as signed in."""

    organization_id: Line | UnsetType | None = UNSET


class Membership(msgspec.Struct, frozen=True):
    """An organisation, and what the person is in it."""

    id: str
    role: str | None


class LocalSession(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed in with the printed link; tokens are for one of the organisations, or for the person alone."""

    user_id: str
    organizations: list[Membership]
    signed_in_at: datetime
    expires_at: datetime


async def methods(call: Call[None, None]) -> Reply:
    return Reply(200, await announced(call.installation))


async def needs(here: Installation) -> Needs:
    """What the studio's page needs for people to sign in on it, and to see what they made."""
    found = await announced(here)
    issuers = [issuer for provider in here.providers for issuer in provider.signs_in_at]
    return Needs(sources(found, issuers, here.shelf.store.links_from), nonce=found.clerk is not None)


async def announced(here: Installation) -> SignInMethods:
    """How people may sign in here, as far as is known now."""
    key, frontend = here.settings.clerk_publishable_key, here.clerk.frontend_url if here.clerk else None
    found = await asyncio.gather(*(provider.doors() for provider in here.providers))
    return SignInMethods(
        local=here.local is not None and here.settings.signs_in_locally,
        clerk=ClerkDoor(key, frontend) if key and frontend else None,
        clerk_publishable_key=key,
        oidc=[door for doors in found for door in doors],
    )


async def open_session(call: Call[SignInCode, None]) -> Reply:
    here: Installation = call.installation
    _local(call)
    days = here.settings.session_days
    secret, _ = await session.redeem(here.database, call.body.code, session_days=days)
    return Reply(204, headers={"Set-Cookie": _cookie(here, secret, days * SECONDS_A_DAY)})


async def show_session(call: Call[None, None]) -> Reply:
    known = await _session(call)
    answer = LocalSession(
        user_id=known.user_id,
        organizations=[Membership(known.organization_id, known.role)] if known.organization_id else [],
        signed_in_at=known.created_at,
        expires_at=known.expires_at,
    )
    return Reply(200, answer)


async def fresh_token(call: Call[TokenWish | None, None]) -> Reply:
    here: Installation = call.installation
    local, known = _local(call), await _session(call)
    wanted = UNSET if call.body is None else call.body.organization_id
    organization_id = known.organization_id if wanted is UNSET else wanted
    if organization_id not in {None, known.organization_id}:
        raise IdentityMismatch(_NOT_OURS)
    seconds = here.settings.token_seconds
    token = local.issue(
        known.user_id,
        organization_id,
        role=known.role,
        session_id=known.id,
        signed_in_at=known.created_at.timestamp(),
        ttl_seconds=seconds,
    )
    return Reply(200, FreshToken(token, seconds))


async def close_session(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    local = _local(call)
    secret = _secret(call)
    if secret:
        until_forgotten = here.settings.token_seconds + CLOCKS_SECONDS
        ended = await session.end(here.database, secret, local.issuer, token_seconds=until_forgotten)
        if ended is not None:
            here.revocations.withdrew(Revocation(issuer=local.issuer, session_id=ended))
    return Reply(204, headers={"Set-Cookie": _cookie(here, "", 0)})


async def jwks(call: Call[None, None]) -> Reply:
    local: Local | None = call.installation.local
    if local is None:
        raise NotFound
    return Reply(200, local.jwks(), {"Cache-Control": "public, max-age=300"})


async def protected_resource(call: Call[None, None]) -> Reply:
    """RFC 9728: what a client that was refused may read to find out how to ask."""
    here: Installation = call.installation
    issuers = [here.settings.url] if here.local else []
    answer = {
        "resource": here.settings.url,
        "authorization_servers": [*issuers, *here.remote_issuers],
        "scopes_supported": sorted(ADMINS),
        "bearer_methods_supported": ["header"],
    }
    return Reply(200, answer)


def _local(call: Call[Any, Any]) -> Local:
    """The local issuer, while it signs people in and the request comes from our own pages."""
    here: Installation = call.installation
    if here.local is None or not here.settings.signs_in_locally:
        raise NotFound
    origin = call.header("origin")
    site = call.header("sec-fetch-site")
    foreign = site not in {None, "same-origin", "none"}
    # A proxy may put another host in place of the one that people see.
    ours = {call.header("host"), urlsplit(here.settings.url).netloc}
    if foreign or (origin is not None and origin.partition("://")[2] not in ours):
        raise InvalidRequest(
            Text("Sign in from Estampe's own page.", "Connectez-vous depuis la page d'Estampe elle-même.")
        )
    return here.local


async def _session(call: Call[Any, Any]) -> session.Session:
    """Raises `TokenMissing` where the cookie opens none."""
    _local(call)
    secret = _secret(call)
    known = await session.read(call.installation.database, secret) if secret else None
    if known is None:
        raise TokenMissing
    return known


def _secret(call: Call[Any, Any]) -> str | None:
    for pair in (call.header("cookie") or "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def _cookie(here: Installation, secret: str, seconds: int) -> str:
    path = urlsplit(here.settings.url).path or "/"
    secure = "; Secure" if here.settings.url.startswith("https:") else ""
    return f"{COOKIE}={secret}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


ROUTES = [
    Route("GET", "/auth/methods", methods, may=Access.PUBLIC, summary="How people may sign in here",
          tag="sign-in", replies={200: SignInMethods}),
    Route("POST", "/auth/local/session", open_session, may=Access.PUBLIC, summary="Redeem a printed sign-in code",
          tag="sign-in", body=SignInCode, replies={204: None}, refuses=(SignInCodeInvalid, NotFound, InvalidRequest)),
    Route("POST", "/auth/local/token", fresh_token, may=Access.PUBLIC, summary="A fresh token for the session's cookie",
          tag="sign-in", body=TokenWish, body_optional=True, replies={200: FreshToken},
          refuses=(TokenMissing, IdentityMismatch, NotFound, InvalidRequest)),
    Route("GET", "/auth/local/session", show_session, may=Access.PUBLIC, summary="Whose the session's cookie is",
          tag="sign-in", replies={200: LocalSession}, refuses=(TokenMissing, NotFound, InvalidRequest)),
    Route("DELETE", "/auth/local/session", close_session, may=Access.PUBLIC, summary="Sign out",
          tag="sign-in", replies={204: None}, refuses=(NotFound, InvalidRequest)),
    Route("GET", "/.well-known/jwks.json", jwks, may=Access.PUBLIC, summary="The local issuer's public keys",
          tag="sign-in", replies={200: dict[str, Any]}, refuses=(NotFound,)),
    Route("GET", "/.well-known/oauth-protected-resource", protected_resource, may=Access.PUBLIC,
          summary="Who issues tokens for this server", tag="sign-in", replies={200: dict[str, Any]}),
]  # fmt: skip
