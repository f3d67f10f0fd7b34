"""Signing in at OpenID issuers: what the settings say of this server's client, and the issuers of themselves."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from estampe.domain import is_name
from estampe.errors import InvalidSetting, Text
from estampe.identity import Door
from estampe.identity._jwks import DiscoveredKeys, address
from estampe.settings import Settings

OPENID = "openid"
# A page waits for the answer: an issuer that is slower is left out until it has told.
PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Doorway:
    """Where a door is once the issuer has said so. `audiences` are those taken, the preferred first."""

    issuer: str
    site: DiscoveredKeys
    client_id: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]

    async def door(self) -> Door | None:
        """None where the issuer is away, or names no address that a page may send people to."""
        about = await self.site.about(PATIENCE_SECONDS)
        authorization, token = (address(about, f"{name}_endpoint", self.issuer) for name in ("authorization", "token"))
        if authorization is None or token is None:
            return None
        place = urlsplit(self.issuer)
        # An ID token is made for the client: it opens this server only where the client is itself an audience.
        audience = None if self.client_id in self.audiences else self.audiences[0]
        return Door(
            issuer=self.issuer,
            name=place.netloc + place.path.rstrip("/"),
            client_id=self.client_id,
            scopes=self.scopes,
            authorization_endpoint=authorization,
            token_endpoint=token,
            end_session_endpoint=address(about, "end_session_endpoint", self.issuer),
            token="id_token" if audience is None else "access_token",
            audience=audience,
            resource=audience if audience is not None and "://" in audience else None,
        )


def clients(settings: Settings) -> dict[str, str]:
    """The client of each issuer that has one, by issuer. Raises `InvalidSetting`."""
    ids = settings.oidc_client_id
    if len(ids) > len(settings.oidc_issuer):
        raise _wrong("oidc_client_id", "has one for each oidc_issuer at most", "en a un au plus par oidc_issuer")
    if not all(is_name(one) for one in ids):
        raise _wrong("oidc_client_id", "cannot be read", "est illisible")
    if ids and OPENID not in settings.oidc_scopes:
        raise _wrong("oidc_scopes", "must name openid", "doit nommer openid")
    return dict(zip(settings.oidc_issuer, ids, strict=False))


def _wrong(setting: str, en: str, fr: str) -> InvalidSetting:
    return InvalidSetting(Text(f"{setting} {en}", f"{setting} {fr}"))
