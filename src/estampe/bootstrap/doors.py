"""The ways in that the settings describe: who proves an identity, and whose webhooks are believed."""

from estampe import plugins
from estampe.access.clerk_events import Sender
from estampe.identity import Provider
from estampe.identity.clerk import Clerk
from estampe.settings import Settings


def providers(settings: Settings) -> list[Provider]:
    """Those that the settings name and give enough to work with. Raises `InvalidSetting`."""
    found = (plugins.load("identity", name).from_settings(settings) for name in settings.identity)
    return [provider for provider in found if provider is not None]


def clerk_sender(settings: Settings, known: list[Provider]) -> Sender | None:
    """Raises `InvalidSetting`."""
    return Sender.from_settings(settings, next((p.issuers for p in known if p.name == Clerk.name), ()))


def require_sign_in(settings: Settings) -> list[Provider]:
    """Raises `InvalidSetting` for what does not make a way in, before a server that would say so forks and forks."""
    known = providers(settings)
    clerk_sender(settings, known)
    return known
