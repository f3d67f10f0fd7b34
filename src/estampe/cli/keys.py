"""API keys from the operator's own shell: straight in the database, for any user of any issuer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from cyclopts import App, Parameter

from estampe import bootstrap, checks
from estampe.access import api_keys as keys
from estampe.cli import Config, DataDir, _begin
from estampe.db import Database
from estampe.domain import Principal, TenantId
from estampe.errors import InvalidSetting, Text
from estampe.identity.local import Local
from estampe.policy.permissions import EVERYONE, granted
from estampe.settings import Settings

T = TypeVar("T")

app = App(name="keys", help="API keys: make, list and withdraw them.")

User = Annotated[str, Parameter(help="Whose: the user's id at the issuer.")]
Issuer = Annotated[str | None, Parameter(help="Who knows the user (default: this installation's own issuer).")]


@app.command
def create(
    *,
    user: User,
    name: Annotated[str, Parameter(help="What it is for, to know it by in lists.")],
    org: str | None = None,
    role: Annotated[str, Parameter(help="What the user is in the organisation.")] = "member",
    scope: Annotated[list[str] | None, Parameter(negative="", help="What it may do; repeat it for more.")] = None,
    days: Annotated[int | None, Parameter(help="Days until it expires, 2100 at the latest (default: never).")] = None,
    issuer: Issuer = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Print a new API key, once."""
    settings = _begin(config, data_dir=data_dir)
    owner = _person(settings, issuer, user, org, role="org:" + role.removeprefix("org:"))
    scopes = frozenset(map(str, EVERYONE) if scope is None else scope)
    if missing := sorted(scopes - set(map(str, granted(owner, frozenset(settings.operators))))):
        raise _beyond(missing[0])
    wish = keys.Wish(name=name, scopes=scopes, expires_at=None if days is None else _after(days))
    text, made = _in_database(settings, lambda database: keys.create(database, owner, wish))
    print(text)
    print(f"{made.id}: it is not shown again")


@app.command(name="list")
def list_keys(
    *, user: User, org: str | None = None, issuer: Issuer = None, data_dir: DataDir = None, config: Config = None
) -> None:
    """List the API keys of an organisation, or of a user alone."""
    settings = _begin(config, data_dir=data_dir)
    tenant = _person(settings, issuer, user, org).tenant
    wanted = keys.Page(user_id=None if org else user, limit=10_000)
    for one in _in_database(settings, lambda database: keys.page(database, tenant.id, wanted)):
        print(_line(one))


@app.command
def revoke(key_id: str, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Withdraw an API key, on every process at once."""
    settings = _begin(config, data_dir=data_dir)

    async def withdraw(database: Database) -> int:
        async with database.system() as scope:
            row = await scope.one("tenant_of_key", key_id=key_id)
        if row is None:
            raise InvalidSetting(Text(f"there is no API key {key_id}", f"il n'y a pas de clé d'API {key_id}"))
        await keys.revoke(database, TenantId(row["tenant_id"]), key_id)
        return 1

    _in_database(settings, withdraw)
    print(f"{key_id}: withdrawn")


def _person(
    settings: Settings, issuer: str | None, user: str, org: str | None, *, role: str | None = None
) -> Principal:
    checks.prepare(settings)
    return Principal(
        issuer=issuer or Local(settings.data_dir).issuer,
        user_id=user,
        organization_id=org,
        role=role if org else None,
        issued_at=time.time(),
        expires_at=keys.LATEST.timestamp(),
        provider="cli",
    )


def _after(days: int) -> datetime:
    """No later than keys can last. Raises `InvalidSetting` for a key that would have ended."""
    if days < 1:
        raise InvalidSetting(Text(f"--days {days}: a key lasts a day at least", f"--days {days} : un jour au moins"))
    now = datetime.now(UTC)
    return now + timedelta(days=days) if days <= (keys.LATEST - now).days else keys.LATEST


def _in_database(settings: Settings, act: Callable[[Database], Awaitable[T]]) -> T:
    async def run(url: str) -> T:
        database = Database(url, connections=1)
        await database.open()
        try:
            return await act(database)
        finally:
            await database.close()

    checks.prepare(settings)
    with bootstrap.database_url(settings) as url:
        bootstrap.migrated(url)
        return asyncio.run(run(url))


def _line(one: keys.Key) -> str:
    state = "revoked" if one.revoked_at else f"until {one.expires_at:%Y-%m-%d}" if one.expires_at else "no end"
    used = f"used {one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never used"
    return f"{one.id}  {one.prefix}…  {one.user_id}  {one.name!r}  {','.join(sorted(one.scopes))}  {state}  {used}"


def _beyond(missing: str) -> InvalidSetting:
    return InvalidSetting(
        Text(
            f"this user may not {missing}: a key has no more than its owner (see --org and --role)",
            f"cet utilisateur n'a pas {missing} : une clé n'a rien de plus que son propriétaire (voir --org et --role)",
        )
    )
