"""What works here, what is missing, and how to mend it."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import psycopg
from rich.console import Console
from rich.text import Text

from estampe import __version__, bootstrap, checks, media, plugins
from estampe.bootstrap import doors
from estampe.cli.language import in_words
from estampe.errors import EstampeError
from estampe.settings import Settings

console = Console(highlight=False, markup=False)

# Requests work as the role estampe_tenant; who may make roles makes it with the migrations.
_TENANT_ROLE = """
    select current_user, rolsuper or rolcreaterole
        or coalesce(pg_has_role(to_regrole('estampe_tenant')::oid, 'member'), false)
    from pg_roles where rolname = current_user"""


@dataclass(frozen=True)
class Finding:
    """One thing looked at, and what to do when it is not well."""

    well: bool
    about: str
    said: str


def examine(settings: Settings) -> bool:
    """Whether everything that is needed works."""
    findings = [finding for look in (_python, _folder, _store, _database, _engines, _media, _port, _sign_in)
                for finding in _looked(look, settings)]  # fmt: skip
    for finding in findings:
        mark = ("✓", "green") if finding.well else ("✗", "red")
        console.print(Text.assemble(mark, f" {finding.about:<12} {finding.said}"), soft_wrap=True)
    return all(finding.well for finding in findings)


def _looked(look: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    try:
        yield from look(settings)
    except EstampeError as error:
        yield Finding(well=False, about=look.__name__.strip("_"), said=in_words(error))


def _python(_: Settings) -> Iterator[Finding]:
    yield Finding(well=True, about="python", said=f"{sys.version.split()[0]}, estampe {__version__}")


def _folder(settings: Settings) -> Iterator[Finding]:
    checks.prepare(settings)
    yield Finding(well=True, about="folder", said=f"{settings.data_dir.absolute()} can be written")


def _store(settings: Settings) -> Iterator[Finding]:
    bootstrap.try_store(settings)
    yield Finding(well=True, about="store", said=f"{settings.store} keeps, reads and erases")


def _database(settings: Settings) -> Iterator[Finding]:
    with bootstrap.database_url(settings) as url:
        try:
            with psycopg.connect(url, connect_timeout=5) as connection:
                version = connection.info.server_version // 10000
                role, has_role = connection.execute(_TENANT_ROLE).fetchone() or ("", False)
        except psycopg.Error as error:  # an address that means nothing, too
            said = f"cannot be reached: {str(error).splitlines()[0]}; check ESTAMPE_DATABASE_URL"
            yield Finding(well=False, about="database", said=said)
            return
    whose = "of your own" if settings.database_url else "embedded"
    yield Finding(well=True, about="database", said=f"PostgreSQL {version}, {whose}")
    if not has_role:
        cure = f'create role estampe_tenant nologin; grant estampe_tenant to "{role}";'
        yield Finding(well=False, about="tenants", said=f"an administrator of PostgreSQL must run once: {cure}")


def _engines(settings: Settings) -> Iterator[Finding]:
    for name in settings.engines:
        try:
            engine = plugins.load("engines", name)()
            engine.setup()
        except Exception as error:  # noqa: BLE001 - an engine may fail in any way, and the person must read how
            yield Finding(well=False, about="engine", said=f"{name}: {type(error).__name__}: {error}")
            continue
        models = ", ".join(model.name for model in engine.models())
        yield Finding(well=True, about="engine", said=f"{name}: {models}")


def _media(_: Settings) -> Iterator[Finding]:
    for name, kind in media.kinds().items():
        yield Finding(well=True, about="media", said=f"{name}: {', '.join(kind.formats)}")


def _port(settings: Settings) -> Iterator[Finding]:
    try:
        answer = httpx.get(f"http://{settings.address}/healthz", timeout=2, trust_env=False)
        yield Finding(well=True, about="port", said=f"{settings.url} runs estampe {answer.json()['version']}")
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        checks.require_port(settings)
        yield Finding(well=True, about="port", said=f"{settings.address} is free")


def _sign_in(settings: Settings) -> Iterator[Finding]:
    names = [provider.name for provider in doors.require_sign_in(settings)]
    printed = "the printed link works" if settings.signs_in_locally else "the printed link is off"
    yield Finding(well=bool(names), about="sign-in", said=f"{', '.join(names) or 'nobody can sign in'}; {printed}")
