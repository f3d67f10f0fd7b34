"""Buckets for the tests: a server that speaks S3, a process of its own, and a fresh bucket a test."""

import importlib
import importlib.util
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
import obstore
import pytest
from obstore.store import S3Store
from tests.postgres import PATIENCE_SECONDS, eventually
from tests.service import free_port

KEY, SECRET = "tests", "a secret that no log shall show"

_numbers = itertools.count(1)


class Bucket(NamedTuple):
    """One bucket, as the settings name it."""

    endpoint: str
    name: str
    key: str = KEY
    secret: str = SECRET

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "store": "s3",
            "s3_bucket": self.name,
            "s3_endpoint": self.endpoint,
            "s3_region": "us-east-1",
            "s3_access_key_id": self.key,
            "s3_secret_access_key": self.secret,
        }

    def opened(self) -> S3Store:
        return S3Store(
            self.name,
            config={"endpoint": self.endpoint, "access_key_id": self.key, "secret_access_key": self.secret},
            client_options={"allow_http": True},
        )

    def listed(self) -> set[str]:
        return {one["path"] for page in obstore.list(self.opened()) for one in page}

    def bytes_of(self, key: str) -> bytes:
        return bytes(obstore.get(self.opened(), key).bytes())


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    with _serving() as url:
        yield url


@contextmanager
def suspicious() -> Iterator[Bucket]:
    """A bucket of a server that checks each signature, and lets one key do everything."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    # Nobody need sign to see that it answers, and to make the key.
    with _serving(INITIAL_NO_AUTH_ACTION_COUNT="4") as url:
        boto3 = importlib.import_module("boto3")
        at = {"endpoint_url": url, "region_name": "us-east-1"}
        iam = boto3.client("iam", **at, aws_access_key_id="nobody", aws_secret_access_key="nothing")
        iam.create_user(UserName="estampe")
        iam.put_user_policy(UserName="estampe", PolicyName="all", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName="estampe")["AccessKey"]
        made = Bucket(url, "estampe", key["AccessKeyId"], key["SecretAccessKey"])
        signed = {"aws_access_key_id": made.key, "aws_secret_access_key": made.secret}
        boto3.client("s3", **at, **signed).create_bucket(Bucket=made.name)
        yield made


@contextmanager
def _serving(**environment: str) -> Iterator[str]:
    """Its URL."""
    if importlib.util.find_spec("moto") is None:
        if os.environ.get("TESTS_REQUIRE_S3"):
            pytest.fail("a store that speaks S3 is required, and moto is not installed")
        pytest.skip("moto is not installed")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=os.environ | environment,
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
    assert httpx.put(f"{s3_endpoint}/{made.name}", timeout=PATIENCE_SECONDS, trust_env=False).is_success
    return made


def _answers(url: str) -> bool:
    try:
        # Asked once and for long: of a suspicious server, each request uses up one of those that nobody signs.
        return httpx.get(url, timeout=PATIENCE_SECONDS, trust_env=False).is_success
    except httpx.TransportError:
        return False
