"""A client of the tiny table."""

import pytest
from tests.unit.http import tiny


@pytest.fixture
async def client():
    async with tiny.client() as opened:
        yield opened
