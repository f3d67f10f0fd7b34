"""One API in this process."""

import importlib
import os
import subprocess
import sys
import tempfile

from estampe import bootstrap, checks, telemetry
from estampe.bootstrap import doors
from estampe.settings import Settings

MODULE = "estampe.bootstrap.api"
APPLICATION = f"{MODULE}:served"
BACKLOG = 8192
STOP_SECONDS = 6
# granian counts open streams as connections, and at its limit every request of the process would hang.
SPARE_CONNECTIONS = 2048


def serve(settings: Settings) -> None:
    """Serve until told to stop. Raises `InvalidSetting` when the port is taken."""
    checks.prepare(settings)
    checks.require_port(settings)
    doors.require_sign_in(settings)
    importlib.import_module(MODULE)  # before the servers fork: once for them all
    _try_store_apart(settings)
    with bootstrap.database_url(settings) as url:
        bootstrap.migrated_once_there(url)
        os.environ.update(settings.environment(), ESTAMPE_DATABASE_URL=url)
        run = _granian if settings.server == "granian" else _uvicorn
        if settings.api_processes == 1:
            run(settings)
            return
        with tempfile.TemporaryDirectory(prefix="estampe-metrics-") as folder:
            os.environ[telemetry.SHARED_FOLDER] = folder
            run(settings)


def _try_store_apart(settings: Settings) -> None:
    """In a process of its own: the servers fork, and what the store's client started would not live on in them."""
    if not bootstrap.has_to_try_store(settings):
        bootstrap.store(settings)
        return
    environment = {**os.environ, **settings.environment()}
    tried = subprocess.run([sys.executable, "-m", "estampe", "store"], env=environment, check=False)
    if tried.returncode != 0:
        sys.exit(tried.returncode)


def _granian(settings: Settings) -> None:
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        APPLICATION,
        factory=True,
        interface=Interfaces.ASGI,
        address=settings.host,
        port=settings.port,
        workers=settings.api_processes,
        loop=Loops.uvloop,
        # Without TLS no browser speaks HTTP/2, and being ready for it doubles what an open stream weighs.
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=settings.max_watchers + SPARE_CONNECTIONS,
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_access=False,
    ).serve()


def _uvicorn(settings: Settings) -> None:
    import uvicorn

    uvicorn.run(
        APPLICATION,
        factory=True,
        # Said, for it takes an application that is no coroutine function for one of ASGI 2.
        interface="asgi3",
        host=settings.host,
        port=settings.port,
        workers=settings.api_processes if settings.api_processes > 1 else None,
        ws="none",
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_SECONDS,
        access_log=False,
        # `trusted_proxies` says whom to believe; uvicorn would believe whoever connects from this machine.
        proxy_headers=False,
        log_level="warning",
        server_header=False,
    )
