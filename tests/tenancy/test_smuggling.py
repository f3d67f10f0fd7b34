"""Another tenant's ids where nobody would look: in queries, bodies, cursors, idempotency keys and signed URLs."""

import re
import statistics
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest
from tests.service import Person, Service

from estampe.http import table
from estampe.http.route import Access, Route

GUARDED = [route for route in table(1) if route.may is not Access.PUBLIC]
ASKED = [route for route in GUARDED if route.query is not None]
TOLD = [route for route in GUARDED if route.body not in {None, bytes}]
SMALL = {"width": 64, "height": 64}
VALID = {
    "/api/images/generate": {"prompt": "his", **SMALL},
    "/api/videos/generate": {"prompt": "his", **SMALL},
    "/api/keys": {"name": "n"},
    "/v1/images/generations": {"prompt": "his", "size": "64x64"},
    "/v1/images/edits": {"prompt": "his"},
    "/v1/videos": {"prompt": "his", "size": "64x64", "seconds": "1"},
}
WORDS = ("secretcat", "secretkey")


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.fixture
def hers(ana: Person, boss: Person) -> dict[str, str]:
    """Everything that names something of Ana's."""
    job = ana.make("secretcat", width=64, height=64)
    key = boss.post("/api/keys", json={"name": "secretkey"}).json()
    return {
        "job": job["job_id"],
        "asset": job["outputs"][0]["asset_id"],
        "key": key["key_id"],
        "tenant": ana.get("/api/me").json()["tenant_id"],
        "user": ana.user,
        "organization": str(ana.org),
    }


def never(hers: dict[str, str]) -> dict[str, str]:
    """As long, as well formed, and nobody's."""
    return {what: re.sub(r"(?<=_)[a-z0-9]+$", lambda end: "a" * len(end[0]), one) for what, one in hers.items()}


def told(person: Person, method: str, path: str, said: str, **how: Any) -> tuple[int, str]:
    answer = person.request(method, path, headers={"X-Request-Id": "same"}, **how)
    return answer.status_code, answer.text.replace(said, "ID")


def no_difference(hers: dict[str, str], ask: Callable[[str], tuple[int, str]]) -> None:
    """Refusals are the same to the letter; what is answered says nothing of Ana's."""
    for (what, known), unknown in zip(hers.items(), never(hers).values(), strict=True):
        one, other = ask(known), ask(unknown)
        assert one[0] == other[0], what
        if one[0] >= 400:
            assert one == other, what
        assert not [secret for secret in (*hers.values(), *WORDS) if secret in one[1]], what


def fields(struct: Any) -> list[msgspec.structs.FieldInfo]:
    return list(msgspec.structs.fields(struct))


def shaped(field: msgspec.structs.FieldInfo, text: str) -> Any:
    said = str(field.type)
    return {text: text} if "dict[" in said else [text] if "list[" in said else text


@pytest.mark.parametrize("route", ASKED, ids=named)
def test_in_a_query(hers: dict[str, str], bob: Person, route: Route):
    path = route.path.format(job_id="job_" + "b" * 24, asset_id="as_" + "b" * 24)
    for field in fields(route.query):

        def ask(said: str, name: str = field.encode_name) -> tuple[int, str]:
            return told(bob, route.method, path, said, params={name: said})

        no_difference(hers, ask)


@pytest.mark.parametrize("route", TOLD, ids=named)
def test_in_a_body(hers: dict[str, str], bob: Person, route: Route):
    for field in fields(route.body):

        def ask(said: str, field: Any = field) -> tuple[int, str]:
            body = VALID[route.path] | {field.encode_name: shaped(field, said)}
            return told(bob, route.method, route.path, said, json=body)

        no_difference(hers, ask)


@pytest.mark.parametrize("path", ["/api/jobs", "/api/assets", "/api/keys"])
def test_in_a_cursor(hers: dict[str, str], ana: Person, boss: Person, bob: Person, path: str):
    owner = boss if path == "/api/keys" else ana
    if path == "/api/keys":
        boss.post("/api/keys", json={"name": "another"})
    else:
        ana.make("another", **SMALL)
    cursor = owner.get(path, params={"limit": 1}).json()["next_cursor"]

    page = bob.get(path, params={"cursor": cursor}).json()

    assert list(page.values()) == [[], None]


def test_in_a_key_that_makes_asking_safe(ana: Person, bob: Person):
    hers, his = (person.ask("the same", headers={"Idempotency-Key": "shared"}, **SMALL) for person in (ana, bob))
    other = bob.post("/api/images/generate", json={"prompt": "x"}, headers={"Idempotency-Key": "only-hers"})
    ana.post("/api/images/generate", json={"prompt": "y"}, headers={"Idempotency-Key": "only-his"})

    assert hers != his
    assert bob.get(f"/api/jobs/{hers}").status_code == 404
    assert other.status_code == 202
    assert ana.ask("the same", headers={"Idempotency-Key": "shared"}, **SMALL) == hers


def test_in_a_signed_url(hers: dict[str, str], ana: Person, bob: Person):
    his = bob.make("his", **SMALL)["outputs"][0]
    url = urlsplit(his["url"])
    signed = {name: value for name, (value,) in parse_qs(url.query).items()}
    theirs = {"tenant": hers["tenant"], "asset": hers["asset"]}
    nobodys = {what: one for what, one in never(hers).items() if what in theirs}

    def ask(asset: str, **changes: str) -> tuple[int, str]:
        query = urlencode(signed | changes)
        return told(bob, "GET", f"/api/assets/{asset}/content?{query}", asset)

    for changes in ({}, {"variant": "thumbnail"}, {"expires": "99999999999"}, {"signature": "A" * 43}):
        known = ask(theirs["asset"], tenant=theirs["tenant"], **changes)
        assert known == ask(nobodys["asset"], tenant=nobodys["tenant"], **changes)
        assert known == ask(theirs["asset"], **changes) == ask(nobodys["asset"], **changes)
        assert known[0] == 404


def test_with_a_key_of_one_s_own(hers: dict[str, str], bob: Person, service: Service):
    made = bob.post("/api/keys", json={"name": "n", "scopes": ["jobs:manage", "keys:manage", "usage:read"]}).json()
    bob.headers["Authorization"] = f"Bearer {made['key']}"

    for path in ("/api/jobs", "/api/assets", "/api/keys", "/api/usage", "/api/auth-events"):
        answer = bob.get(path)
        assert answer.status_code == 200
        assert not [secret for secret in (*hers.values(), *WORDS) if secret in answer.text]
    for path in (f"/api/jobs/{hers['job']}", f"/api/assets/{hers['asset']}", f"/api/assets/{hers['asset']}/content"):
        assert bob.get(path).status_code == 404
    assert bob.delete(f"/api/keys/{hers['key']}").status_code == 404


ROUNDS = 150
NOISE = (0.8, 1.25)


@pytest.mark.bench
@pytest.mark.parametrize("path", ["/api/jobs/{job}", "/api/assets/{asset}", "/api/jobs/{job}/events"])
def test_the_time_it_takes_tells_nothing(hers: dict[str, str], bob: Person, path: str):
    places = {"known": path.format(**hers), "unknown": path.format(**never(hers))}

    def seconds(where: str) -> float:
        began = time.perf_counter()
        assert bob.get(where).status_code == 404
        return time.perf_counter() - began

    def ratio() -> float:
        taken: dict[str, list[float]] = {name: [] for name in places}
        for number in range(ROUNDS):
            for name in sorted(places, reverse=number % 2 == 0):
                taken[name].append(seconds(places[name]))
        return statistics.median(taken["known"]) / statistics.median(taken["unknown"])

    # A busy machine may spoil a run, hardly three; a difference would show in every one.
    assert any(NOISE[0] < ratio() < NOISE[1] for _ in range(3))
