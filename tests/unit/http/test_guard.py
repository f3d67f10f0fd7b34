import pytest
from tests.unit.http.tiny import ANA, TABLE, Line, Tiny, bearer, piece, scope


async def test_a_public_route_asks_nobody_and_reads_no_token(client):
    assert (await client.get("/things/latest", headers=bearer("forged"))).json()["user"] is None


async def test_a_signed_in_route_knows_who_asks(client):
    assert (await client.get("/me", headers=bearer("ana"))).json()["user"] == "ana"


@pytest.mark.parametrize("path", ["/me", "/operate"])
async def test_without_a_token_nobody_passes(client, path):
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


@pytest.mark.parametrize("path", ["/me", "/operate", "/link"])
async def test_a_bad_token_never_becomes_an_anonymous_visitor(client, path):
    answer = await client.get(path, headers=bearer("forged"))
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_a_signed_url_passes_without_a_token_and_knows_a_token_that_is_sent(client):
    assert (await client.get("/link")).json()["user"] is None
    assert (await client.get("/link", headers=bearer("bob"))).json()["user"] == "bob"


async def test_a_permission_is_needed_and_operators_come_from_the_settings(client):
    assert (await client.get("/operate", headers=bearer("ana"))).status_code == 200
    answer = await client.get("/operate", headers=bearer("bob"))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer ana"), ("authorization", "Bearer ana")],
        [("authorization", "Bearer ana, Bearer bob")],
        [("authorization", "ana")],
        [("authorization", "Bearer an a")],
    ],
)
async def test_two_credentials_or_a_malformed_one_are_a_malformed_request(client, headers):
    answer = await client.get("/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_a_handler_that_needs_someone_on_a_public_route_says_so_as_a_refusal(client):
    assert (await client.get("/someone")).status_code == 401


async def test_the_door_comes_before_the_body(client):
    answer = await client.post("/wishes", content=b"{", headers={"content-type": "text/plain"})
    assert answer.status_code == 401


async def test_who_is_shut_out_while_their_body_comes_does_not_pass(monkeypatch):
    line = Line(piece(b'{"prompt": ', more=True), piece(b'"a fox"}'))

    async def receive():
        if len(line.incoming) == 1:
            monkeypatch.setattr(Tiny, "shut_out", frozenset({ANA}))
        return await line.receive()

    headers = [("authorization", "Bearer ana"), ("content-type", "application/json")]
    await TABLE.asgi(Tiny())(scope("POST", "/wishes", headers), receive, line.send)
    assert line.status == 401
