"""One API, or one worker, in this process."""

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile

from estampe import bootstrap, checks, telemetry
from estampe.errors import InvalidSetting, Text
from estampe.settings import Settings
from estampe.worker.shift import Leave

APPLICATION = "estampe.bootstrap:served"
BACKLOG = 8192
STOP_SECONDS = 6
# granian counts open streams as connections, and at its limit every request of the process would hang.
SPARE_CONNECTIONS = 2048


def serve(settings: Settings) -> None:
    """Serve until told to stop. Raises `InvalidSetting` when the port is taken."""
    checks.prepare(settings)
    require_port(settings)
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
        return
    environment = {**os.environ, **settings.environment()}
    tried = subprocess.run([sys.executable, "-m", "estampe", "store"], env=environment, check=False)
    if tried.returncode != 0:
        sys.exit(tried.returncode)


def require_port(settings: Settings) -> None:
    """Raises `InvalidSetting` for a port that is taken or forbidden, or an address that is not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            if error.errno == errno.EADDRINUSE:
                raise InvalidSetting(
                    Text(
                        f"{where} is in use: stop what listens there, or choose another port with --port",
                        f"{where} est occupé : arrêtez ce qui y écoute, ou choisissez un autre port avec --port",
                    )
                ) from None
            why = error.strerror
            raise InvalidSetting(
                Text(f"cannot listen on {where}: {why}", f"écoute impossible sur {where} : {why}")
            ) from None


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


def work(settings: Settings) -> None:
    """Work until told to stop. Raises `EngineError` when the engines do not load."""
    checks.prepare(settings)
    bootstrap.try_store(settings)
    with bootstrap.database_url(settings) as url:
        bootstrap.migrated_once_there(url)
        asyncio.run(_until_told(settings, url))


async def _until_told(settings: Settings, url: str) -> None:
    """A first signal drains the worker, a second one hurries it."""
    leave = Leave()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave.tell)
    await bootstrap.work(settings, url, leave)
