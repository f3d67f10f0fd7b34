import logging
import threading

import pytest

from estampe.db import arrival
from estampe.db.arrival import migrate_once_there
from estampe.db.embedded import EmbeddedPostgres
from estampe.db.migrate import migrate
from estampe.errors import DatabaseUnavailable, Text

NOBODY = "postgresql://ana:secret@127.0.0.1:1/x"


@pytest.fixture
def away(lived_in):
    """The URL of a server that was there, and how to start it again."""
    server = EmbeddedPostgres(lived_in)
    url = server.start()
    server.release()
    yield url, server.start
    server.release()


def test_a_server_that_comes_is_waited_for_and_that_is_said_once(away, caplog):
    url, start = away
    said = threading.Event()

    class Ear(logging.Handler):
        def emit(self, record):
            said.set()

    starter = threading.Thread(target=lambda: said.wait(30) and start())
    starter.start()
    logger, ear = logging.getLogger("estampe.db.arrival"), Ear()
    logger.addHandler(ear)
    try:
        assert migrate_once_there(url) == []
    finally:
        logger.removeHandler(ear)
        starter.join()

    assert len([record for record in caplog.records if "not there yet" in record.getMessage()]) == 1


def test_one_that_comes_between_its_no_and_our_looking_again_is_asked_again(database_url, monkeypatch):
    asked = []

    def at_first_too_soon(url):
        asked.append(url)
        if len(asked) == 1:
            raise DatabaseUnavailable(Text("it is starting up", "elle démarre"))
        return migrate(url)

    monkeypatch.setattr(arrival, "migrate", at_first_too_soon)

    assert migrate_once_there(database_url) == []
    assert len(asked) == 2


def test_one_that_never_comes_is_named_without_its_password(caplog):
    with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:1 did not come within 0\.5 s") as refusal:
        migrate_once_there(NOBODY, patience_seconds=0.5)

    assert "secret" not in caplog.text + str(refusal.value.detail)


def test_one_that_is_there_and_refuses_is_not_waited_for(database_url, caplog, monkeypatch):
    monkeypatch.setattr(arrival, "CONNECT_SECONDS", 30)
    missing = database_url.rpartition("/")[0] + "/no_such_database"
    if "?" in database_url:
        missing += "?" + database_url.rpartition("?")[2]

    with pytest.raises(DatabaseUnavailable, match="no_such_database"):
        migrate_once_there(missing)

    assert not caplog.records


def test_what_is_no_address_is_not_waited_for(caplog):
    with pytest.raises(DatabaseUnavailable):
        migrate_once_there("no address at all")

    assert not caplog.records
