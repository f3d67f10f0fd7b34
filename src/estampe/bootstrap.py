"""Settings in, running service out: the only file that chooses implementations."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import procrastinate

from estampe import http, lifeline, plugins, telemetry
from estampe.assets import Shelf
from estampe.assets.links import Links
from estampe.db import Database
from estampe.db.embedded import EmbeddedPostgres
from estampe.db.migrate import migrate
from estampe.errors import InvalidSetting, Text
from estampe.http.installation import Installation
from estampe.identity import Provider, VerifiedTokens
from estampe.identity.local import Local
from estampe.jobs.announced import Announced
from estampe.jobs.events import Hub
from estampe.jobs.queue import Queue
from estampe.media import Kind
from estampe.settings import Settings, read
from estampe.stores import Store
from estampe.worker import Worker
from estampe.worker.attempt import Bench
from estampe.worker.process import Child

SIGNING_KEY = "signing.key"
SECRET_BYTES = 32


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The URL of the database, embedded or not, for as long as the block lasts."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    embedded = EmbeddedPostgres(settings.data_dir, settings.postgres_bin)
    try:
        yield embedded.start()
    finally:
        embedded.release()


def prepare(settings: Settings) -> None:
    """The plugins that the settings name, and the data folder, there and writable. Raises `InvalidSetting`."""
    plugins.require("engines", settings.engines)
    plugins.require("identity", settings.identity)
    plugins.require("stores", [settings.store])
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".{secrets.token_hex(8)}"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    except OSError as error:
        why = error.strerror or str(error)
        raise InvalidSetting(
            Text(
                f"the data folder {folder} cannot be written: {why}. Choose another with --data-dir.",
                f"le dossier de données {folder} n'est pas accessible en écriture : {why}. "
                "Choisissez-en un autre avec --data-dir.",
            )
        ) from error


def kinds() -> dict[str, Kind]:
    return {name: plugins.load("media", name)() for name in plugins.names("media")}


def store(settings: Settings) -> Store:
    chosen: Store = plugins.load("stores", settings.store).from_settings(settings)
    return chosen


def providers(settings: Settings) -> list[Provider]:
    """Those that the settings name and give enough to work with."""
    found = (plugins.load("identity", name).from_settings(settings) for name in settings.identity)
    return [provider for provider in found if provider is not None]


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


def application(settings: Settings, url: str) -> Any:
    """The ASGI app over the database at `url`."""
    database = Database(url)
    dispatcher = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    known = providers(settings)
    tokens = VerifiedTokens(known)
    files = store(settings)
    installation = Installation(
        settings=settings,
        database=database,
        queue=Queue(database, dispatcher),
        announced=Announced(database),
        hub=Hub(url),
        shelf=Shelf(database, files),
        links=Links(settings.url, signing_secret(settings), settings.asset_url_seconds),
        kinds=kinds(),
        tokens=tokens,
        local=next((provider for provider in known if isinstance(provider, Local)), None),
        remote_issuers=tuple(
            issuer for p in known if not isinstance(p, Local) and (issuer := getattr(p, "issuer", None))
        ),
    )

    @asynccontextmanager
    async def opened() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await database.open()
            stack.push_async_callback(database.close)
            stack.push_async_callback(files.close)
            for provider in known:
                stack.push_async_callback(provider.close)
            yield

    return http.application(installation, opened())


def served() -> Any:
    """What an ASGI server loads: settings from the environment, the database already there."""
    lifeline.follow_parent()
    settings = read()
    telemetry.configure(settings.log_level)
    if settings.database_url is None:
        raise InvalidSetting(Text("start the API with `estampe api`", "lancez l'API avec « estampe api »"))
    return application(settings, settings.database_url)


async def work(settings: Settings, url: str) -> None:
    """Run one worker until its task is canceled."""
    database, files, hub = Database(url, connections=4), store(settings), Hub(url)
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4)
    dispatcher = procrastinate.App(connector=connector)
    bench = Bench(
        database=database,
        queue=Queue(database, dispatcher),
        announced=Announced(database),
        hub=hub,
        shelf=Shelf(database, files),
        kinds=kinds(),
        child=Child(settings.engines),
        max_attempts=settings.max_attempts,
    )
    await database.open()
    try:
        await Worker(bench, dispatcher, stalled_seconds=settings.stalled_seconds).run()
    finally:
        await files.close()
        await database.close()


def migrated(url: str) -> list[str]:
    """Bring the database up to this code; the migrations that were applied."""
    return migrate(url)
