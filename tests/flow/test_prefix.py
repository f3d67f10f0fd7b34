"""Behind a sub-path: a proxy that cuts it off and one that hands it on are both answered, and every link holds it."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from tests import postgres
from tests.flow.test_sign_in import new_code
from tests.people import SERVERS
from tests.service import PLAIN, Person, Service, running

ROOT = "/y/estampe"
PUBLIC = f"https://x.example{ROOT}"
SMALL = {"width": 64, "height": 64}


@pytest.fixture(scope="module", params=SERVERS)
def tucked(
    request: pytest.FixtureRequest,
    server: Callable[[str], postgres.Server],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    settings = {"server": request.param, "public_url": f"{PUBLIC}/"}
    with server("18").database() as url, running(url, tmp_path_factory.mktemp("prefix"), **settings) as service:
        yield service


@pytest.fixture(params=["", ROOT], ids=["cut off", "handed on"])
def way(request: pytest.FixtureRequest, tucked: Service) -> str:
    """Where a proxy finds the service."""
    return tucked.url + request.param


def links(shown: object) -> Iterator[str]:
    if isinstance(shown, dict | list):
        for one in shown.values() if isinstance(shown, dict) else shown:
            yield from links(one)
    elif isinstance(shown, str) and "://" in shown:
        yield shown


def asked(person: Person, way: str, method: str, path: str, **body: object) -> httpx.Response:
    return person.request(method, way + path, **body)


def test_every_link_leads_through_the_prefix_to_what_it_names(tucked: Service, way: str):
    with tucked.person("user_ana") as ana:
        accepted = asked(ana, way, "POST", "/api/images/generate", json={"prompt": "a cat", **SMALL})
        job_id = accepted.json()["job_id"]
        ana.ended(job_id)
        job = asked(ana, way, "GET", f"/api/jobs/{job_id}").json()
        page = asked(ana, way, "GET", "/api/jobs").json()
        found = [*links(accepted.json()), accepted.headers["location"], *links(job), *links(page)]
        opened = [link for link in found if "/cancel" not in link and "/events" not in link]
        answers = {ana.get(way + link.removeprefix(PUBLIC)).status_code for link in opened}
        (output,) = job["outputs"]
        bare = [httpx.get(way + output[name].removeprefix(PUBLIC), **PLAIN) for name in ("url", "thumbnail_url")]

    assert len(found) > 8
    assert {link.startswith(f"{PUBLIC}/api/") for link in found} == {True}
    assert answers == {200}
    assert [(one.status_code, one.headers["content-type"][:6]) for one in bare] == [(200, "image/")] * 2


def test_the_page_its_sign_in_and_its_streams_work(tucked: Service, way: str):
    with httpx.Client(base_url=way, **PLAIN) as browser:
        assert "text/html" in browser.get("/").headers["content-type"]
        assert browser.get("/openapi.json").json()["servers"] == [{"url": ROOT}]
        opened = browser.post("/auth/local/session", json={"code": new_code(tucked)})
        cookie, *facts = opened.headers["set-cookie"].split("; ")
        assert {f"Path={ROOT}", "Secure", "HttpOnly", "SameSite=Strict"} <= set(facts)
        people = {"Cookie": cookie, "Origin": "https://x.example", "Sec-Fetch-Site": "same-origin"}
        token = browser.post("/auth/local/token", headers=people).json()["token"]
        signed_in = {"Authorization": f"Bearer {token}"}
        assert browser.get("/api/me", headers=signed_in).json()["user_id"] == "user_me"
        with browser.stream("GET", "/api/events", headers=signed_in) as stream:
            assert "event: snapshot" in stream.iter_lines()
        refused = browser.get("/api/me")
        assert f'resource_metadata="{PUBLIC}/.well-known' in refused.headers["www-authenticate"]


def test_the_prefix_alone_leads_to_the_page(tucked: Service):
    answer = httpx.get(f"{tucked.url}{ROOT}?lang=fr", **PLAIN)

    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (308, f"{ROOT}/")
    assert answer.headers["location"].endswith("?lang=fr")


@pytest.mark.parametrize("path", ["/y", "/y/estampes/api/me", "/y/estampe/y/estampe/api/me", "/x/estampe/api/me"])
def test_another_path_is_not_ours(tucked: Service, path: str):
    assert httpx.get(tucked.url + path, **PLAIN).status_code == 404
