"""What `estampe up` waits for before it says where to go."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from tests.service import free_port

from estampe.cli.up import _where_ready
from estampe.settings import Settings


class Ready(BaseHTTPRequestHandler):
    """An API that answers, whatever becomes of the database."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port():
    with HTTPServer(("127.0.0.1", 0), Ready) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("workers", [0, 1])
async def test_a_database_that_went_away_again_is_waited_for(port, workers):
    gone = f"postgresql://127.0.0.1:{free_port()}/nowhere"

    assert await _where_ready(Settings(port=port, worker_processes=workers), gone) is None


async def test_so_is_an_api_that_does_not_answer_yet(database_url):
    assert await _where_ready(Settings(port=free_port()), database_url) is None


async def test_without_workers_of_its_own_it_is_ready_when_the_api_is(port, database_url):
    here = await _where_ready(Settings(port=port, worker_processes=0), database_url)

    assert here is not None
    assert here.startswith(f"http://127.0.0.1:{port}/#code=")
