import json
import logging

import pytest
from tests.unit.http.tiny import Line, bearer, one, scope

from estampe.errors import EngineError, InvalidSetting, Text


async def test_a_call_goes_through_door_query_body_and_handler(client):
    answer = await client.post("/wishes", json={"prompt": "a fox"}, headers=bearer("bob"))
    assert (answer.status_code, answer.json()) == (202, {"prompt": "a fox", "by": "bob"})
    assert answer.headers["location"] == "/made/1"


@pytest.mark.parametrize("path", ["/me", "/things/1", "/picture", "/broken", "/nowhere", "/things/1?x=1"])
async def test_every_answer_is_named_and_is_neither_kept_nor_guessed(client, path):
    answer = await client.get(path)
    assert len(answer.headers["x-request-id"]) == 24
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == ("immutable" if path == "/picture" else "no-store")


async def test_a_harmless_request_id_is_repeated_everywhere(client):
    answer = await client.get("/broken", headers={"X-Request-Id": "studio_1.2-3"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "studio_1.2-3"


@pytest.mark.parametrize("given", ["x" * 65, "a b", "<script>", "é", "", "a\tb"])
async def test_another_request_id_is_replaced(client, given):
    answer = await client.get("/me", headers={"X-Request-Id": given.encode()})
    assert answer.headers["x-request-id"] != given


async def test_what_nobody_expected_is_a_500_that_tells_nothing(client):
    answer = await client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "fox" not in answer.text


async def test_what_nobody_expected_is_written_down_without_what_was_in_it(client, caplog):
    answer = await client.get("/broken?", headers=bearer("esk_secret") | {"X-Request-Id": "r1"})
    assert answer.status_code == 500
    (record,) = caplog.records
    said = logging.Formatter().format(record)
    assert "GET /broken broke, request r1" in said
    assert "builtins.RuntimeError" in said
    assert "in break_down" in said
    assert "by bob, esk_secret\n" not in said.replace('raise RuntimeError("a red fox, by bob, esk_secret")', "")


@pytest.mark.parametrize("error", [InvalidSetting(Text("/etc/secret", "/etc/secret")), EngineError()])
async def test_an_error_that_is_never_for_the_wire_is_a_500_too(error):
    async def handler(call):
        raise error

    line = Line()
    await one(handler)(scope(), line.receive, line.send)
    assert (line.status, json.loads(line.body)["code"]) == (500, "internal_error")
    assert b"secret" not in line.body


@pytest.mark.parametrize("path", ["/split", "/unencodable"])
async def test_an_answer_that_cannot_be_sent_is_a_500(client, path, caplog):
    answer = await client.get(path)
    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers
    assert len(caplog.records) == 1


async def test_the_call_knows_the_language(client):
    assert (await client.get("/link", headers={"Accept-Language": "fr"})).json()["said"] == "fr"


async def test_headers_of_one_name_are_joined():
    async def handler(call):
        seen.append((call.header("Prefer"), call.header("if-none-match")))
        raise EngineError

    seen = []
    line = Line()
    await one(handler)(scope(headers=[("prefer", "a"), ("prefer", "b")]), line.receive, line.send)
    assert seen == [("a, b", None)]
