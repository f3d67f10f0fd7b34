"""Files fetched whole or not at all, and never twice as much as needed."""

import hashlib
import io
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from estampe_client import errors
from PIL import Image
from tests.cut_line import Line, line_to
from tests.sdk.doors import Made, statuses
from tests.service import Person, Service


@pytest.fixture
def clip(ana: Person) -> dict:
    """A file of some length."""
    return ana.make("a bird", kind="video", width=512, height=512, num_frames=24, fps=8)["outputs"][0]


@pytest.fixture
def line(service: Service) -> Iterator[Line]:
    with line_to(service.port) as opened:
        yield opened


def content(person: Person, clip: dict) -> bytes:
    return person.get(f"/api/assets/{clip['asset_id']}/content").content


def part_of(to: Path, clip: dict) -> Path:
    return to.with_name(f"{to.name}.{clip['sha256'][:16]}.part")


def sizes(client) -> list[int]:
    """How many bytes each answer announces, from now on."""
    announced: list[int] = []
    inner = getattr(client, "_inner", client)

    def hear(answer: httpx.Response) -> None:
        announced.append(int(answer.headers.get("content-length", 0)))

    async def hear_later(answer: httpx.Response) -> None:
        hear(answer)

    inner._http.event_hooks = {"response": [hear if inner is client else hear_later]}
    return announced


def test_a_file_is_fetched_checked_and_named(client, ana: Person, clip: dict, tmp_path: Path):
    told = []
    client.assets.download(clip["asset_id"], tmp_path / "bird.mp4", on_progress=lambda *done: told.append(done))
    named = client.assets.download(client.assets.get(clip["asset_id"]), tmp_path)

    assert (tmp_path / "bird.mp4").read_bytes() == content(ana, clip)
    assert told[-1] == (clip["bytes"], clip["bytes"])
    assert named == tmp_path / f"{clip['asset_id']}.mp4"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["bird.mp4", named.name])


def test_a_file_that_came_by_half_is_taken_up_where_it_stopped(client, ana: Person, clip: dict, tmp_path: Path):
    to, whole = tmp_path / "bird.mp4", content(ana, clip)
    part_of(to, clip).write_bytes(whole[:-1000])
    facts = client.assets.get(clip["asset_id"])
    announced = sizes(client)

    client.assets.download(facts, to)

    assert to.read_bytes() == whole
    assert announced == [1000]


def test_a_half_that_is_wrong_is_fetched_anew(client, ana: Person, clip: dict, tmp_path: Path):
    to, whole = tmp_path / "bird.mp4", content(ana, clip)
    part_of(to, clip).write_bytes(b"x" * 1000)

    client.assets.download(clip["asset_id"], to)

    assert to.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == ["bird.mp4"]


@pytest.mark.parametrize("length", [0, 1])
def test_a_part_that_is_whole_or_too_long_needs_no_luck(client, ana: Person, clip: dict, tmp_path: Path, length: int):
    to, whole = tmp_path / "bird.mp4", content(ana, clip)
    part_of(to, clip).write_bytes(whole + b"x" * length)

    client.assets.download(clip["asset_id"], to)

    assert to.read_bytes() == whole


def test_a_line_cut_in_the_middle_costs_only_what_was_missing(make: Made, line: Line, ana: Person, tmp_path: Path):
    noise = io.BytesIO()
    Image.frombytes("RGB", (2000, 2000), random.Random(7).randbytes(12_000_000)).save(noise, "PNG")
    client = make(f"http://127.0.0.1:{line.port}", ana.token)
    facts = client.uploads.create(noise.getvalue())
    announced, cut = sizes(client), []

    def cut_once(done: int, total: int) -> None:
        if not cut:
            cut.append(done)
            line.cut()

    client.assets.download(facts, tmp_path / "noise.png", on_progress=cut_once)

    assert hashlib.sha256((tmp_path / "noise.png").read_bytes()).hexdigest() == facts.sha256
    assert line.calls == 2
    assert announced[0] == facts.bytes
    assert announced[1] < facts.bytes - cut[0] + 1


def test_an_expired_token_does_not_end_a_download(
    make: Made, service: Service, ana: Person, clip: dict, tmp_path: Path
):
    tokens = [service.local.issue(ana.user, ana.org, ttl_seconds=seconds) for seconds in (60, -60)]
    client = make(service.url, tokens.pop)
    heard = statuses(client)

    client.assets.download(clip["asset_id"], tmp_path / "bird.mp4")

    assert heard == [401, 200, 200]


def test_a_folder_that_is_not_there_is_said_before_anything_is_fetched(client, clip: dict, tmp_path: Path):
    facts = client.assets.get(clip["asset_id"])
    heard = statuses(client)

    with pytest.raises(FileNotFoundError):
        client.assets.download(facts, tmp_path / "nowhere" / "bird.mp4")

    assert heard == []


def test_a_file_that_is_gone_leaves_what_was_there(client, ana: Person, clip: dict, tmp_path: Path):
    to = tmp_path / "bird.mp4"
    to.write_text("kept")
    facts = client.assets.get(clip["asset_id"])
    client.jobs.delete(facts.job_id)

    with pytest.raises(errors.NotFound):
        client.assets.download(facts, to)

    assert to.read_text() == "kept"
