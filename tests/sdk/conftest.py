"""Every test of the client runs over both of its drivers; in a hurry, only those that drive each verb."""

from collections.abc import Iterator

import pytest
from tests.sdk.doors import Made, makers
from tests.service import Person, Service
from tests.thorough import thorough


@pytest.fixture(
    params=["sync", pytest.param("async", marks=thorough("the same steps, driven by the other client"))],
)
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
