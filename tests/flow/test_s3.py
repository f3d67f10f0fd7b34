"""The whole service with its files in a bucket: made, read, deleted, erased; and what a bucket that is away does."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from tests import dump
from tests.bucket import SECRET, Bucket
from tests.postgres import eventually
from tests.service import Person, Service, free_port, running
from tests.thorough import thorough

SLOW = "[steps 20] [sleep 0.05] a cat"


@pytest.fixture
def stored(bucket: Bucket, server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("s3")
    said = bucket.settings | {"s3_prefix": "estampe"}
    with server("18").database() as url, running(url, folder, **said) as started:
        yield started


def anonymous(url: str, method: str = "GET", **headers: str) -> httpx.Response:
    return httpx.request(method, url, headers=headers, trust_env=False, timeout=30)


def keys_of(bucket: Bucket, job: dict) -> set[str]:
    return {key for key in bucket.listed() if any(output["asset_id"] in key for output in job["outputs"])}


def test_a_job_s_files_live_and_die_in_the_bucket(stored: Service, bucket: Bucket):
    with stored.person("user_ana", "org_acme", "org:admin") as ana:
        job = ana.make("a cat", width=64, height=64)
        output = job["outputs"][0]

        whole = anonymous(output["url"])
        assert (whole.status_code, len(whole.content)) == (200, output["bytes"])
        assert whole.headers["content-type"] == "image/png"
        assert anonymous(output["url"], Range="bytes=5-9").content == whole.content[5:10]
        assert anonymous(output["url"], "HEAD").headers["content-length"] == str(output["bytes"])
        assert anonymous(output["thumbnail_url"]).headers["content-type"] == "image/webp"
        assert anonymous(output["url"].replace("signature=", "signature=A")).status_code == 404
        (key,) = (key for key in keys_of(bucket, job) if not key.endswith(".thumbnail"))
        assert key.startswith("estampe/tn_")
        assert bucket.bytes_of(key) == whole.content
        assert not list((stored.data_dir / "files").rglob("*"))

        assert ana.delete(f"/api/jobs/{job['job_id']}").is_success
        eventually(lambda: not keys_of(bucket, job), "the erased files")
        assert anonymous(output["url"]).status_code == 404

        clip = ana.make("a bird", "video", width=64, height=64)["outputs"][0]
        assert anonymous(clip["url"], Range="bytes=0-").headers["content-type"] == "video/mp4"
        picture = ana.post("/api/uploads", content=whole.content, headers={"Content-Type": "image/png"}).json()
        assert ana.make("another", input_asset_id=picture["asset_id"])["status"] == "succeeded"
    assert SECRET not in stored.log.read_text("utf-8", "replace")
    assert SECRET not in dump.rows(stored.database_url)


@thorough("test_erase.py says the same of a folder")
def test_who_leaves_is_gone_from_the_bucket(stored: Service, bucket: Bucket):
    with stored.person("user_leaver") as leaver, stored.person("user_other") as other:
        gone, stays = (person.make("a lynx", width=64, height=64) for person in (leaver, other))
        said = [sys.executable, "-m", "estampe", "erase"]
        for words in (["add", "--user", "user_leaver", "--days", "0"], ["run"]):
            subprocess.run([*said, *words], env=stored.environment, check=True, capture_output=True, timeout=60)

        eventually(lambda: not keys_of(bucket, gone), "the erased files")
        assert len(keys_of(bucket, stays)) == 2


@thorough("test_survival.py says the same of a folder")
def test_what_a_killed_worker_left_in_the_bucket_is_swept(stored: Service, bucket: Bucket):
    with stored.person() as ana:
        job_id = ana.ask(SLOW, num_outputs=3, width=64, height=64)
        # The first of the outputs lies in the bucket, and no row points at it yet.
        eventually(bucket.listed, "a kept file")
        stored.kill("worker")
        orphans = bucket.listed()
        assert orphans
        stored.start("worker")
        ended = ana.ended(job_id)
        with psycopg.connect(stored.database_url) as connection:
            connection.execute("update unclaimed_files set since = now() - interval '1 day'")

        kept = keys_of(bucket, ended)
        eventually(lambda: bucket.listed() == kept, "a swept bucket")

    assert (ended["status"], ended["attempts"], len(kept)) == ("succeeded", 2, 2 * 3)
    assert not orphans & kept


@pytest.fixture
def linked(bucket: Bucket, server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("linked")
    said = bucket.settings | {"s3_public_endpoint": bucket.endpoint}
    with server("18").database() as url, running(url, folder, **said) as started:
        yield started


def test_a_shown_link_leads_to_the_bucket_where_people_reach_it(linked: Service, bucket: Bucket):
    with linked.person() as ana:
        output = ana.make("a cat", width=64, height=64)["outputs"][0]

        sent = anonymous(output["url"])
        assert (sent.status_code, sent.content) == (307, b"")
        assert sent.headers["location"].startswith(f"{bucket.endpoint}/{bucket.name}/tn_")
        assert "private" in sent.headers["cache-control"]
        there = anonymous(sent.headers["location"], Range="bytes=1-3")
        assert (there.status_code, there.content, there.headers["content-type"]) == (206, b"PNG", "image/png")
        small = anonymous(anonymous(output["thumbnail_url"]).headers["location"])
        assert small.headers["content-type"] == "image/webp"

        # What the link would refuse, the bucket is never asked.
        assert anonymous(output["url"].replace("signature=", "signature=A")).status_code == 404
        # HEAD is not what was signed; and a token must not travel on to the bucket.
        assert anonymous(output["url"], "HEAD").headers["content-length"] == str(output["bytes"])
        # What a browser is to save comes from here: the bucket would show it.
        saved = anonymous(output["url"] + "&download=true")
        assert (saved.status_code, len(saved.content)) == (200, output["bytes"])
        assert saved.headers["content-disposition"].startswith("attachment; ")
        own = ana.get(f"/api/assets/{output['asset_id']}/content")
        assert (own.status_code, len(own.content)) == (200, output["bytes"])
        assert urlsplit(output["url"]).port == linked.port

    # A page's policy holds for where a link leads, too.
    said = anonymous(linked.url, Accept="text/html").headers["content-security-policy"].split("; ")
    allowed = {directive for directive, *sources in map(str.split, said) if bucket.endpoint in sources}
    assert allowed == {"img-src", "media-src"}


@thorough("waits for a bucket of its own to come back")
def test_a_bucket_that_goes_away_is_said_and_waited_for(server, tmp_path_factory: pytest.TempPathFactory):
    port = free_port()
    bucket = Bucket(f"http://127.0.0.1:{port}", "prints")
    with server("18").database() as url:
        there = _started(bucket)
        try:
            with running(url, tmp_path_factory.mktemp("away"), **bucket.settings) as service, service.person() as ana:
                job = ana.make("a cat", width=64, height=64)
                output = job["outputs"][0]
                whole = anonymous(output["url"]).content
                doomed = [ana.make("a bird", "video", width=64, height=64)["job_id"], job["job_id"]]
                there.kill()
                there.wait()

                _says_so(ana, output["url"], whole)
                _says_so_of_a_clip(ana, doomed[0])
                _deletes_all_the_same(ana, doomed)
                waiting = ana.ask("a dog", width=64, height=64)
                ana.reaches(waiting, "running")

                there = _started(bucket)
                job = ana.ended(waiting)
                assert (job["status"], job["attempts"], job["usage"]["units"]) == ("succeeded", 1, 1)
                assert len(keys_of(bucket, job)) == 2
                assert service.rows("select from assets where job_id = any (%s)", doomed) == []
        finally:
            there.kill()
            there.wait()


def _started(bucket: Bucket) -> subprocess.Popen[bytes]:
    port = bucket.endpoint.rpartition(":")[2]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def made() -> bool:
        try:
            return httpx.put(f"{bucket.endpoint}/{bucket.name}", trust_env=False).is_success
        except httpx.TransportError:
            return False

    eventually(made, "the bucket")
    return process


def _says_so(person: Person, url: str, picture: bytes) -> None:
    read = anonymous(url)
    brought = person.post("/api/uploads", content=picture, headers={"Content-Type": "image/png"})
    for answer in (read, brought):
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
        assert int(answer.headers["retry-after"]) > 0


def _says_so_of_a_clip(person: Person, clip: str) -> None:
    for variant in ("video", "thumbnail"):
        answer = person.get(f"/v1/videos/{clip}/content", params={"variant": variant})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unavailable")


def _deletes_all_the_same(person: Person, jobs: list[str]) -> None:
    """The job is gone at once; the files are left to whoever finds the bucket again."""
    clip, picture = jobs
    assert person.delete(f"/v1/videos/{clip}").status_code == 200
    assert person.delete(f"/api/jobs/{picture}").status_code == 204
    assert {person.get(f"/api/jobs/{job}").status_code for job in jobs} == {404}


AGAIN = thorough("the same, said by another verb")


@pytest.mark.parametrize(
    "command", ["api", *(pytest.param(one, marks=AGAIN) for one in ("worker", "up", "store", "doctor"))]
)
def test_a_bucket_that_is_missing_at_the_start_is_one_clear_line(s3_endpoint: str, tmp_path: Path, command: str):
    settings = Bucket(s3_endpoint, "never-made").settings
    with closing(Service("postgresql:///nowhere", tmp_path, **settings)) as service:
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-m", "estampe", command],
            env=service.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    said = ended.stdout if command == "doctor" else ended.stderr
    assert ended.returncode == (1 if command == "doctor" else 2)
    (line,) = (line for line in said.splitlines() if "never-made" in line)
    assert f"there is no bucket never-made at {s3_endpoint}" in line
    assert "Traceback" not in ended.stderr
