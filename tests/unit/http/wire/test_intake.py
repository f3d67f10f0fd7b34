import asyncio
import json

import pytest
from tests.unit.http import tiny
from tests.unit.http.tiny import TABLE, Line, Tiny, piece, scope

from estampe.http.wire import intake

JSON = [("content-type", "application/json")]


async def post(body, *, path="/open/wishes", headers=(), type_="application/json"):
    async with tiny.client() as client:
        return await client.post(path, content=body, headers=dict(headers) | {"content-type": type_})


async def raw(*pieces, path="/open/wishes", headers=JSON):
    line = Line(*pieces)
    await TABLE.asgi(Tiny())(scope("POST", path, headers), line.receive, line.send)
    return line


# the query


async def test_a_query_takes_the_shape_it_was_declared_with(client):
    answer = await client.get("/things/1?wait=7&kind=image,video&mine=true&q=un%20renard%20%C3%A9tonn%C3%A9")
    assert answer.json() == {"id": "1", "wait": 7, "kind": ["image", "video"], "mine": True, "q": "un renard étonné"}


async def test_an_empty_query_is_the_defaults(client):
    assert (await client.get("/things/1")).json() == {"id": "1", "wait": 0, "kind": None, "mine": False, "q": None}


@pytest.mark.parametrize(
    "query",
    [
        "waits=1",
        "wait=1&wait=1",
        "wait=",
        "wait",
        "wait=x",
        "wait=61",
        "wait=-1",
        "wait=" + "9" * 5000,
        "kind=image,audio",
        "mine=maybe",
        "q=%00",
        "q=%ff",
        "q=%",
        "&".join(f"q{n}=1" for n in range(100)),
    ],
)
async def test_an_unknown_repeated_or_unreadable_parameter_is_refused(client, query):
    answer = await client.get(f"/things/1?{query}")
    if query == "q=%":
        assert answer.json()["q"] == "%"
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_the_refusal_of_a_parameter_names_it_in_the_readers_language(client):
    answer = await client.get("/things/1?wait=x", headers={"Accept-Language": "fr"})
    assert answer.json()["detail"] == "Paramètre « wait » : Type attendu : int ; reçu : str."


@pytest.mark.parametrize("path", ["/things/1", "/me", "/things/latest"])
@pytest.mark.parametrize("name", ["token", "access_token"])
@pytest.mark.parametrize("headers", [tiny.bearer("ana"), {}], ids=["and in the header", "alone"])
async def test_a_token_in_the_url_is_refused_and_not_repeated(client, path, name, headers):
    answer = await client.get(f"{path}?{name}=esk_secret", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert "esk_secret" not in answer.text


async def test_a_route_without_a_query_takes_no_parameter(client):
    assert (await client.get("/things/latest?x=1")).status_code == 400


async def test_a_query_that_is_not_ascii_is_refused():
    line = Line()
    await TABLE.asgi(Tiny())(scope(path="/things/1", query=b"q=\xff\xfe"), line.receive, line.send)
    assert line.status == 400


# the body


async def test_a_body_takes_the_shape_it_was_declared_with():
    answer = await post(b'{"prompt": "un renard", "width": 512}', type_="application/json; charset=UTF-8")
    assert (answer.status_code, answer.json()["width"]) == (200, 512)


async def test_every_faulty_field_is_pointed_at():
    wish = {"width": 7, "seed": "12", "sizes": [1, "2"], "metadata": {"a": 1}, "a/b~c": 1}
    answer = await post(json.dumps(wish))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request_body")
    assert {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]} == {
        "/prompt": "Object missing required field `prompt`.",
        "/width": "Expected `int` >= 64.",
        "/seed": "Expected `int | null`, got `str`.",
        "/sizes/1": "Expected `int`, got `str`.",
        "/metadata": "Expected `str`, got `int`.",
        "/a~1b~0c": "Object contains unknown field `a/b~c`.",
    }


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"prompt": 1}', "Type attendu : str ; reçu : int."),
        (b"{}", "Le champ « prompt » est obligatoire."),
        (b'{"prompt": "a", "x": 1}', "Le champ « x » est inconnu."),
        (b'{"prompt": ""}', "La longueur doit être >= 1."),
        (b'{"prompt": "a", "width": 65}', "La valeur doit être un multiple de 8."),
        (b'{"prompt": "a", "seed": -1}', "La valeur doit être >= 0."),
        (b'{"prompt": NaN}', "Le JSON est mal formé (octet 11)."),
        (b'{"prompt": ', "Le JSON est incomplet."),
        (b'{"prompt": "a", "strength": 1e999}', "Le nombre est hors limites."),
        (b'{"prompt": "a\\u0000"}', "Le caractère U+0000 n'est pas permis."),
        (b'{"prompt": "\xff"}', "Le contenu n'est pas en UTF-8."),
        (b'{"prompt": "a", "anything": ' + b"[" * 1900, "Le contenu est trop imbriqué."),
        (b"", "Un contenu est attendu."),
    ],
)
async def test_a_fault_is_said_in_french_to_who_reads_french(body, said):
    answer = await post(body, headers={"Accept-Language": "fr"})
    assert [fault["detail"] for fault in answer.json()["errors"]] == [said]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"prompt"',
        b'{"prompt": NaN}',
        b'{"prompt": "a", "strength": Infinity}',
        b'{"prompt": "a", "strength": 1e999}',
        b'{"prompt": "a", "seed": ' + b"9" * 1900 + b"}",
        b'{"prompt": "a", "anything": 1e400}',
        b'{"prompt": "\xff\xfe"}',
        b'{"prompt": "\\ud800"}',
        b'{"prompt": "\\ud800\\ud800 and more"}',
        b'{"prompt": "a", "metadata": {"k\\u0000": "v"}}',
        b'{"prompt": "a", "anything": [{"k": ["\\u0000"]}]}',
        b"[" * 2000,
        b'{"a":' * 400,
        b'\xef\xbb\xbf{"prompt": "a"}',
        b'{"prompt": "a"} {}',
        '{"prompt": "a"}'.encode("utf-16"),
        b"\0" * 100,
    ],
)
async def test_a_body_that_is_not_what_was_asked_is_a_422(body):
    answer = await post(body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request_body")
    assert answer.json()["errors"]


async def test_nesting_without_end_is_refused_however_large_the_limit():
    async def deep(call):
        return tiny.Reply()

    app = tiny.one(deep, method="POST", body=tiny.Wish, body_limit=10**6)
    for opening in (b"[", b'{"prompt":"a","anything":' + b"[", b'{"prompt":"a","anything":' + b'{"a":'):
        line = Line(piece(opening * 1 + b"[" * 100_000))
        await app(scope("POST", "/", JSON), line.receive, line.send)
        assert line.status == 422


async def test_a_nul_is_told_from_a_backslash_before_u0000():
    assert (await post(rb'{"prompt": "a\\u0000"}')).json()["prompt"] == "a\\u0000"
    answer = await post(b'{"prompt": "a", "anything": [{"k": ["\\u0000"]}]}')
    assert answer.json()["errors"][0]["pointer"] == "/anything/0/k/0"


async def test_an_int_of_any_length_that_python_reads_comes_back_whole():
    assert (await post(b'{"prompt": "a", "anything": ' + b"9" * 1900 + b"}")).json()["anything"] == int("9" * 1900)


async def test_of_a_key_written_twice_the_last_counts():
    assert (await post(b'{"prompt": "a", "prompt": "b"}')).json()["prompt"] == "b"


@pytest.mark.parametrize(
    "type_", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "json"]
)
async def test_another_media_type_is_refused(type_):
    answer = await post(b'{"prompt": "a"}', type_=type_)
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type_unsupported")
    assert answer.json()["detail"] == "Send application/json."


async def test_a_body_without_a_media_type_or_with_a_coding_is_refused():
    assert (await raw(piece(b"{}"), headers=[])).status == 415
    assert (await raw(piece(b"{}"), headers=[*JSON, ("content-encoding", "gzip")])).status == 415


async def test_a_route_may_take_the_bytes_unread():
    answer = await post(b"\x00\xff", path="/files", type_="image/png")
    assert answer.json() == {"bytes": 2, "type": "image/png"}
    assert (await post(b"\x00", path="/files", type_="multipart/form-data; boundary=x")).status_code == 200
    assert (await post(b"\x00", path="/files", type_="application/json")).status_code == 415


async def test_a_declared_length_over_the_limit_is_refused_unread():
    line = await raw(piece(b"x" * 10, more=True), headers=[*JSON, ("content-length", "2001")])
    assert (line.status, len(line.incoming)) == (413, 1)
    line = await raw(headers=[*JSON, ("content-length", "9" * 5000)])
    assert line.status == 413


@pytest.mark.parametrize("length", ["", "-1", "1e3", "٣", "1 1"])
async def test_a_length_that_is_no_number_is_refused(length):
    assert (await raw(piece(b"{}"), headers=[*JSON, ("content-length", length)])).status == 400


async def test_a_body_in_pieces_is_read_up_to_the_limit_and_no_further():
    line = await raw(*[piece(b"x" * 500, more=True)] * 100)
    assert (line.status, len(line.incoming)) == (413, 95)


async def test_a_route_has_its_own_limit():
    kind = [("content-type", "image/png")]
    assert (await raw(piece(b"x" * 5000), path="/files", headers=kind)).status == 200
    assert (await raw(piece(b"x" * 5001), path="/files", headers=kind)).status == 413


async def test_a_body_in_pieces_is_put_together():
    pieces = [piece(bytes([letter]), more=True) for letter in b'{"prompt": "a fox"}']
    line = await raw(*pieces, piece())
    assert json.loads(line.body)["prompt"] == "a fox"


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_not_answered(caplog):
    line = await raw(piece(b'{"prompt"', more=True), {"type": "http.disconnect"})
    assert line.sent == []
    assert not caplog.records


async def test_a_body_that_stops_coming_is_refused(monkeypatch):
    monkeypatch.setattr(intake, "PATIENCE_SECONDS", 0.05)
    line = await raw(piece(b'{"prompt"', more=True))
    assert (line.status, json.loads(line.body)["code"]) == (400, "invalid_request")


async def test_a_slow_line_has_the_time_that_its_bytes_need(monkeypatch):
    monkeypatch.setattr(intake, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(intake, "SLOWEST_BYTES_PER_SECOND", 10)

    class Slow(Line):
        async def receive(self):
            await asyncio.sleep(0.3)  # five of them outlast the patience, and each buys ten seconds more
            return await super().receive()

    line = Slow(*[piece(b" " * 100, more=True)] * 4, piece(b'{"prompt": "a"}'))
    await TABLE.asgi(Tiny())(scope("POST", "/open/wishes", JSON), line.receive, line.send)
    assert line.status == 200


# a body that need not be sent


async def sent_to_optional(*pieces, headers=JSON):
    seen = []

    async def keep(call):
        seen.append(call.body)
        return await tiny.nothing(call)

    line = Line(*pieces)
    app = tiny.one(keep, method="POST", body=tiny.Wish, body_optional=True, replies={204: None})
    await app(scope("POST", "/", headers), line.receive, line.send)
    return line.status, seen


async def test_where_a_body_is_optional_none_is_none_and_one_is_read():
    for headers in (JSON, [], [("content-length", "0")]):
        assert await sent_to_optional(piece(), headers=headers) == (204, [None])
    status, (wish,) = await sent_to_optional(piece(b'{"prompt":"a fox"}'))
    assert (status, wish.prompt) == (204, "a fox")


async def test_an_optional_body_is_held_to_the_same_rules():
    assert await sent_to_optional(piece(b'{"prompt":"a fox"}'), headers=[]) == (415, [])
    assert await sent_to_optional(piece(b"{}")) == (422, [])
    assert await sent_to_optional(piece(b" " * 3000)) == (413, [])
