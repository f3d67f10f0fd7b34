"""Every test of the client runs over both of its drivers."""

from collections.abc import Iterator

import pytest
from tests.sdk.doors import Made, makers
from tests.service import Person, Service


@pytest.fixture(params=["sync", "async"])
def make(request: pytest.FixtureRequest) -> Iterator[Made]:
    with makers(request.param) as made:
        yield made


@pytest.fixture
def client(make: Made, service: Service, ana: Person):
    """Ana's."""
    return make(service.url, ana.token)


@pytest.fixture
def chief(make: Made, service: Service, boss: Person):
    """Of an administrator of Ana's organisation."""
    return make(service.url, boss.token)
