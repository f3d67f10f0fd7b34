"""Buckets for the tests: a server that speaks S3, a process of its own, and a fresh bucket a test."""

import importlib.util
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import obstore
import pytest
from obstore.store import S3Store
from tests.postgres import eventually
from tests.service import free_port

KEY, SECRET = "tests", "a secret that no log shall show"

_numbers = itertools.count(1)


class Bucket(NamedTuple):
    """One bucket, as the settings name it."""

    endpoint: str
    name: str

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "store": "s3",
            "s3_bucket": self.name,
            "s3_endpoint": self.endpoint,
            "s3_region": "us-east-1",
            "s3_access_key_id": KEY,
            "s3_secret_access_key": SECRET,
        }

    def opened(self) -> S3Store:
        return S3Store(
            self.name,
            config={"endpoint": self.endpoint, "access_key_id": KEY, "secret_access_key": SECRET},
            client_options={"allow_http": True},
        )

    def listed(self) -> set[str]:
        return {one["path"] for page in obstore.list(self.opened()) for one in page}

    def bytes_of(self, key: str) -> bytes:
        return bytes(obstore.get(self.opened(), key).bytes())


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    if importlib.util.find_spec("moto") is None:
        if os.environ.get("TESTS_REQUIRE_S3"):
            pytest.fail("a store that speaks S3 is required, and moto is not installed")
        pytest.skip("moto is not installed")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: _answers(url), "the S3 server")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def bucket(s3_endpoint: str) -> Bucket:
    made = Bucket(s3_endpoint, f"estampe-{next(_numbers)}")
    assert httpx.put(f"{s3_endpoint}/{made.name}", trust_env=False).is_success
    return made


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False
