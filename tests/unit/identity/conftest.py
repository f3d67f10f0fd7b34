import pytest
from tests.unit.identity.holder import ADMIN, WISH, Deaf

from estampe.access import api_keys as keys
from estampe.identity.api_key import ApiKeys


@pytest.fixture
def notices(database_url):
    return Deaf(database_url)


@pytest.fixture
async def provider(database, notices):
    made = ApiKeys()
    made.attach(database, notices)
    yield made
    await made.close()


@pytest.fixture
async def hers(database):
    return await keys.create(database, ADMIN, WISH)
