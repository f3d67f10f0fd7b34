"""The OpenAI dialect, by OpenAI's own client for JavaScript, in a Node of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.cut_line import line_to
from tests.postgres import eventually
from tests.service import Person, Service
from tests.thorough import thorough

pytestmark = thorough("needs Node, and OpenAI's client from npm; test_dialect.py asks the same in Python")

HERE = Path(__file__).parent / "openai_npm"


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the client beside the script that drives it."""
    found, npm = shutil.which("node"), shutil.which("npm")
    why = None if found and npm else "node and npm are needed for OpenAI's client"
    if why is None and not (HERE / "node_modules" / "openai").exists():
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        installed = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
        why = None if installed.returncode == 0 else f"npm could not install openai: {installed.stderr[-500:]}"
    if why is not None:
        (pytest.fail if os.environ.get("TESTS_REQUIRE_NODE") else pytest.skip)(why)
    return found


@pytest.fixture
def act(node: str, ana: Person) -> Iterator[Callable[..., Any]]:
    def play(scene: str, base_url: str = str(ana.base_url)) -> Any:
        command = [node, "drive.mjs", f"{base_url.rstrip('/')}/v1", ana.token, scene]
        said = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False, timeout=120)
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    return play


def test_pictures(act: Callable[..., Any]):
    assert act("pictures") == {"kinds": ["PNG", "PNG"], "url": "image/png", "inline": None}


def test_an_edit(act: Callable[..., Any]):
    assert act("edit") == {"kind": "PNG"}


def test_looks_come_before_the_picture(act: Callable[..., Any]):
    assert act("stream") == ["image_generation.partial_image", "image_generation.completed"]


def test_a_clip_is_made_fetched_listed_and_deleted(act: Callable[..., Any]):
    said = act("video")

    assert (said["status"], said["seconds"], said["type"]) == ("completed", "2", "video/mp4")
    assert said["size"] > 500
    assert said["gone"] == {"id": said["ids"][0], "object": "video.deleted", "deleted": True}


def test_the_models(act: Callable[..., Any]):
    assert act("models") == ["fake-image", "fake-video"]


def test_refusals_are_the_client_s_own_errors(act: Callable[..., Any]):
    told = [(said["name"], said["status"], said["code"], said["param"]) for said in act("refusals")]

    assert told == [
        ("AuthenticationError", 401, "invalid_api_key", None),
        ("BadRequestError", 400, "limit_exceeded", "style"),
        ("NotFoundError", 404, "model_not_found", "model"),
        ("NotFoundError", 404, "not_found", None),
        ("InternalServerError", 500, "job_failed", None),
    ]


def test_a_call_cut_while_it_waits_is_made_again_and_is_one_job(act: Callable[..., Any], service: Service, ana: Person):
    with line_to(service.port) as line, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(act, "patience", f"http://127.0.0.1:{line.port}")
        eventually(lambda: ana.get("/api/jobs").json()["jobs"], "a job")
        line.cut()
        said = waiting.result(timeout=90)

    assert [job["job_id"] for job in ana.get("/api/jobs").json()["jobs"]] == [said["job_id"]]
