"""One database will do for what is the same on all: who is next."""

import pytest
from tests.unit.jobs.conftest import opened_house
from tests.unit.jobs.line import Line


@pytest.fixture
async def house(database_url):
    async with opened_house(database_url) as opened:
        yield opened


@pytest.fixture
async def line(house):
    async with Line(house) as opened:
        yield opened
