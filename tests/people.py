"""The service the flow tests share: each test brings its own people, so none meets another's jobs."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from tests import postgres
from tests.service import Person, Service, running
from tests.thorough import thorough

# The fallback is tested where there is time for it.
SERVERS = ["granian", pytest.param("uvicorn", marks=thorough("the same on the server that is the fallback"))]

_numbers = itertools.count(1)


@pytest.fixture(scope="session", params=SERVERS)
def service(
    request: pytest.FixtureRequest,
    server: Callable[[str], postgres.Server],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with server("18").database() as url, running(url, folder, server=request.param) as started:
        yield started


@pytest.fixture
def own_service(
    server: Callable[[str], postgres.Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """One that the test may break."""
    folder = tmp_path_factory.mktemp("own")
    with server("18").database() as url, running(url, folder) as started:
        yield started


@pytest.fixture
def ana(service: Service) -> Iterator[Person]:
    """A member of an organisation of her own."""
    number = next(_numbers)
    with service.person(f"user_ana{number}", f"org_acme{number}", "org:member") as person:
        yield person


@pytest.fixture
def boss(service: Service, ana: Person) -> Iterator[Person]:
    """An administrator of Ana's organisation."""
    with service.person("user_boss", ana.org, "org:admin") as person:
        yield person


@pytest.fixture
def bob(service: Service) -> Iterator[Person]:
    """Someone of another organisation, and its administrator."""
    number = next(_numbers)
    with service.person(f"user_bob{number}", f"org_other{number}", "org:admin") as person:
        yield person
