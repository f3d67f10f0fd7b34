import pytest
from tests.unit.http.tiny import TABLE, Line, Tiny, bearer, client, line, nothing, scope, who

from estampe.http.table import Table


@pytest.mark.parametrize("path", ["/", "/nowhere", "/things", "/things/", "/things/a/b", "//things/a", "/me/"])
async def test_an_unknown_path_is_a_problem(client, path):
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_known_path_with_another_method_says_which_ones_it_has(client):
    answer = await client.put("/things/1")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


async def test_options_says_which_methods_there_are_without_a_token(client):
    answer = await client.options("/things/1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/picture", "/things/1?wait=3", "/me", "/nowhere"])
async def test_head_is_get_without_the_body(client, path):
    sent = {"X-Request-Id": "same"}
    head, get = await client.head(path, headers=sent), await client.get(path, headers=sent)
    assert head.content == b""
    assert (head.status_code, head.headers.raw) == (get.status_code, get.headers.raw)


async def test_head_is_not_there_where_get_is_not(client):
    assert (await client.head("/wishes")).status_code == 405


@pytest.mark.parametrize("order", [1, -1])
async def test_a_literal_wins_over_a_name_whatever_the_order(order):
    routes = [line("GET", "/a/{x}", nothing, replies={204: None}), line("GET", "/a/b", who)][::order]
    async with client(Table(routes)) as opened:
        assert (await opened.get("/a/b")).status_code == 200
        assert (await opened.get("/a/c")).status_code == 204


async def test_a_literal_that_leads_nowhere_does_not_hide_a_name():
    async with client(
        Table([line("GET", "/a/b/c", who), line("GET", "/{x}/b", nothing, replies={204: None})])
    ) as opened:
        assert (await opened.get("/a/b")).status_code == 204


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "a\n", "\x7f", "x" * 256, "\u202e", "\ud800"])
async def test_what_no_id_ever_is_does_not_reach_a_handler(name):
    line_ = Line()
    await TABLE.asgi(Tiny())(scope(path=f"/things/{name}"), line_.receive, line_.send)
    assert line_.status == 404


async def test_a_fallback_answers_what_the_table_does_not():
    async def studio(scope, receive, send):
        await send({"type": "http.response.start", "status": 203, "headers": []})
        await send({"type": "http.response.body", "body": b"studio"})

    async with client(TABLE, fallback=studio) as opened:
        assert (await opened.get("/studio/index.html")).content == b"studio"
        assert (await opened.put("/things/1")).status_code == 405
        assert (await opened.get("/me", headers=bearer("ana"))).json()["user"] == "ana"


async def test_whoever_counts_requests_around_it_learns_the_route():
    asked, line_ = scope(path="/things/42"), Line()
    await TABLE.asgi(Tiny())(asked, line_.receive, line_.send)
    assert asked["route"].path == "/things/{name}"
    assert asked["path_params"] == {"name": "42"}


async def test_under_a_root_path_the_rest_of_the_path_counts():
    line_ = Line()
    await TABLE.asgi(Tiny())(scope(path="/estampe/things/42") | {"root_path": "/estampe"}, line_.receive, line_.send)
    assert line_.status == 200


async def test_a_websocket_is_closed_and_a_lifespan_is_somebody_elses():
    line_ = Line()
    await TABLE.asgi(Tiny())({"type": "websocket"}, line_.receive, line_.send)
    assert line_.sent[0]["type"] == "websocket.close"
    with pytest.raises(NotImplementedError):
        await TABLE.asgi(Tiny())({"type": "lifespan"}, line_.receive, line_.send)
