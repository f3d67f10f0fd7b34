import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from tests.bucket import KEY, SECRET, Bucket, suspicious
from tests.postgres import PATIENCE_SECONDS
from tests.service import free_port
from tests.thorough import thorough

from estampe.errors import InvalidSetting, NotFound, StoreUnavailable
from estampe.settings import Settings
from estampe.stores import s3
from estampe.stores.s3 import S3


def opened(bucket: Bucket, **more: object) -> S3:
    return S3.from_settings(Settings(**(bucket.settings | more)))


async def everything(store: S3, key: str, *span: int) -> bytes:
    return b"".join([piece async for piece in store.read(key, *span)])


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def refusing() -> Iterator[str]:
    """A server that refuses whatever is asked."""

    class Refusal(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(403)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONNECT_SECONDS", "REQUEST_SECONDS", "RETRY_SECONDS", "CHECK_SECONDS", "PUT_SECONDS"):
        monkeypatch.setattr(s3, name, 0.5)


async def refusals(store: S3) -> None:
    """Whatever is asked of a store that is away."""
    with pytest.raises(StoreUnavailable):
        await store.put("tenant/asset", b"picture", "image/png")
    with pytest.raises(StoreUnavailable):
        await everything(store, "tenant/asset")
    with pytest.raises(StoreUnavailable):
        await store.erase("tenant/asset")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"s3_bucket": None}, "s3_bucket"),
        ({"s3_bucket": ""}, "s3_bucket"),
        ({"s3_secret_access_key": None}, "s3_access_key_id, s3_secret_access_key"),
        ({"s3_prefix": "/leads/"}, "s3_prefix"),
        ({"s3_prefix": "../out"}, "s3_prefix"),
        ({"s3_endpoint": "minio:9000"}, "s3_endpoint"),
        ({"s3_endpoint": "ftp://minio"}, "s3_endpoint"),
        ({"s3_endpoint": "http://name:word@minio"}, "s3_endpoint"),
        ({"s3_public_endpoint": "files.example.org"}, "s3_public_endpoint"),
        ({"s3_public_endpoint": "https://files.example.org;"}, "s3_public_endpoint"),
        ({"s3_public_endpoint": "https://fichiers-été.example"}, "s3_public_endpoint"),
    ],
)
def test_a_wrong_setting_is_named(said: dict[str, str | None], named: str):
    settings = Bucket("http://127.0.0.1:1", "prints").settings | said
    with pytest.raises(InvalidSetting, match=named):
        S3.from_settings(Settings(**settings))


def test_a_bucket_that_is_not_there_is_one_clear_line(s3_endpoint: str):
    missing = opened(Bucket(s3_endpoint, "never-made"))
    with pytest.raises(InvalidSetting, match=f"there is no bucket never-made at {s3_endpoint}") as refused:
        missing.check()
    assert "\n" not in str(refused.value)


async def test_a_bucket_that_is_not_there_loses_no_file(s3_endpoint: str):
    # To take it for an empty one would let the sweeper forget what it could not erase.
    await refusals(opened(Bucket(s3_endpoint, "never-made")))


async def test_a_store_that_refuses_our_keys_is_one_clear_line(refusing: str):
    refused = opened(Bucket(refusing, "prints"))
    with pytest.raises(InvalidSetting, match="refuses us: check the keys") as said:
        refused.check()
    assert SECRET not in str(said.value)
    await refusals(refused)


async def test_a_store_that_nothing_answers_for_is_one_clear_line(hasty: None):
    away = opened(Bucket(f"http://127.0.0.1:{free_port()}", "prints"))
    with pytest.raises(InvalidSetting, match="cannot be reached: check s3_endpoint"):
        away.check()
    await refusals(away)


async def test_a_store_that_never_answers_is_given_up(deaf: str, hasty: None):
    silent = opened(Bucket(deaf, "prints"))
    with pytest.raises(InvalidSetting, match="cannot be reached"):
        silent.check()
    await refusals(silent)


async def test_a_put_can_be_canceled(deaf: str):
    putting = asyncio.create_task(opened(Bucket(deaf, "prints")).put("tenant/asset", b"picture", "image/png"))
    await asyncio.sleep(0.2)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(putting, 5)


def test_the_check_leaves_nothing_behind(bucket: Bucket):
    opened(bucket).check()
    assert bucket.listed() == set()


async def test_files_lie_under_the_prefix(bucket: Bucket):
    store = opened(bucket, s3_prefix="estampe/prod")
    await store.put("tenant/asset", b"picture", "image/png")
    assert bucket.listed() == {"estampe/prod/tenant/asset"}
    assert await everything(store, "tenant/asset") == b"picture"
    await store.erase("tenant/asset")
    assert bucket.listed() == set()


async def test_a_file_larger_than_a_part_is_whole(bucket: Bucket, tmp_path):
    source = tmp_path / "clip"
    source.write_bytes(bytes(range(256)) * 100_000)
    store = opened(bucket)
    await store.put("tenant/clip", source, "video/mp4")
    assert await everything(store, "tenant/clip") == source.read_bytes()


async def test_a_file_that_is_too_large_is_not_sent(bucket: Bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(s3, "LARGEST_BYTES", 100)
    source = tmp_path / "clip"
    source.write_bytes(b"x" * 101)
    for large in (source, b"x" * 101):
        with pytest.raises(ValueError, match="larger than 100"):
            await opened(bucket).put("tenant/clip", large, "video/mp4")
    assert bucket.listed() == set()


async def test_a_file_replaced_while_it_is_read_is_not_mixed(bucket: Bucket):
    store = opened(bucket)
    await store.put("tenant/clip", b"a" * 3 * s3.READ_BYTES, "video/mp4")
    reading = store.read("tenant/clip")
    assert (await anext(reading))[:1] == b"a"
    await store.put("tenant/clip", b"b" * 3 * s3.READ_BYTES, "video/mp4")
    with pytest.raises(StoreUnavailable):
        assert b"b" not in b"".join([piece async for piece in reading])


async def test_a_link_opens_the_file_with_its_type_and_ranges(bucket: Bucket):
    store = opened(bucket, s3_public_endpoint=bucket.endpoint)
    await store.put("tenant/clip", b"0123456789", "video/mp4")

    link = await store.link("tenant/clip", 60)
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as browser:
        answer = await browser.get(link, headers={"Range": "bytes=2-4"})

    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (206, b"234", "video/mp4")
    assert SECRET not in link


async def test_a_link_leads_where_people_reach_the_bucket_and_no_longer_than_asked(bucket: Bucket):
    store = opened(bucket, s3_public_endpoint="https://files.example.org", s3_prefix="estampe")
    link = httpx.URL(await store.link("tenant/clip", 60))
    assert (link.host, link.path) == ("files.example.org", f"/{bucket.name}/estampe/tenant/clip")
    assert link.params["X-Amz-Expires"] == "60"
    longest = httpx.URL(await store.link("tenant/clip", 10**9))
    assert longest.params["X-Amz-Expires"] == str(7 * 24 * 3600)


async def test_a_link_bears_the_signature_that_amazon_s_own_library_makes(monkeypatch):
    auth = pytest.importorskip("botocore.auth", reason="botocore is not installed")
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - as above
    from botocore.credentials import Credentials  # noqa: PLC0415

    said = {"s3_bucket": "estampe", "s3_region": "eu-west-3", "s3_access_key_id": KEY, "s3_secret_access_key": SECRET}
    store = S3.from_settings(Settings(store="s3", s3_public_endpoint="https://files.example.org", **said))
    link = httpx.URL(await store.link("tenant/clip.thumbnail", 60))
    at = datetime.strptime(link.params["X-Amz-Date"], "%Y%m%dT%H%M%S%z")

    monkeypatch.setattr(auth, "get_current_datetime", lambda: at)
    again = AWSRequest("GET", str(link.copy_with(query=None)))
    auth.S3SigV4QueryAuth(Credentials(KEY, SECRET), "s3", "eu-west-3", expires=60).add_auth(again)
    assert httpx.URL(again.url).params["X-Amz-Signature"] == link.params["X-Amz-Signature"]


@thorough("starts a server of its own; the signatures are obstore's, whichever the bucket")
async def test_a_server_that_checks_every_signature_takes_ours_and_no_other(tmp_path):
    with suspicious() as bucket:
        store = opened(bucket)
        store.check()
        (tmp_path / "clip").write_bytes(b"x" * (2 * s3.PART_BYTES + 1))
        await store.put("tenant/asset", b"picture", "image/png")
        await store.put("tenant/clip", tmp_path / "clip", "video/mp4")
        assert await everything(store, "tenant/asset", 1, 4) == b"ict"
        await store.erase("tenant/clip")
        with pytest.raises(NotFound):
            await everything(store, "tenant/clip")
        with pytest.raises(InvalidSetting):
            opened(bucket, s3_secret_access_key="another").check()


@pytest.mark.parametrize("path", ["", "/", "/files"])
async def test_the_origin_of_links_is_known_before_there_is_one(bucket: Bucket, path: str):
    store = opened(bucket, s3_public_endpoint=f"https://files.example.org:8443{path}")
    assert store.links_from == "https://files.example.org:8443"
    assert (await store.link("tenant/clip", 60)).startswith(f"{store.links_from}/")
    assert opened(bucket).links_from is None


async def test_keys_that_the_settings_do_not_give_come_from_the_standard_variables(bucket: Bucket, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fromoutside")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    given = {"s3_access_key_id": None, "s3_secret_access_key": None}
    store = opened(bucket, s3_public_endpoint=bucket.endpoint, **given)
    await store.put("tenant/asset", b"picture", "image/png")
    assert await everything(store, "tenant/asset") == b"picture"
    assert httpx.URL(await store.link("tenant/asset", 60)).params["X-Amz-Credential"].startswith("fromoutside/")


async def test_there_is_no_link_without_a_place_people_reach(bucket: Bucket):
    store = opened(bucket)
    assert await store.link("tenant/clip", 60) is None
    public = opened(bucket, s3_public_endpoint=bucket.endpoint)
    assert await public.link("tenant/clip", 0) is None
    with pytest.raises(NotFound):
        await public.link("../clip", 60)
