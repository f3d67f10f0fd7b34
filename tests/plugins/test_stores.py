"""Every store keeps the contract, whichever it is."""

import asyncio
import subprocess
import sys

import pytest

from estampe import plugins
from estampe.errors import NotFound
from estampe.settings import Settings
from estampe.stores import CHUNK_BYTES

NASTY = [
    "",
    "/",
    "/etc/passwd",
    "..",
    "../secret",
    "tenant/../../secret",
    "tenant/..",
    "tenant//file",
    "tenant/",
    "./file",
    "tenant/.hidden",
    "a\0b",
    "a\\..\\b",
    "C:/windows",
    "%2e%2e/secret",
    "tenant/na\nme",
    "tenant/file#1",
    "é",
    "a" * 600,
]


@pytest.fixture(params=plugins.names("stores"))
async def store(request, tmp_path):
    said = request.getfixturevalue("bucket").settings if request.param == "s3" else {}
    made = plugins.load("stores", request.param).from_settings(Settings(data_dir=tmp_path / "data", **said))
    yield made
    await made.close()


async def everything(store, key, *args):
    return [piece async for piece in store.read(key, *args)]


async def test_what_is_put_is_read(store):
    await store.put("tenant/asset.png", b"picture", "image/png")
    assert b"".join(await everything(store, "tenant/asset.png")) == b"picture"


async def test_a_file_is_put_from_its_path(store, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 40_000)
    await store.put("tenant/large.mp4", source, "video/mp4")
    assert b"".join(await everything(store, "tenant/large.mp4")) == source.read_bytes()


async def test_an_empty_file_is_a_file(store):
    await store.put("tenant/empty", b"", "image/png")
    assert await everything(store, "tenant/empty") == []


async def test_a_range_of_an_empty_file_is_empty(store):
    await store.put("tenant/empty", b"", "image/png")
    assert await everything(store, "tenant/empty", 0, 0) == []
    assert await everything(store, "tenant/empty", 0, 10) == []


async def test_a_store_that_works_passes_its_check_and_keeps_nothing_of_it(store):
    store.check()
    with pytest.raises(NotFound):
        await everything(store, "tried")


async def test_a_second_put_replaces_the_first(store):
    await store.put("tenant/asset", b"a long first one", "image/png")
    await store.put("tenant/asset", b"second", "image/png")
    assert b"".join(await everything(store, "tenant/asset")) == b"second"


async def test_a_source_that_cannot_be_read_leaves_the_older_file(store, tmp_path):
    await store.put("tenant/asset", b"older", "image/png")
    with pytest.raises(FileNotFoundError):
        await store.put("tenant/asset", tmp_path / "missing", "image/png")
    assert b"".join(await everything(store, "tenant/asset")) == b"older"


async def test_reading_comes_in_pieces(store):
    content = b"0123456789" * (CHUNK_BYTES // 4)
    await store.put("tenant/asset", content, "image/png")
    pieces = await everything(store, "tenant/asset")
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= CHUNK_BYTES


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, b"0123456789"), (3, 6, b"345"), (8, None, b"89"), (8, 99, b"89"), (10, None, b""), (4, 4, b"")],
)
async def test_a_range_is_half_open(store, start, end, expected):
    await store.put("tenant/asset", b"0123456789", "image/png")
    assert b"".join(await everything(store, "tenant/asset", start, end)) == expected


async def test_any_range_of_a_large_file_is_those_bytes(store):
    content = b"".join(number.to_bytes(4, "big") for number in range(1_500_000))
    await store.put("tenant/clip", content, "video/mp4")
    for start, end in [
        (0, None),
        (1, 5_999_999),
        (CHUNK_BYTES, 3 * CHUNK_BYTES),
        (5_999_990, None),
        (2_097_151, 4_194_305),
    ]:
        assert b"".join(await everything(store, "tenant/clip", start, end)) == content[start:end], (start, end)


@pytest.mark.parametrize("span", [(), (5, None), (0, 0), (3, 9)])
async def test_what_was_never_put_is_not_found_before_the_first_piece(store, span):
    with pytest.raises(NotFound):
        await anext(store.read("tenant/nothing", *span))


async def test_many_at_once_do_not_meet(store):
    contents = {f"tenant/asset{number}": bytes([number]) * 50_000 for number in range(40)}
    await asyncio.gather(*(store.put(key, content, "image/png") for key, content in contents.items()))

    read = await asyncio.gather(*(everything(store, key) for key in contents))

    assert [b"".join(pieces) for pieces in read] == list(contents.values())


async def test_a_folder_is_not_a_file(store):
    await store.put("tenant/asset", b"picture", "image/png")
    with pytest.raises(NotFound):
        await everything(store, "tenant")


async def test_erasing_forgets_and_may_be_repeated(store):
    await store.put("tenant/asset", b"picture", "image/png")
    await store.erase("tenant/asset")
    await store.erase("tenant/asset")
    await store.erase("nobody/nothing")
    with pytest.raises(NotFound):
        await everything(store, "tenant/asset")


@pytest.mark.parametrize("key", NASTY)
async def test_a_nasty_key_is_refused(store, key):
    with pytest.raises(NotFound):
        await store.put(key, b"bad", "image/png")
    with pytest.raises(NotFound):
        await everything(store, key)
    with pytest.raises(NotFound):
        await store.erase(key)


async def test_a_link_is_a_url_or_nothing(store):
    await store.put("tenant/asset", b"picture", "image/png")
    link = await store.link("tenant/asset", 60)
    assert link is None or link.startswith(("http://", "https://"))
    assert (link is None) is (store.links_from is None)


PUT_AND_END = """
import asyncio, sys
from pathlib import Path
from estampe.stores.disk import Disk

async def put():
    store = Disk(Path(sys.argv[1]))
    await store.put("tenant/asset", b"picture", "image/png")
    await store.close()

asyncio.run(put())
"""


def test_a_process_that_closed_its_store_ends_in_peace(tmp_path):
    ends = [subprocess.run([sys.executable, "-c", PUT_AND_END, str(tmp_path)], check=False) for _ in range(8)]
    assert {end.returncode for end in ends} == {0}
