"""Whatever is sent, the answer is never a 500 and always a problem or a reply."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.http.tiny import TABLE, Line, Tiny, piece, scope

LOOP = asyncio.Runner()  # one for all examples: making a loop costs more than a request
APP = TABLE.asgi(Tiny())
BREAKS_ON_PURPOSE = {"/broken", "/split", "/unencodable"}
PATHS = [route.path.replace("{name}", "x") for route in TABLE if route.path not in BREAKS_ON_PURPOSE]
NAMES = ["authorization", "content-type", "content-length", "accept-language", "x-request-id", "content-encoding", "x"]

words = st.text(max_size=5)
scalars = st.none() | st.integers() | st.floats() | words
anything = scalars | st.lists(scalars, max_size=3) | st.dictionaries(words, scalars, max_size=3)
fields = st.sampled_from(["prompt", "width", "seed", "strength", "metadata", "sizes", "anything", "x"])
wish = st.dictionaries(fields, anything, max_size=4)


@pytest.fixture(scope="module", autouse=True)
def _loop_is_closed():
    yield
    LOOP.close()


def ask(method, path, headers, query, body):
    line = Line(*[piece(part, more=True) for part in body], piece())
    LOOP.run(APP(scope(method, path, headers, query), line.receive, line.send))
    assert line.status < 500, line.body
    if line.status >= 400 and method != "HEAD":
        assert json.loads(line.body)["status"] == line.status
    return line


@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "", "get"]),
    st.sampled_from(PATHS) | st.text(alphabet=st.characters(codec=None)).map(lambda text: "/" + text),
    st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=40)), max_size=5),
    st.binary(max_size=60),
    st.lists(st.binary(max_size=60), max_size=4),
)
@settings(max_examples=500)
def test_noise(method, path, headers, query, body):
    ask(method, path, headers, query, body)


@given(st.lists(st.tuples(st.sampled_from(["wait", "kind", "mine", "q", "token"]) | st.text(), st.text()), max_size=4))
@settings(max_examples=200)
def test_queries(pairs):
    ask("GET", "/things/x", (), "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "replace"), ())


@given(wish)
@settings(max_examples=500)
def test_bodies_that_are_nearly_right(body):
    kind = [("content-type", "application/json")]
    line = ask("POST", "/open/wishes", kind, b"", [json.dumps(body).encode()])
    assert line.status in {200, 413, 422}


@given(wish, st.data())
@settings(max_examples=300)
def test_bodies_with_one_byte_changed(body, data):
    raw = bytearray(json.dumps(body).encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    ask("POST", "/open/wishes", [("content-type", "application/json")], b"", [bytes(raw)])


@pytest.mark.parametrize("path", PATHS)
def test_every_route_survives_an_empty_scope(path):
    for method in ("GET", "POST", "DELETE"):
        ask(method, path, (), b"", ())
