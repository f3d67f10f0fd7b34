"""Another tenant's things do not exist: the answer is that of an id that never was, byte for byte."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.service import Person, Service

from estampe.http import table
from estampe.http.route import Route

ROUTES = list(table(1))
WITH_JOB = [route for route in ROUTES if "{job_id}" in route.path]
WITH_ASSET = [route for route in ROUTES if "{asset_id}" in route.path]
WITH_KEY = [route for route in ROUTES if "{key_id}" in route.path]
OF_NO_TENANT = [route for route in ROUTES if "{model}" in route.path]
NEVER = {"job": "job_" + "a" * 24, "asset": "as_" + "a" * 24, "key": "key_" + "a" * 24}


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.fixture
def hers(ana: Person, boss: Person) -> dict[str, str]:
    job = ana.make("a secret cat", width=64, height=64)
    key = boss.post("/api/keys", json={"name": "a secret key"}).json()
    return {"job": job["job_id"], "asset": job["outputs"][0]["asset_id"], "key": key["key_id"]}


def asked(person: Person, method: str, path: str, ids: dict[str, str], **how: Any) -> tuple[int, Any, str]:
    """What is told, with the ids left out."""
    headers = {"X-Request-Id": "same"} | how.pop("headers", {})
    answer = person.request(method, path, headers=headers, **how)
    told, seen = answer.text, [(k, v) for k, v in answer.headers.items() if k not in {"date", "ratelimit"}]
    for one in ids.values():
        told = told.replace(one, "ID")
    return answer.status_code, seen, told


VARIATIONS: list[dict[str, Any]] = [
    {},
    {"headers": {"If-None-Match": "*", "Range": "bytes=0-0", "Last-Event-ID": "1", "Idempotency-Key": "k"}},
    {"params": {"wait": 1}},
    {"params": {"variant": "thumbnail"}},
]


def test_every_kind_of_id_is_tried():
    assert len(WITH_JOB + WITH_ASSET + WITH_KEY + OF_NO_TENANT) == len([route for route in ROUTES if "{" in route.path])


@pytest.mark.parametrize("how", VARIATIONS, ids=str)
@pytest.mark.parametrize("route", WITH_JOB + WITH_ASSET + WITH_KEY, ids=named)
def test_another_tenant_s_id_is_an_unknown_id(
    hers: dict[str, str], bob: Person, ana: Person, route: Route, how: dict[str, Any]
):
    known, unknown = (
        asked(bob, route.method, route.path.format(**{f"{kind}_id": one for kind, one in ids.items()}), ids, **how)
        for ids in (hers, NEVER)
    )

    assert known == unknown
    assert known[0] == (400 if how.get("params", {}).keys() - _parameters(route) else 404)
    assert ana.job(hers["job"])["status"] == "succeeded"


def _parameters(route: Route) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(route.query)} if route.query else set()


def test_lists_show_one_s_own_tenant_alone(hers: dict[str, str], ana: Person, bob: Person):
    for path in ("/api/jobs", "/api/jobs?q=secret", f"/api/jobs?user_id={ana.user}", "/api/assets"):
        assert hers["job"] not in bob.get(path).text
    assert ana.user not in bob.get("/api/people").text


def test_another_tenant_s_cursor_gives_one_s_own_page(hers: dict[str, str], ana: Person, bob: Person):
    ana.ask("another")
    cursor = ana.get("/api/jobs", params={"limit": 1}).json()["next_cursor"]

    assert bob.get("/api/jobs", params={"cursor": cursor}).json()["jobs"] == []


def test_another_tenant_s_picture_is_no_start(hers: dict[str, str], bob: Person):
    def told(asset: str) -> str:
        answer = bob.post("/api/images/generate", json={"prompt": "a", "input_asset_id": asset})
        assert answer.status_code == 422
        return answer.json()["detail"]

    assert told(hers["asset"]) == told(NEVER["asset"])


@pytest.fixture
def eve(service: Service, ana: Person) -> Iterator[Person]:
    """A colleague of Ana's, who manages nothing."""
    with service.person("user_eve", ana.org, "org:member") as person:
        yield person


STARTS: list[tuple[str, dict[str, Any]]] = [
    ("/api/images/generate", {"input_asset_id": "ASSET"}),
    ("/api/images/generate", {"input_asset_id": "ASSET", "mask_asset_id": "ASSET"}),
    ("/api/videos/generate", {"input_asset_id": "ASSET"}),
    ("/v1/videos", {"input_reference": {"file_id": "ASSET"}}),
]


@pytest.mark.parametrize(("path", "more"), STARTS, ids=str)
def test_a_colleague_s_picture_is_no_start_either(
    hers: dict[str, str], eve: Person, boss: Person, path: str, more: dict[str, Any]
):
    def told(person: Person, asset: str) -> tuple[int, str]:
        body = msgspec.json.encode({"prompt": "a", **more}).replace(b"ASSET", asset.encode())
        answer = person.post(path, content=body, headers={"Content-Type": "application/json", "X-Request-Id": "same"})
        return answer.status_code, answer.text

    assert told(eve, hers["asset"]) == told(eve, NEVER["asset"])
    assert told(eve, hers["asset"])[0] == (400 if path.startswith("/v1") else 422)
    assert told(boss, hers["asset"])[0] in {200, 202}


def test_the_streams_tell_nothing_of_another_tenant(ana: Person, bob: Person) -> None:
    with bob.stream("GET", "/api/events") as answer:
        lines = answer.iter_lines()
        _until(lines, "event: snapshot")
        ana.make("hers", width=64, height=64)
        his = bob.ask("his", width=64, height=64)
        heard = list(_through(lines, "event: done"))

    assert any(his in line for line in heard)
    assert not any("hers" in line for line in heard)


def test_one_person_in_two_organisations_keeps_them_apart(service: Service, ana: Person) -> None:
    mine = ana.make("for acme", width=64, height=64)["job_id"]

    with service.person(ana.user, "org_elsewhere", "org:admin") as elsewhere, service.person(ana.user) as alone:
        assert {elsewhere.get(f"/api/jobs/{mine}").status_code, alone.get(f"/api/jobs/{mine}").status_code} == {404}


def _until(lines: Iterator[str], wanted: str) -> None:
    for line in lines:
        if line == wanted:
            return


def _through(lines: Iterator[str], wanted: str) -> Iterator[str]:
    for line in lines:
        yield line
        if line == wanted:
            yield next(lines)
            return
