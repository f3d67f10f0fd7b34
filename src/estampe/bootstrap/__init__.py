"""Settings in, running service out: the only folder that chooses implementations.

Here is what every process needs; `api` and `worker` are what they are named after, and neither loads the other's.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from estampe import plugins
from estampe.db.arrival import migrate_once_there
from estampe.db.embedded import EmbeddedPostgres
from estampe.db.migrate import migrate
from estampe.settings import Settings
from estampe.stores import Store


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


def store(settings: Settings) -> Store:
    chosen: Store = plugins.load("stores", settings.store).from_settings(settings)
    return chosen


def has_to_try_store(settings: Settings) -> bool:
    return plugins.load("stores", settings.store).check is not Store.check


def try_store(settings: Settings) -> None:
    """Raises `InvalidSetting` unless the store keeps, reads and erases. Not before a fork: it leaves threads behind."""
    store(settings).check()


def migrated(url: str) -> list[str]:
    """Bring the database up to this code; the migrations that were applied."""
    return migrate(url)


def migrated_once_there(url: str) -> list[str]:
    """The same, after waiting for a database that is starting: for processes that start together with it."""
    return migrate_once_there(url)
