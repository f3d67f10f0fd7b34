"""The studio where people reach the bucket: it shows what comes from there, and saves what comes from the server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tests.browser.create.desk import LOADED, is_done, until
from tests.browser.frame.around import NOBODY
from tests.browser.visit import Installation, Visitor, installed
from tests.bucket import Bucket

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Request

PLAYS = "video => !video.paused && video.currentTime > 0"


@pytest.fixture
def place(browser: Browser, bucket: Bucket, tmp_path: Path) -> Iterator[Installation]:
    said = bucket.settings | {"s3_public_endpoint": f"{bucket.endpoint}/"}
    with installed(tmp_path, **said) as started:
        yield started


@pytest.fixture
def visitor(browser: Browser, place: Installation) -> Iterator[Visitor]:
    context = browser.new_context(locale="en-US", reduced_motion="no-preference")
    came = Visitor(context, place.url)
    came.expected.append(NOBODY)
    came.signs_in(place.printed_link())
    yield came
    context.close()
    assert came.unexpected() == []


def saved(link: Locator) -> tuple[str, str]:
    """What is on the disk after a click: its name, and the hash of its bytes."""
    with link.page.expect_download() as started:
        link.click()
    return started.value.suggested_filename, hashlib.sha256(started.value.path().read_bytes()).hexdigest()


def test_the_bucket_s_pictures_and_clips_are_seen_and_saved(visitor: Visitor, place: Installation, bucket: Bucket):
    page, there = visitor.page, urlsplit(bucket.endpoint).netloc
    fetched: list[Request] = []
    page.on("request", lambda asked: urlsplit(asked.url).netloc == there and fetched.append(asked))
    made = visitor.asks("a red kite", "fake-image")
    is_done(made)
    until(made.get_by_role("img", name="a red kite"), LOADED)
    with place.person() as ana:
        (job,) = ana.get("/api/jobs").json()["jobs"]
        clip = ana.make("a kite that turns", "video", width=64, height=64, num_frames=8)
    (file,) = job["outputs"]
    assert saved(made.get_by_role("link", name="Download")) == (f"{job['job_id']}.png", file["sha256"])

    visitor.page.goto(f"{place.url}/gallery/{job['job_id']}")
    sheet = page.get_by_role("dialog", name="a red kite", exact=True)
    until(sheet.get_by_role("img", name="a red kite"), LOADED)
    assert saved(sheet.get_by_role("link", name="Download")) == (f"a-red-kite-{file['seed']}.png", file["sha256"])
    page.get_by_role("button", name="Back to the gallery").click()
    until(page.get_by_role("grid").locator("video"), PLAYS)

    assert {asked.resource_type for asked in fetched} == {"image", "media"}, "no script asks it: it needs no CORS"
    keys = {urlsplit(asked.url).path for asked in fetched}
    assert all(any(output["asset_id"] in key for key in keys) for output in (file, *clip["outputs"]))
