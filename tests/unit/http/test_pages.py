"""The studio as it is served: which addresses are its own, and what stands around each answer."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from estampe.http.content_policy import policy, sources
from estampe.http.pages import Needs, Pages
from estampe.http.schemas import ClerkDoor, SignInMethods
from estampe.identity import Door

PERSON = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGE = '<!doctype html><html><head><base href="/" /><title>Estampe</title></head></html>'
LOCAL = SignInMethods(local=True, clerk=None, clerk_publishable_key=None, oidc=[])
DOOR = Door(
    issuer="https://id.example/realms/atelier",
    name="id.example",
    client_id="studio",
    scopes=("openid",),
    authorization_endpoint="https://login.example/auth",
    token_endpoint="https://tokens.example:8443/token",
    end_session_endpoint=None,
    token="id_token",
    audience=None,
    resource=None,
)
OIDC = SignInMethods(local=False, clerk=None, clerk_publishable_key=None, oidc=[DOOR])
CLERK = SignInMethods(
    local=False,
    clerk=ClerkDoor("pk_test_x", "https://clerk.example"),
    clerk_publishable_key="pk_test_x",
    oidc=[],
)


BUCKET = "https://files.example:8443"


async def api(scope: Any, receive: Any, send: Any) -> None:
    await JSONResponse({"code": "not_found"}, 404)(scope, receive, send)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "assets" / "index-1a2b.js").write_text("const words = 'studio '.repeat(9)\n" * 30)
    (tmp_path / "assets" / "letter-3c.woff2").write_bytes(b"wOF2")
    (tmp_path / "secret.map").write_text("{}")
    return tmp_path


@pytest.fixture
def visit(built: Path) -> Callable[..., Any]:
    """Asks for a path, as a browser does unless said, of a studio with these ways to sign in."""

    async def ask(
        path: str, methods: SignInMethods = LOCAL, below: str = "", files: str | None = None, **headers: str
    ) -> httpx.Response:
        async def needs() -> Needs:
            issuers = [door.issuer for door in methods.oidc]
            return Needs(sources(methods, issuers, files), nonce=methods.clerk is not None)

        pages = Pages(api, taken=frozenset({"api", "docs"}), below=below, needs=needs, folder=built)
        transport = httpx.ASGITransport(pages)
        said = {"Accept-Encoding": "identity"} | PERSON | {name.replace("_", "-"): it for name, it in headers.items()}
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as browser:
            return await browser.get(path, headers=said)

    return ask


def allowed(answer: httpx.Response) -> dict[str, set[str]]:
    said = (one.split(" ") for one in answer.headers["Content-Security-Policy"].split("; "))
    return {directive: set(values) for directive, *values in said}


@pytest.mark.parametrize("path", ["/", "/generate-images", "/gallery/0198-job", "/no/such/page", "/assets/gone.js"])
async def test_what_a_person_opens_is_the_page(visit: Any, path: str):
    answer = await visit(path)

    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/api/nothing", "/docs/nothing", "/api"])
async def test_what_begins_like_the_api_is_the_api_s_even_for_a_person(visit: Any, path: str):
    assert (await visit(path)).json() == {"code": "not_found"}


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.5", "image/png"])
async def test_a_program_that_asks_for_no_page_gets_a_problem(visit: Any, accept: str):
    assert (await visit("/generate-images", Accept=accept)).json() == {"code": "not_found"}


async def test_below_a_path_the_page_says_so(visit: Any):
    assert '<base href="/studio/" />' in (await visit("/gallery", below="/studio")).text


async def test_the_page_is_asked_for_again_each_time_and_sent_only_when_it_changed(visit: Any):
    first = await visit("/")
    again = await visit("/usage", If_None_Match=first.headers["ETag"])
    other = await visit("/usage", OIDC, If_None_Match=first.headers["ETag"])

    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    assert other.status_code == 200, "another policy is another page"


async def test_what_is_named_by_its_content_is_kept_for_good(visit: Any):
    answer = await visit("/assets/index-1a2b.js", Accept="*/*")

    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_text_travels_packed_for_whoever_takes_it(visit: Any, built: Path):
    plain = await visit("/assets/index-1a2b.js")
    packed = await visit("/assets/index-1a2b.js", Accept_Encoding="gzip, br")
    letters = await visit("/assets/letter-3c.woff2", Accept_Encoding="gzip")

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == (built / "assets" / "index-1a2b.js").read_bytes()
    assert int(packed.headers["Content-Length"]) < len(packed.content) / 2
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in letters.headers, "it is packed already"


async def test_only_what_the_page_is_made_of_is_served(visit: Any):
    assert (await visit("/secret.map", Accept="*/*")).status_code == 404
    assert (await visit("/assets/../../pages.py", Accept="*/*")).status_code == 404


async def test_an_unbuilt_studio_says_what_to_run_in_both_languages(visit: Any, built: Path):
    (built / "index.html").unlink()
    said = (await visit("/", below="/studio")).text

    assert "run make studio" in said
    assert "lancez make studio" in said
    assert '<base href="/studio/" />' in said


async def test_by_itself_the_page_may_use_nothing_but_its_own_origin(visit: Any):
    answer = await visit("/")
    sources_named = set().union(*allowed(answer).values())

    assert sources_named == {"'none'", "'self'", "data:", "blob:"}
    assert allowed(answer)["default-src"] == allowed(answer)["frame-ancestors"] == {"'none'"}
    assert allowed(answer)["script-src"] == allowed(answer)["style-src"] == {"'self'"}
    assert "csp-nonce" not in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_an_issuer_is_asked_for_tokens_and_shown_in_a_hidden_frame_of_our_own(visit: Any):
    said = allowed(await visit("/", OIDC))

    assert said["connect-src"] == {"'self'", "https://id.example", "https://tokens.example:8443"}
    assert said["frame-src"] == {"'self'", "https://id.example", "https://login.example"}
    assert said["frame-ancestors"] == {"'self'"}
    assert said["script-src"] == said["style-src"] == {"'self'"}


def test_an_issuer_that_has_not_answered_yet_may_be_asked_all_the_same():
    assert sources(LOCAL, ["https://id.example/realms/a"])["connect-src"] == {"https://id.example"}


async def test_clerk_s_component_gets_its_origin_and_a_nonce_for_its_styles_each_time_another(visit: Any):
    first, second = await visit("/", CLERK), await visit("/", CLERK)
    nonces = [re.search(r'<meta property="csp-nonce" nonce="([\w-]{20,})" />', one.text)[1] for one in (first, second)]

    assert nonces[0] != nonces[1]
    assert allowed(first)["style-src"] == {"'self'", f"'nonce-{nonces[0]}'"}
    assert "https://clerk.example" in allowed(first)["script-src"] & allowed(first)["connect-src"]
    assert allowed(first)["img-src"] >= {"https://img.clerk.com"}
    assert first.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("methods", [LOCAL, OIDC, CLERK], ids=["local", "oidc", "clerk"])
async def test_files_that_come_from_elsewhere_are_shown_and_no_more(visit: Any, methods: SignInMethods):
    alone, among = allowed(await visit("/", methods)), allowed(await visit("/", methods, files=BUCKET))

    added = {directive: among[directive] - alone[directive] for directive in among if directive != "style-src"}
    assert {directive: more for directive, more in added.items() if more} == {
        "img-src": {BUCKET},
        "media-src": {BUCKET},
    }
    assert all(alone[directive] <= among[directive] for directive in added)


@pytest.mark.parametrize("methods", [LOCAL, OIDC, CLERK], ids=["local", "oidc", "clerk"])
def test_nothing_inline_and_nothing_evaluated_is_ever_allowed(methods: SignInMethods):
    said = policy(sources(methods, ["https://id.example"]), "n")

    assert "unsafe" not in said
    assert " * " not in said
    assert "http:" not in said


async def test_a_packed_page_is_the_same_page(visit: Any):
    answer = await visit("/", Accept_Encoding="gzip")

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.text == PAGE
    assert len(gzip.compress(PAGE.encode(), 9)) == pytest.approx(int(answer.headers["Content-Length"]), abs=20)
