"""Those who leave for good: who waits to be erased, who is spared, who shall go."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from cyclopts import App, Parameter

from estampe import bootstrap, checks
from estampe.access import departures
from estampe.assets import Shelf
from estampe.cli import Config, DataDir, _begin
from estampe.db import Database
from estampe.domain import Tenant
from estampe.errors import InvalidSetting, Text
from estampe.identity.local import Local
from estampe.settings import LONGEST_HOLD_BACK_DAYS, Settings
from estampe.worker.erasure import Erasure

T = TypeVar("T")

app = App(name="erase", help="Erase a user or an organisation, or see who is about to be.")


@app.command(name="list")
def list_waiting(*, data_dir: DataDir = None, config: Config = None) -> None:
    """List who left and is not erased yet, soonest first."""
    settings = _begin(config, data_dir=data_dir)
    for one in _with(settings, lambda database, _: departures.waiting(database)):
        print(
            f"{one.name}  {one.issuer}  left {one.left_at:%Y-%m-%d %H:%M}, to be erased {one.erase_at:%Y-%m-%d %H:%M}"
        )


@app.command
def add(
    *,
    user: str | None = None,
    org: str | None = None,
    issuer: Annotated[str | None, Parameter(help="Who knows them (default: this installation's own issuer).")] = None,
    days: Annotated[int | None, Parameter(help="Days until it is done (default: erasure_hold_back_days).")] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Refuse a user, or an organisation, from now on, and erase what is theirs after the hold-back."""
    settings = _begin(config, data_dir=data_dir)
    checks.prepare(settings)
    if (user is None) == (org is None):
        raise InvalidSetting(Text("name one: --user or --org", "nommez-en un : --user ou --org"))
    own = Local(settings.data_dir).issuer
    gone = Tenant(issuer=issuer or own, user_id=user, organization_id=org)
    hold_back = settings.erasure_hold_back_days if days is None else days
    if not 0 <= hold_back <= LONGEST_HOLD_BACK_DAYS:
        bounds = f"0 … {LONGEST_HOLD_BACK_DAYS}"
        raise InvalidSetting(Text(f"--days {days} is not in {bounds}", f"--days {days} n'est pas dans {bounds}"))

    async def leave(database: Database, _: Erasure) -> None:
        async with database.system() as scope:
            await departures.leave(scope, gone, datetime.now(UTC), hold_back_days=hold_back, local=gone.issuer == own)

    _with(settings, leave)
    print(f"{user or org}: refused from now on, to be erased in {hold_back} days")


@app.command
def spare(name: str, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Erase nothing of a user or an organisation after all; what was refused them stays refused."""
    settings = _begin(config, data_dir=data_dir)
    if not _with(settings, lambda database, _: departures.spare(database, name)):
        raise InvalidSetting(Text(f"nobody named {name} waits to be erased", f"personne du nom de {name} n'attend"))
    print(f"{name}: spared")


@app.command
def run(*, data_dir: DataDir = None, config: Config = None) -> None:
    """Erase those whose time has come, as a worker does by itself every few seconds."""
    settings = _begin(config, data_dir=data_dir)
    print(f"erased: {_with(settings, lambda _, erasure: erasure.run())}")


def _with(settings: Settings, act: Callable[[Database, Erasure], Awaitable[T]]) -> T:
    async def work(url: str) -> T:
        database, files = Database(url, connections=2), bootstrap.store(settings)
        await database.open()
        try:
            return await act(database, Erasure(database, Shelf(database, files)))
        finally:
            await files.close()
            await database.close()

    checks.prepare(settings)
    with bootstrap.database_url(settings) as url:
        bootstrap.migrated(url)
        return asyncio.run(work(url))
