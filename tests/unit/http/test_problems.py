import pytest
from tests.unit.http.tiny import bearer

from estampe.errors import JobNotFinished, StepUpRequired, Text, Unauthenticated
from estampe.http.problems import Asked, problem

ENGLISH = Asked(path="/a b/é", request_id="r1", language="en", token_sent=True)
METADATA = 'resource_metadata="https://estampe.example/.well-known/oauth-protected-resource"'


async def test_a_refusal_says_all_that_the_contract_promises(client):
    answer = await client.get("/me", headers={"X-Request-Id": "abc-1"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:estampe:problem:token_missing",
        "title": "Authentication token missing",
        "status": 401,
        "detail": "Authentication token missing",
        "instance": "/me",
        "code": "token_missing",
        "request_id": "abc-1",
    }


async def test_texts_follow_the_reader_and_the_code_does_not(client):
    answer = await client.get("/me", headers={"Accept-Language": "de, fr-CA;q=0.9, en;q=0.5"})
    assert answer.json()["title"] == "Token d'authentification manquant"
    assert answer.json()["code"] == "token_missing"
    assert answer.headers["content-language"] == "fr"
    assert answer.headers["vary"] == "Accept-Language"


async def test_no_token_is_challenged_without_an_error(client):
    assert (await client.get("/me")).headers["www-authenticate"] == f'Bearer realm="estampe", {METADATA}'


async def test_another_scheme_is_challenged_like_no_token(client):
    answer = await client.get("/me", headers={"Authorization": "Basic YTpi"})
    assert answer.headers["www-authenticate"] == f'Bearer realm="estampe", {METADATA}'


async def test_a_bad_token_is_challenged_with_its_error(client):
    answer = await client.get("/me", headers=bearer("old") | {"Accept-Language": "fr"})
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="estampe", error="invalid_token", error_description="The token has expired.", ' + METADATA
    )


async def test_a_missing_permission_names_itself(client):
    answer = await client.get("/operate", headers=bearer("bob"))
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="estampe", error="insufficient_scope", scope="operator"'
    )


async def test_what_another_owns_reads_like_what_never_was(client):
    theirs, nobodys = [
        await client.get(f"/secrets/{name}", headers={"X-Request-Id": "same"}) for name in ("of-another", "never-was")
    ]
    assert theirs.content.replace(b"of-another", b"never-was") == nobodys.content
    assert "bob" not in theirs.text
    assert theirs.headers.raw[:-1] == nobodys.headers.raw[:-1]
    elsewhere = await client.get("/nowhere", headers={"X-Request-Id": "same"})
    assert elsewhere.content.replace(b"/nowhere", b"/secrets/never-was") == nobodys.content


async def test_retry_after_is_whole_seconds_rounded_up(client):
    assert (await client.get("/refused")).headers["retry-after"] == "2"


@pytest.mark.parametrize(("seconds", "said"), [(0, "0"), (0.01, "1"), (3, "3"), (-2, "0")])
def test_retry_after_is_never_negative(seconds, said):
    reply = problem(JobNotFinished(retry_after_seconds=seconds), ENGLISH, "https://estampe.example")
    assert reply.headers["Retry-After"] == said


def test_an_error_description_holds_only_what_a_header_may(monkeypatch):
    monkeypatch.setattr(Unauthenticated, "title", Text('A "quoted" \\ « é » \r\n title', "…"))
    reply = problem(Unauthenticated(), ENGLISH, "https://estampe.example")
    assert 'error_description="A quoted      title"' in reply.headers["WWW-Authenticate"]


def test_an_instance_is_a_uri():
    assert problem(JobNotFinished(), ENGLISH, "").body.instance == "/a%20b/%C3%A9"


def test_a_sign_in_too_old_is_asked_for_again_with_its_age():
    reply = problem(StepUpRequired(600), ENGLISH, "https://estampe.example")
    assert (reply.status, reply.body.code) == (401, "insufficient_user_authentication")
    challenge = reply.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="estampe", error="insufficient_user_authentication"')
    assert ', max_age="600"' in challenge
    assert challenge.endswith(METADATA)
