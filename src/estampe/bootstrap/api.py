"""What serves: the API that the settings describe."""

import secrets
from pathlib import Path
from typing import Any

import msgspec

from estampe import http, lifeline, telemetry
from estampe.access.auth_events import AuthEvents
from estampe.access.revocations import Revocation, Revocations
from estampe.access.rights import Rights
from estampe.assets import Shelf
from estampe.assets.links import Links
from estampe.bootstrap import store
from estampe.bootstrap.doors import clerk_sender, providers
from estampe.db import Database
from estampe.db.direct import Direct
from estampe.db.notices import Notices
from estampe.errors import InvalidSetting, Text
from estampe.http import rates
from estampe.http.broadcast import Broadcast
from estampe.http.installation import Installation, opened
from estampe.http.scenes import Scene, teller
from estampe.http.watch import Watch
from estampe.identity import Provider, VerifiedTokens
from estampe.identity.local import OWNER, Local
from estampe.jobs.accounts import Accounts
from estampe.jobs.announced import Announced
from estampe.jobs.events import Hub
from estampe.jobs.outbound import Outbound
from estampe.jobs.queue import Queue
from estampe.jobs.reader import Reader
from estampe.jobs.sender import Sender
from estampe.jobs.webhooks import Webhooks
from estampe.media import kinds
from estampe.policy import quotas
from estampe.scratch import Scratch
from estampe.settings import Settings, read

SIGNING_KEY = "signing.key"
SECRET_BYTES = 32


def signing_secret(settings: Settings) -> bytes:
    """What signs the URLs of files: the setting, or a key made once in the data folder."""
    if settings.signing_secret is not None:
        return settings.signing_secret.encode()
    path = settings.data_dir / SIGNING_KEY
    if not path.exists():
        _write_once(path, secrets.token_bytes(SECRET_BYTES))
    return path.read_bytes()


def _write_once(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def accounts_of(settings: Settings) -> Accounts:
    return Accounts(
        settings.plans,
        settings.default_plan,
        afford=quotas.afford,
        unmeasured_gpu_seconds=settings.unmeasured_gpu_seconds,
    )


def application(settings: Settings, url: str) -> Any:
    """The ASGI app over the database at `url`."""
    database, notices = Database(url), Notices(url)
    known = providers(settings)
    settings = _with_local_operator(settings, known)
    for provider in known:
        provider.attach(database, notices)
    tokens, revocations, rights = VerifiedTokens(known), Revocations(database, notices), Rights(database)
    hub, events = Hub(notices), AuthEvents(database)
    revocations.follow(lambda told: _forget(tokens, told))
    accounts = accounts_of(settings)
    queue = Queue(database, accounts)
    links = Links(settings.url, signing_secret(settings), settings.asset_url_seconds)
    reader = Reader(Direct(url), queue, lambda standing: Scene(standing, links))
    webhooks = Webhooks(database)
    installation = Installation(
        settings=settings,
        database=database,
        queue=queue,
        reader=reader,
        broadcast=Broadcast(hub, reader, revocations),
        announced=Announced(database),
        hub=hub,
        shelf=Shelf(database, store(settings)),
        scratch=Scratch(),
        links=links,
        kinds=kinds(),
        tokens=tokens,
        revocations=revocations,
        rights=rights,
        accounts=accounts,
        rates=rates.from_settings(settings),
        watch=_watch(settings, known, events),
        webhooks=webhooks,
        sender=Sender(webhooks, Outbound(private=settings.webhook_private_addresses), notices, teller(reader)),
        auth_events=events,
        providers=tuple(known),
        clerk_webhooks=clerk_sender(settings, known),
    )

    return http.application(installation, opened(installation, notices))


def _with_local_operator(settings: Settings, known: list[Provider]) -> Settings:
    """Named with the issuer: the same name from another one is somebody else."""
    owners = [f"{provider.issuer}#{OWNER}" for provider in known if isinstance(provider, Local)]
    if not settings.operates_locally:
        return settings
    return msgspec.structs.replace(settings, operators=(*settings.operators, *owners))


def _watch(settings: Settings, known: list[Provider], events: AuthEvents) -> Watch:
    issuers, secret = _issuers(known), signing_secret(settings)
    return Watch(settings, issuers=issuers, secret=secret, saw=events.saw, is_new=events.is_new)


def _issuers(known: list[Provider]) -> frozenset[str]:
    """The names that may stand in metrics and events."""
    local = {provider.issuer for provider in known if isinstance(provider, Local)}
    return frozenset(local.union(*(provider.issuers for provider in known)))


def _forget(tokens: VerifiedTokens, told: Revocation) -> None:
    if told.key_id is None:
        named = {name: getattr(told, name) or "" for name in ("session_id", "user_id", "organization_id")}
        tokens.forget(told.issuer, **named)


def served() -> Any:
    """What an ASGI server loads: settings from the environment, the database already there."""
    lifeline.follow_parent()
    settings = read()
    telemetry.configure(settings.log_level)
    if settings.database_url is None:
        raise InvalidSetting(Text("start the API with `estampe api`", "lancez l'API avec « estampe api »"))
    return application(settings, settings.database_url)
