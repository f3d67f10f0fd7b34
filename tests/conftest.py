"""Fixtures of every test: a real PostgreSQL, a fresh database, and no network."""

import gc
import importlib.util
import ipaddress
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests import leftovers, postgres
from tests.bucket import bucket, s3_endpoint
from tests.mounts import mounted
from tests.people import ana, bob, boss, own_service, service
from tests.thorough import pytest_collection_modifyitems, pytest_configure

from estampe.db import Database

__all__ = [
    "ana",
    "bob",
    "boss",
    "bucket",
    "mounted",
    "own_service",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "s3_endpoint",
    "service",
]


leftovers.sweep_at_the_end()

# To look for cycles among all that is loaded took a tenth of the time of the tests.
gc.set_threshold(50_000, 20, 100)

# No example is timed: the first of them imports, and others share the machine.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# What runs in the background of a shell is deaf to SIGINT, and so would be every process that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The browser is not on every machine; where it was promised, its tests fail instead of hiding.
if importlib.util.find_spec("playwright") is None and not os.environ.get("TESTS_REQUIRE_CHROMIUM"):
    collect_ignore = ["browser"]


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        connection, address = arguments
        if connection.family in {socket.AF_INET, socket.AF_INET6} and not _is_local(address[0]):
            raise RuntimeError(f"the network is closed in tests: {address}")


sys.addaudithook(_refuse_network)


@pytest.fixture(scope="session")
def used_folders() -> Iterator[list[Path]]:
    """What is large and was used, to be removed in the end: pytest would keep it for three sessions.

    Not before: after hundreds of files were deleted, an ext4 without a journal is slow to make as many new ones.
    """
    folders: list[Path] = []
    yield folders
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def made_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied, never started."""
    mine = tmp_path_factory.getbasetemp()
    return postgres.made_once(mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine)


@pytest.fixture
def lived_in(made_cluster: Path, tmp_path_factory: pytest.TempPathFactory, used_folders: list[Path]) -> Path:
    """A data folder as after a first start, with nothing in its database; of a short name, that sockets fit in it."""
    used_folders.append(tmp_path_factory.mktemp("home"))
    return postgres.copy_of(made_cluster, used_folders[-1])


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, made_cluster: Path, used_folders: list[Path]
) -> Iterator[Callable[[str], postgres.Server]]:
    """Servers by name, each started when it is first asked for."""
    started: dict[str, postgres.Server] = {}

    def of(name: str) -> postgres.Server:
        if name not in started:
            postgres.require(name)
            binaries, folder = postgres.BINARIES[name], tmp_path_factory.mktemp(f"pg{name}")
            used_folders.append(folder)
            started[name] = postgres.Server(folder, binaries, made=None if binaries else made_cluster)
        return started[name]

    yield of
    for each in started.values():
        each.stop()


@pytest.fixture
def database_url(server: Callable[[str], postgres.Server]) -> Iterator[str]:
    with server("18").database() as url:
        yield url


@pytest.fixture(params=postgres.EVERY)
def every_database_url(request: pytest.FixtureRequest, server: Callable[[str], postgres.Server]) -> Iterator[str]:
    """The test runs once on each server."""
    with server(request.param).database() as url:
        yield url


@pytest.fixture(params=postgres.EVERY)
def every_empty_database_url(request: pytest.FixtureRequest, server: Callable[[str], postgres.Server]) -> Iterator[str]:
    """Nothing is migrated in it."""
    with server(request.param).database("template1") as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    # A crowd of a test shares these few connections, and the machine: who waits for one is not refused.
    opened = Database(database_url, wait_seconds=postgres.PATIENCE_SECONDS)
    await opened.open()
    yield opened
    await opened.close()
