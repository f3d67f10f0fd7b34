"""The examples that people copy, run as they stand."""

import ast
import asyncio
import importlib.util
import re
import threading
from pathlib import Path

import httpx
import pytest
import uvicorn
from flask_cors import CORS
from tests.service import free_port

from estampe.settings import read

EXAMPLES = Path(__file__).parents[2] / "examples"
METHODS = ("OPTIONS", "GET", "HEAD", "POST")
MISSING = "Token d'authentification manquant"


@pytest.fixture
def example(monkeypatch, estampe_issuer):
    """Imports an example as its author would run it: with the settings in the environment."""
    for name, value in estampe_issuer.environment.items():
        monkeypatch.setenv(name, value)
    imported = []

    def of(name):
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        imported.append(module)
        return module

    yield of
    for module in imported:
        module.verifier.close()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_route_of_flask_knows_who_calls(example, estampe_token):
    client = example("flask_backend").app.test_client()
    answer = client.get("/bonjour", headers=bearer(estampe_token("user_ada", "org_atelier")))
    assert answer.status_code == 200
    assert answer.json == {"bonjour": "user_ada", "organisation": "org_atelier"}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "token_missing"),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, 401, "token_missing"),
        ({"Authorization": "Bearer garbage"}, 401, "token_invalid"),
        ({"Authorization": "Bearer a, Bearer b"}, 400, "invalid_request"),
    ],
)
def test_a_route_of_flask_refuses_who_does_not_say(example, headers, status, code):
    answer = example("flask_backend").app.test_client().get("/bonjour", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert (answer.json["title"] == MISSING) == (code == "token_missing")


def test_flask_refuses_an_expired_and_a_foreign_token(example, estampe_issuer):
    client = example("flask_backend").app.test_client()
    expired = client.get("/bonjour", headers=bearer(estampe_issuer.issue(ttl_seconds=-60)))
    foreign = client.get("/bonjour", headers=bearer(estampe_issuer.issue(iss="https://stranger.example")))
    assert (expired.json["code"], foreign.json["code"]) == ("token_expired", "token_invalid_issuer")


@pytest.fixture
def werkzeug_server(example):
    from werkzeug.serving import make_server  # noqa: PLC0415 - only this test needs it

    server = make_server("127.0.0.1", 0, example("flask_backend").app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_flask_on_its_own_server(werkzeug_server, estampe_token):
    with httpx.Client(base_url=werkzeug_server, trust_env=False) as client:
        known = client.get("/bonjour", headers=bearer(estampe_token("user_ada")))
        unknown = client.get("/bonjour")
    assert (known.status_code, known.json()["bonjour"]) == (200, "user_ada")
    assert (unknown.status_code, unknown.json()["title"]) == (401, MISSING)


async def test_an_asgi_application_behind_the_verifier(example, estampe_token):
    transport = httpx.ASGITransport(example("asgi_backend").app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        several = [client.get("/", headers=bearer(estampe_token(f"user_{number}"))) for number in range(20)]
        known = await asyncio.gather(*several)
        unknown = await client.get("/")
        twice = await client.get("/", headers=[("Authorization", "Bearer a"), ("Authorization", "Bearer b")])
    assert [answer.json()["bonjour"] for answer in known] == [f"user_{number}" for number in range(20)]
    assert (unknown.status_code, unknown.json()["title"]) == (401, MISSING)
    assert twice.status_code == 400


def test_asgi_on_a_real_server(example, estampe_token):
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(example("asgi_backend").app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            threading.Event().wait(0.01)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert client.get("/", headers=bearer(estampe_token("user_ada"))).json() == {"bonjour": "user_ada"}
            assert client.get("/").status_code == 401
    finally:
        server.should_exit = True
        thread.join()


PREFLIGHT = {"Origin": "https://www.example.com", "Access-Control-Request-Method": "GET"}


def test_flask_lets_a_browser_s_preflight_through_and_it_alone(example):
    app = example("flask_backend").app
    CORS(app, origins=["https://www.example.com"], allow_headers=["Authorization"])
    client = app.test_client()

    asked = client.options("/bonjour", headers={**PREFLIGHT, "Access-Control-Request-Headers": "authorization"})

    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, "https://www.example.com")
    assert asked.headers["Access-Control-Allow-Headers"] == "authorization"
    assert [client.open("/bonjour", method=method).status_code for method in ("GET", "HEAD")] == [401, 401]


async def test_asgi_lets_a_browser_s_preflight_through_and_it_alone(example):
    transport = httpx.ASGITransport(example("asgi_backend").app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        statuses = [(await client.request(method, "/", headers=PREFLIGHT)).status_code for method in METHODS]
    assert statuses == [200, 401, 401, 401]


def test_the_next_js_site_s_readme_says_whose_tokens_are_taken_and_from_where():
    readme = (EXAMPLES / "nextjs-clerk/README.md").read_text("utf-8")
    told = read(dict(re.findall(r"^(ESTAMPE_\w+)=(\S+)$", readme, re.MULTILINE)))

    assert told.clerk_issuer
    # Clerk says in a token which of an application's sites it was made for; nobody looks unless the server is told.
    assert told.clerk_authorized_parties == told.allowed_origins == ("http://localhost:3000",)


@pytest.mark.parametrize("name", ["flask_backend", "asgi_backend"])
def test_a_route_is_protected_in_few_lines(name):
    text = (EXAMPLES / f"{name}.py").read_text("utf-8")
    ast.parse(text)
    protecting = re.split(r"^# What protects it:$", text, flags=re.MULTILINE)[1]
    lines = [line for line in protecting.splitlines() if line.strip()]
    assert len(lines) < 10
