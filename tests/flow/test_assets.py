"""Kept files: their links, their bytes, and what people bring."""

import contextlib
import io
import os
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image
from tests.postgres import eventually
from tests.service import PLAIN, Person, Service


@pytest.fixture
def output(ana: Person) -> dict:
    return ana.make("a cat", width=64, height=64)["outputs"][0]


def anonymous(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, **PLAIN)


def test_a_link_opens_without_a_header(output: dict):
    answer = anonymous(output["url"])

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert len(answer.content) == output["bytes"]
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_thumbnail_is_a_small_webp(output: dict):
    answer = anonymous(output["thumbnail_url"])

    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.format == "WEBP"
        assert max(picture.size) <= 384


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature", "AAAA"),
        ("signature", ""),
        ("expires", "9999999999"),
        ("variant", "thumbnail"),
        ("tenant", "tn_aaaaaaaaaaaaaaaaaaaaaaaa"),
    ],
)
def test_an_altered_link_opens_nothing(output: dict, name: str, value: str):
    parts = urlsplit(output["url"])
    query = {key: values[0] for key, values in parse_qs(parts.query).items()} | {name: value}

    answer = anonymous(parts._replace(query=urlencode(query)).geturl())

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_link_is_for_one_file(ana: Person, output: dict):
    other = ana.make("a dog", width=64, height=64)["outputs"][0]

    answer = anonymous(output["url"].replace(output["asset_id"], other["asset_id"]))

    assert answer.status_code == 404


def test_a_file_without_link_or_token_is_refused(ana: Person, output: dict):
    answer = anonymous(f"{ana.base_url}/api/assets/{output['asset_id']}/content")

    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-10", -10, None), ("bytes=5-99999999", 5, None)],
)
def test_a_range_gives_those_bytes(output: dict, asked: str, start: int, end: int | None):
    whole = anonymous(output["url"]).content

    answer = anonymous(output["url"], Range=asked)

    assert (answer.status_code, answer.content) == (206, whole[start:end])
    first = start if start >= 0 else len(whole) + start
    last = first + len(answer.content) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=a-b", "bytes=5-2", "lines=0-1", "bytes=", "bytes=0-1,4-5", "bytes=-"])
def test_a_range_that_cannot_be_read_gives_the_whole_file(output: dict, asked: str):
    answer = anonymous(output["url"], Range=asked)

    assert (answer.status_code, len(answer.content)) == (200, output["bytes"])


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_range_outside_of_the_file_is_refused_with_its_size(output: dict, asked: str):
    answer = anonymous(output["url"], Range=asked)

    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{output['bytes']}")


def test_a_known_file_is_not_sent_again(output: dict):
    etag = anonymous(output["url"]).headers["etag"]

    assert anonymous(output["url"], **{"If-None-Match": etag}).status_code == 304
    assert anonymous(output["url"], **{"If-None-Match": '"other"'}).status_code == 200
    changed = anonymous(output["url"], **{"Range": "bytes=0-1", "If-Range": '"other"'})
    assert changed.status_code == 200


def test_head_tells_the_size_alone(output: dict):
    answer = httpx.head(output["url"], **PLAIN)

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == output["bytes"]


def named(answer: httpx.Response) -> tuple[str, str]:
    """How the answer wants to be treated, and under which name."""
    said = re.fullmatch(r'(inline|attachment); filename="([\w.-]+)"', answer.headers["content-disposition"])
    assert said
    return said[1], said[2]


def test_a_download_is_to_be_saved_and_is_the_same_bytes(ana: Person, output: dict):
    shown, saved = anonymous(output["url"]), anonymous(output["url"] + "&download=true")
    own = ana.get(f"/api/assets/{output['asset_id']}/content", params={"download": "true"})
    job_id = ana.get(f"/api/assets/{output['asset_id']}").json()["job_id"]

    assert named(shown) == ("inline", f"{job_id}.png")
    assert named(saved) == named(own) == ("attachment", f"{job_id}.png")
    assert saved.content == own.content == shown.content
    assert saved.headers["content-type"] == "image/png"
    small = anonymous(output["thumbnail_url"] + "&download=true")
    assert named(small) == ("attachment", f"{job_id}-thumbnail.webp")
    assert anonymous(output["url"] + "&download=perhaps").status_code == 400


def test_a_download_is_told_of_resumed_and_known_like_any_file(output: dict):
    url = output["url"] + "&download=true"
    told, piece = httpx.head(url, **PLAIN), anonymous(url, Range="bytes=5-9")
    known = anonymous(url, **{"If-None-Match": told.headers["etag"]})

    assert (told.status_code, int(told.headers["content-length"]), told.content) == (200, output["bytes"], b"")
    assert (piece.status_code, piece.content) == (206, anonymous(output["url"]).content[5:10])
    assert known.status_code == 304
    assert {named(answer)[0] for answer in (told, piece, known)} == {"attachment"}


def test_the_files_of_one_job_are_saved_under_different_names(ana: Person):
    job = ana.make("two cats", width=64, height=64, num_outputs=2)
    names = [named(anonymous(output["url"] + "&download=true"))[1] for output in job["outputs"]]

    assert names == [f"{job['job_id']}.png", f"{job['job_id']}-2.png"]


def test_a_link_is_no_better_for_a_download(output: dict):
    assert anonymous(output["url"].replace("signature=", "signature=A") + "&download=true").status_code == 404


def test_files_are_listed_page_by_page(ana: Person):
    made = [ana.make("a cat", width=64, height=64)["outputs"][0]["asset_id"] for _ in range(3)]

    first = ana.get("/api/assets", params={"limit": 2}).json()
    second = ana.get("/api/assets", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [asset["asset_id"] for asset in first["assets"] + second["assets"]] == made[::-1]
    assert second["next_cursor"] is None


def picture(kind: str, size: tuple[int, int] = (32, 16)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(content, kind)
    return content.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_one_s_own_can_be_brought(ana: Person, kind: str):
    answer = ana.post("/api/uploads", content=picture(kind), headers={"Content-Type": f"image/{kind.lower()}"})

    said = answer.json()
    assert (answer.status_code, said["width"], said["height"], said["job_id"]) == (201, 32, 16, None)
    assert anonymous(said["url"]).content == picture(kind)
    assert ana.get("/api/assets").json()["assets"][0]["asset_id"] == said["asset_id"]


def holder(boss: Person, scope: str) -> Person:
    """Someone who may do that one thing."""
    made = boss.post("/api/keys", json={"name": "n", "scopes": [scope]}).json()
    boss.headers["Authorization"] = f"Bearer {made['key']}"
    return boss


def test_who_may_make_clips_alone_brings_the_picture_that_one_starts_from(boss: Person):
    maker = holder(boss, "videos:generate")

    brought = maker.post("/api/uploads", content=picture("PNG"), headers={"Content-Type": "image/png"})

    assert brought.status_code == 201, brought.text
    started = {"width": 64, "height": 64, "num_frames": 8, "input_asset_id": brought.json()["asset_id"]}
    assert maker.make("a cat", "video", **started)["kind"] == "video"


def test_who_may_make_nothing_brings_nothing_and_is_told_what_either_takes(boss: Person):
    refused = holder(boss, "jobs:manage").post("/api/uploads", content=b"", headers={"Content-Type": "image/png"})

    said = refused.json()
    assert (refused.status_code, said["code"]) == (403, "permission_missing")
    assert said["detail"] == "You need the permission images:generate or videos:generate."
    assert 'scope="images:generate videos:generate"' in refused.headers["www-authenticate"]


def test_a_picture_of_sixteen_bits_is_shown_in_its_own_shades(ana: Person):
    content = io.BytesIO()
    Image.fromarray(np.tile(np.linspace(0, 40_000, 64).astype(np.uint16), (64, 1))).save(content, "PNG")

    said = ana.post("/api/uploads", content=content.getvalue(), headers={"Content-Type": "image/png"}).json()

    with Image.open(io.BytesIO(anonymous(said["thumbnail_url"]).content)) as shown:
        assert np.asarray(shown).mean() == pytest.approx(20_000 / 257, abs=2)


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"", "image/png", 415),
        (b"<svg onload=alert(1)>", "image/png", 415),
        (picture("PNG")[:60], "image/png", 415),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "image/png", 415),
        (picture("PNG"), "image/svg+xml", 415),
        (picture("PNG"), "text/html", 415),
        (picture("GIF"), "image/png", 415),
        (b"\xff" * (33 * 1024 * 1024), "image/png", 413),
    ],
)
def test_what_is_no_picture_is_refused(ana: Person, content: bytes, media_type: str, status: int):
    answer = ana.post("/api/uploads", content=content, headers={"Content-Type": media_type})

    assert answer.status_code == status, answer.text
    assert ana.get("/api/assets").json()["assets"] == []


def test_a_jpeg_that_would_be_drawn_for_minutes_is_refused(ana: Person):
    content = io.BytesIO()
    Image.new("L", (7000, 7000), 90).save(content, "JPEG", progressive=True)
    start = content.getvalue().rindex(b"\xff\xda")
    whole, last_scan = content.getvalue(), content.getvalue()[start:-2]

    answer = ana.post("/api/uploads", content=whole + last_scan * 5000, headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 201, answer.text
    again = whole[:-2] + last_scan * 5000 + whole[-2:]
    answer = ana.post("/api/uploads", content=again, headers={"Content-Type": "image/jpeg"})

    assert (answer.status_code, answer.json()["code"]) == (422, "limit_exceeded"), answer.text


def most_memory(service: Service) -> int:
    """Bytes that a process of the API has held at most."""
    api = psutil.Process(service.processes["api"].pid)
    told = [Path(f"/proc/{one.pid}/status").read_text() for one in (api, *api.children(recursive=True))]
    return max(1024 * int(re.search(r"VmHWM:\s+(\d+) kB", each)[1]) for each in told if "VmHWM" in each)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone tells the most that was held")
def test_small_files_of_large_pictures_are_all_taken_a_few_at_a_time(own_service: Service):
    content, side, copies = io.BytesIO(), 3000, 4  # as many as a decoder of WebP makes
    Image.new("RGBA", (side, side), (200, 30, 30, 128)).save(content, "WEBP", method=0)
    with own_service.person() as ana:
        ana.post("/api/uploads", content=picture("WEBP"), headers={"Content-Type": "image/webp"})
        before = most_memory(own_service)

        def brought(_: int) -> int:
            headers = {"Content-Type": "image/webp"}
            return ana.post("/api/uploads", content=content.getvalue(), headers=headers, timeout=120).status_code

        with ThreadPoolExecutor(8) as threads:
            assert [*threads.map(brought, range(8))] == [201] * 8

    assert most_memory(own_service) - before < 3 * copies * 4 * side * side


def begun_upload(service: Service, person: Person) -> socket.socket:
    """A large picture that is waited for, and never arrives."""
    line = socket.create_connection(("127.0.0.1", service.port), timeout=30)
    head = f"POST /api/uploads HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {person.token}\r\n"
    more = "Content-Type: image/png\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n"
    line.sendall((head + more).encode())
    assert line.recv(1000).startswith(b"HTTP/1.1 100 ")
    return line


def test_a_few_large_pictures_of_one_person_come_at_once_and_no_more(service: Service, ana: Person, boss: Person):
    content = io.BytesIO()
    Image.frombytes("RGB", (700, 700), os.urandom(700 * 700 * 3)).save(content, "PNG")

    def brought(person: Person) -> httpx.Response:
        return person.post("/api/uploads", content=content.getvalue(), headers={"Content-Type": "image/png"})

    with contextlib.ExitStack() as lines:
        for _ in range(4):
            lines.enter_context(begun_upload(service, ana))
        refused = brought(ana)

        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert int(refused.headers["retry-after"]) > 0
        assert brought(boss).status_code == 201
        small = ana.post("/api/uploads", content=picture("PNG"), headers={"Content-Type": "image/png"})
        assert small.status_code == 201
    eventually(lambda: brought(ana).status_code == 201, "room for another")
