"""Identities of this machine: who its own commands ask as, and links that sign a person in."""

import asyncio
from typing import NamedTuple

from estampe import bootstrap, checks
from estampe.access import sessions as session
from estampe.db import Database
from estampe.errors import InvalidSetting, Text
from estampe.identity.local import OWNER, Local
from estampe.settings import Settings

USER, ORGANIZATION, ROLE = OWNER, "org_local", "org:admin"
CODE_SECONDS = 24 * 3600


class Whom(NamedTuple):
    """Who a link signs in, and as what; by default this machine's own person."""

    user: str = USER
    organization: str | None = ORGANIZATION
    role: str = ROLE


OWN = Whom()


def local_token(
    settings: Settings,
    user: str = USER,
    organization: str | None = ORGANIZATION,
    *,
    role: str = ROLE,
    ttl_seconds: int = 60,
) -> str:
    """Raises `InvalidSetting` when the data folder's key cannot be read."""
    checks.prepare(settings)
    return Local(settings.data_dir).issue(user, organization, role=role, ttl_seconds=ttl_seconds)


def printed_link(settings: Settings, whom: Whom) -> str:
    """Raises `InvalidSetting` while nobody may sign in locally."""
    if not settings.signs_in_locally:
        raise InvalidSetting(
            Text(
                "local sign-in is off, since others can reach this server; set ESTAMPE_LOCAL_SIGN_IN=true to allow it",
                "la connexion locale est désactivée car d'autres peuvent joindre ce serveur ; "
                "ESTAMPE_LOCAL_SIGN_IN=true l'autorise",
            )
        )
    checks.prepare(settings)
    with bootstrap.database_url(settings) as url:
        bootstrap.migrated(url)
        return asyncio.run(new_link(settings, url, whom))


async def new_link(settings: Settings, url: str, whom: Whom = OWN) -> str:
    """The code stands in the fragment, which no server, proxy or log ever sees."""
    database = Database(url, connections=1)
    await database.open()
    try:
        code = await session.new_code(
            database,
            user_id=whom.user,
            organization_id=whom.organization,
            role=whom.role,
            ttl_seconds=CODE_SECONDS,
        )
    finally:
        await database.close()
    return f"{settings.url}/#code={code}"
