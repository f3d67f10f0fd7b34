import pytest
from tests.unit.http.tiny import TABLE, Line, Tiny, scope

from estampe.http import table
from estampe.http.prefix import Prefix, prefix_of

PATHS = [route.path for route in table(1)]


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("https://x.example", None),
        ("https://x.example/estampe", "/estampe"),
        ("https://x.example/y/estampe", "/y/estampe"),
        ("https://x.example/apis", "/apis"),
        ("https://x.example/api", None),
        ("https://x.example/v1/estampe", None),
        ("https://x.example/auth", None),
    ],
)
def test_a_prefix_that_could_be_a_path_of_ours_is_left_to_the_proxy(url, prefix):
    assert prefix_of(url, PATHS) == prefix


@pytest.mark.parametrize(
    ("path", "status"),
    [("/y/things/latest", 200), ("/things/latest", 200), ("/y/y/things/latest", 404), ("/yy/things/latest", 404)],
)
async def test_it_is_cut_off_once(path, status):
    line = Line()
    line.left.set()
    await Prefix(TABLE.asgi(Tiny()), "/y")(scope("GET", path), line.receive, line.send)
    assert line.status == status


async def test_what_is_no_request_passes():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope)

    await Prefix(app, "/y")({"type": "lifespan"}, None, None)
    assert seen == [{"type": "lifespan"}]
