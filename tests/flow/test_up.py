"""`estampe up` and the other verbs, as a person in a terminal meets them."""

import io
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import httpx
import psutil
import pytest
from PIL import Image
from tests.postgres import PATIENCE_SECONDS, eventually, root_only
from tests.service import ENDED, until_free
from tests.terminal import LINK, Terminal

from estampe.cli.up import STOP_SECONDS


@pytest.fixture
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return Terminal(tmp_path_factory.mktemp("home") / "data", engines="fake")


@pytest.fixture
def settled(lived_in: Path) -> Terminal:
    """Not started there for the first time."""
    return Terminal(lived_in, engines="fake")


def gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def test_a_newcomer_s_first_picture_and_clip_and_who_else_may_come(
    tmp_path_factory: pytest.TempPathFactory,
):
    terminal = Terminal(tmp_path_factory.mktemp("first") / "data")
    picture, clip = terminal.folder.parent / "a.png", terminal.folder.parent / "b.mp4"

    with terminal.up() as up:
        code = up.link()
        with httpx.Client(base_url=terminal.url, trust_env=False) as browser:
            assert browser.post("/auth/local/session", json={"code": code}).status_code == 204
            token = browser.post("/auth/local/token").json()["token"]
        first = terminal.run("generate", "red apple", "--out", str(picture), "--seed", "4")
        second = terminal.run("generate", "papillon", "--video", "--out", str(clip))
        mine = httpx.get(f"{terminal.url}/api/jobs", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
        with terminal.client("user_other", "org_local") as other, terminal.client("user_local", None) as alone:
            others = (
                other.get("/api/jobs", params={"mine": "true"}).json()["jobs"] + alone.get("/api/jobs").json()["jobs"]
            )
            assert other.get("/api/models").json()["models"][0]["name"].startswith("vignette")
        printed = terminal.run("token", "--user", "alice", "--org", "acme", "--role", "admin", "--ttl", "3600")
        headers = {"Authorization": f"Bearer {printed.stdout.strip()}"}
        alice = httpx.get(f"{terminal.url}/api/me", headers=headers, trust_env=False).json()
        _, code = LINK.findall(terminal.run("link", "--user", "bob").stdout)[0]
        with httpx.Client(base_url=terminal.url, trust_env=False) as browser:
            assert browser.post("/auth/local/session", json={"code": code}).status_code == 204
            bob = browser.get("/auth/local/session").json()

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    with Image.open(io.BytesIO(picture.read_bytes())) as image:
        pixels = image.convert("RGB").resize((1, 1), box=(200, 250, 312, 400)).getpixel((0, 0))
        assert json.loads(image.text["estampe"])["prompt"] == "red apple"
    assert pixels[0] > 180, pixels
    assert max(pixels[1:]) < 110, pixels
    with av.open(io.BytesIO(clip.read_bytes())) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(frames) == 16
    assert any((frame != frames[0]).any() for frame in frames)
    assert [job["parameters"]["prompt"] for job in mine.json()["jobs"]] == ["papillon", "red apple"]
    assert others == []
    assert (alice["user_id"], alice["organization_id"], alice["role"]) == ("alice", "acme", "org:admin")
    assert (bob["user_id"], [(one["id"], one["role"]) for one in bob["organizations"]]) == (
        "bob",
        [("org_local", "org:member")],
    )


def test_ctrl_c_stops_everything_and_loses_no_job(settled: Terminal):
    with settled.up() as up:
        up.link()
        with settled.client() as me:
            slow = me.post("/api/images/generate", json={"prompt": "[steps 100] [sleep 0.1] a"}).json()["job_id"]
            waiting = me.post("/api/images/generate", json={"prompt": "b"}).json()["job_id"]
            eventually(lambda: me.get(f"/api/jobs/{slow}").json()["status"] == "running", "a running job")
        family = up.family()
        up.process.send_signal(signal.SIGINT)
        # Whatever has not ended by then is ended, so that on a machine that is free it takes less than ten seconds.
        assert STOP_SECONDS < 10
        assert up.popen.wait(PATIENCE_SECONDS) == 0
        eventually(lambda: gone(family), "the end of every process")
        until_free(settled.port)

    with settled.up() as up, settled.client() as me:
        up.link()
        assert {job["job_id"] for job in me.get("/api/jobs").json()["jobs"]} == {slow, waiting}
        for job_id in (slow, waiting):
            eventually(lambda job_id=job_id: me.get(f"/api/jobs/{job_id}").json()["status"] == "succeeded", job_id)


def test_a_killed_estampe_leaves_no_process_and_its_jobs_end_after_the_next_start(settled: Terminal):
    with settled.up() as up:
        up.link()
        with settled.client() as me:
            accepted = [
                me.post("/api/images/generate", json={"prompt": f"[steps 10] [sleep 0.05] {n}"}).json()["job_id"]
                for n in range(4)
            ]
        family = [process for process in up.family() if "postgres" not in process.name()]
        up.process.kill()
        up.popen.wait()
        eventually(lambda: gone(family), "the end of every process")

    with settled.up() as up, settled.client() as me:
        up.link()

        def ends() -> set[str]:
            return {me.get(f"/api/jobs/{job_id}").json()["status"] for job_id in accepted}

        eventually(lambda: ends() <= ENDED, "the end of every job")
        assert ends() == {"succeeded"}


def test_an_api_or_a_worker_that_dies_is_started_again(settled: Terminal):
    with settled.up() as up, settled.client() as me:
        up.link()
        for command in ("api", "worker"):
            (child,) = [p for p in up.process.children() if p.cmdline()[3:4] == [command]]
            child.kill()
            eventually(
                lambda child=child, command=command: any(
                    p.pid != child.pid and p.cmdline()[3:4] == [command] for p in up.process.children()
                ),
                f"another {command}",
            )

        def made() -> bool:
            try:
                answer = me.post("/api/images/generate", json={"prompt": "a"}, headers={"Prefer": "wait=5"})
            except httpx.TransportError:
                return False
            return answer.status_code == 200

        eventually(made, "a picture")


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 2, result.stdout + result.stderr
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("estampe: ")
    return line


def test_a_port_in_use_is_one_clear_line(terminal: Terminal):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", terminal.port))
        taken.listen()

        assert f"{terminal.port} is in use" in one_line(terminal.run("up"))


@pytest.mark.parametrize(
    ("verb", "name", "value"),
    [
        ("doctor", "port", "abc"),
        ("doctor", "port", "70000"),
        ("up", "engines", "nonesuch"),
        ("doctor", "server", "apache"),
        ("doctor", "colour", "red"),
        ("worker", "config", "nowhere.toml"),
        ("worker", "public_url", "images.example.com"),
        ("up", "clerk_publishable_key", "pk_nonsense"),
        ("api", "clerk_publishable_key", "pk_nonsense"),
        ("api", "clerk_webhook_secret", "whsec_c2VjcmV0"),
        ("api", "oidc_issuer", "id.example"),
    ],
)
def test_a_wrong_setting_is_one_clear_line_that_names_it(terminal: Terminal, verb: str, name: str, value: str):
    terminal.environment[f"ESTAMPE_{name.upper()}"] = value
    command = [word for word in terminal.command(verb) if name != "port" or word not in {"--port", str(terminal.port)}]

    result = subprocess.run(command, env=terminal.environment, capture_output=True, text=True, timeout=60, check=False)

    said = one_line(result)
    assert f"ESTAMPE_{name.upper()}" in said or name in said or value in said


def test_the_line_is_french_in_a_french_terminal(terminal: Terminal):
    terminal.environment |= {"ESTAMPE_PORT": "abc", "LANG": "fr_FR.UTF-8"}
    command = [sys.executable, "-m", "estampe", "migrate"]

    result = subprocess.run(command, env=terminal.environment, capture_output=True, text=True, timeout=60, check=False)

    assert "est incorrect" in one_line(result)


def test_a_file_of_settings_is_read_and_its_mistakes_are_named(settled: Terminal, tmp_path: Path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('engines = ["fake"]\nasset_url_seconds = 60\n')
    bad.write_text('engines = "fake"\nprot = 9006\n')

    assert settled.run("doctor", "--config", str(good)).returncode == 0
    assert "prot" in one_line(settled.run("doctor", "--config", str(bad)))
    assert "nowhere.toml" in one_line(settled.run("doctor", "--config", "nowhere.toml"))


def test_a_quota_without_end_is_one_clear_line(terminal: Terminal, tmp_path: Path):
    (tmp_path / "estampe.toml").write_text("[plans.default]\nquotas = { images = inf }\n")

    said = one_line(terminal.run("up", "--config", str(tmp_path / "estampe.toml")))

    assert "plans in " in said
    assert "images = inf is no amount; what is left out is not limited" in said


def test_a_data_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    terminal = Terminal(tmp_path / "file" / "data")

    assert "cannot be written" in one_line(terminal.run("up"))


@root_only
def test_a_full_disk_is_one_clear_line(mounted: Callable[[str], Path]):
    assert one_line(Terminal(mounted("size=8m") / "data").run("up"))


def test_generate_says_when_nothing_answers(terminal: Terminal):
    result = terminal.run("generate", "a cat", "--out", str(terminal.folder.parent / "a.png"))

    assert result.returncode == 1
    assert "estampe up" in result.stderr


def test_a_picture_without_a_file_of_its_own_is_named_after_its_words_and_replaces_nothing(
    settled: Terminal, tmp_path: Path
):
    with settled.up() as up:
        up.link()
        for _ in range(2):
            assert settled.run("generate", "L'été, 2 chats !", cwd=tmp_path).returncode == 0
        settled.run("generate", "!", "--video", cwd=tmp_path)
        bracketed = settled.run("generate", "[red] cat [/b]", "--out", "[a].png", cwd=tmp_path)
        folder = settled.run("generate", "a cat", "--out", str(tmp_path))
        lost = settled.run("generate", "a cat", "--out", str(tmp_path / f"{'a' * 300}.png"))

    assert {path.name for path in tmp_path.iterdir()} == {
        "l-été-2-chats.png",
        "l-été-2-chats-2.png",
        "video.mp4",
        "[a].png",
    }
    assert (bracketed.returncode, "[a].png" in bracketed.stderr) == (0, True)
    for path in tmp_path.glob("l-*.png"):
        with Image.open(path) as image:
            assert json.loads(image.text["estampe"])["prompt"] == "L'été, 2 chats !"
    assert f"{tmp_path} is a folder" in one_line(folder)
    assert lost.returncode == 1
    assert "kept in the gallery" in lost.stderr.splitlines()[-1]


def test_the_doctor_looks_at_everything_and_is_content(settled: Terminal):
    result = settled.run("doctor")

    assert result.returncode == 0, result.stdout
    for about in ("python", "folder", "database", "engine", "media", "port", "sign-in"):
        assert about in result.stdout


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/nowhere", "nonsense"])
def test_the_doctor_says_what_is_wrong(terminal: Terminal, url: str):
    terminal.environment["ESTAMPE_DATABASE_URL"] = url

    result = terminal.run("doctor")

    assert (result.returncode, result.stderr) == (1, "")
    assert "ESTAMPE_DATABASE_URL" in result.stdout


def test_local_sign_in_is_off_when_others_can_reach_the_server(terminal: Terminal):
    terminal.environment["ESTAMPE_HOST"] = "0.0.0.0"

    assert "ESTAMPE_LOCAL_SIGN_IN" in one_line(terminal.run("link"))
