"""What a browser may load and ask for on the studio's page: this origin, and what the installation needs."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from estampe.http.schemas import SignInMethods

Sources = Mapping[str, frozenset[str]]

ITSELF: Sources = {
    "default-src": frozenset({"'none'"}),
    "script-src": frozenset({"'self'"}),
    "style-src": frozenset({"'self'"}),
    "img-src": frozenset({"'self'", "data:", "blob:"}),
    "media-src": frozenset({"'self'", "blob:"}),
    "connect-src": frozenset({"'self'"}),
    "font-src": frozenset({"'self'"}),
    "base-uri": frozenset({"'self'"}),
    "form-action": frozenset({"'none'"}),
    "frame-ancestors": frozenset({"'none'"}),
}
SHOWS = ("img-src", "media-src")
# Clerk's guide names these; the last two keep robots out, and ask at ports of their own.
CLERK_PICTURES = "https://img.clerk.com"
CHALLENGES = "https://challenges.cloudflare.com"
PROTECTION = "https://*.protect.clerk.com"


def policy(sources: Sources, nonce: str | None = None) -> str:
    """The Content-Security-Policy. `nonce` lets in the styles that a sign-in component writes by itself."""
    wanted = dict(ITSELF)
    for directive, more in sources.items():
        wanted[directive] = (wanted.get(directive, frozenset()) - {"'none'"}) | more
    if nonce is not None:
        wanted["style-src"] |= {f"'nonce-{nonce}'"}
    return "; ".join(" ".join([directive, *sorted(said)]) for directive, said in wanted.items())


def sources(methods: SignInMethods, issuers: Iterable[str], files: str | None = None) -> Sources:
    """`issuers` are those that sign people in on the page, whether they have told about themselves or not.

    `files` is the origin that links lead on to: a policy holds for where a redirect ends, too.
    """
    wanted = _of_sign_in(methods, issuers)
    if files is None:
        return wanted
    return {**wanted, **{directive: wanted.get(directive, frozenset()) | {files} for directive in SHOWS}}


def _of_sign_in(methods: SignInMethods, issuers: Iterable[str]) -> Sources:
    if methods.clerk is not None:
        frontend = methods.clerk.frontend_api_url
        return {
            "script-src": frozenset({frontend, CHALLENGES, PROTECTION}),
            "connect-src": frozenset({frontend, PROTECTION + ":*"}),
            "img-src": frozenset({CLERK_PICTURES}),
            "worker-src": frozenset({"'self'", "blob:"}),
            "frame-src": frozenset({CHALLENGES, PROTECTION}),
            "form-action": frozenset({"'self'"}),
        }
    known = {_origin(issuer) for issuer in issuers}
    asked = known | {_origin(door.token_endpoint) for door in methods.oidc}
    shown = known | {_origin(door.authorization_endpoint) for door in methods.oidc}
    if not asked:
        return {}
    # A hidden frame goes to the issuer and comes back to the page: that is how a sign-in is renewed.
    return {
        "connect-src": frozenset(asked),
        "frame-src": frozenset({"'self'", *shown}),
        "frame-ancestors": frozenset({"'self'"}),
    }


def _origin(address: str) -> str:
    place = urlsplit(address)
    return f"{place.scheme}://{place.netloc}"
