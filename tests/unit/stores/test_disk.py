import asyncio
import stat
import subprocess

import pytest
from tests.postgres import root_only

from estampe.errors import InvalidSetting, NotFound, StoreUnavailable
from estampe.settings import Settings
from estampe.stores.disk import Disk


def test_the_folder_is_for_this_account_only(tmp_path):
    Disk(tmp_path / "deep" / "files")
    assert stat.S_IMODE((tmp_path / "deep" / "files").stat().st_mode) == 0o700


def test_a_place_that_is_a_file_is_a_wrong_setting(tmp_path):
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(InvalidSetting, match="files cannot hold files"):
        Disk(tmp_path / "files")


async def test_a_link_that_leads_out_is_refused(tmp_path):
    disk = Disk(tmp_path / "files")
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (tmp_path / "files" / "out").symlink_to(tmp_path)
    (tmp_path / "files" / "direct").symlink_to(secret)
    for key in ("out/secret", "direct"):
        with pytest.raises(NotFound):
            await anext(disk.read(key))
        with pytest.raises(NotFound):
            await disk.put(key, b"overwritten", "image/png")
        with pytest.raises(NotFound):
            await disk.erase(key)
    assert secret.read_bytes() == b"secret"


async def test_nothing_half_written_stays_behind(tmp_path):
    disk = Disk(tmp_path / "files")
    await disk.put("tenant/asset", b"x" * 20_000_000, "video/mp4")
    assert [path.name for path in (tmp_path / "files" / "tenant").iterdir()] == ["asset"]


@root_only
async def test_a_full_disk_is_away_for_a_moment(mounted, caplog):
    small = mounted("size=1m")
    disk = Disk(small / "files")
    await disk.put("tenant/kept", b"kept", "image/png")
    with pytest.raises(StoreUnavailable):
        await disk.put("tenant/large", b"x" * 2_000_000, "video/mp4")
    assert "No space left on device" in caplog.text
    assert str(small) not in caplog.text
    assert [piece async for piece in disk.read("tenant/kept")] == [b"kept"]
    await disk.put("tenant/small", b"x" * 1000, "image/png")
    assert sorted(path.name for path in (small / "files" / "tenant").iterdir()) == ["kept", "small"]


@root_only
async def test_a_folder_that_is_closed_is_away_too_and_keeps_anybody_from_starting(mounted):
    small = mounted("size=1m")
    settings = Settings(data_dir=small)
    disk = Disk.from_settings(settings)
    await disk.put("tenant/kept", b"kept", "image/png")
    await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", str(small)], check=True)
    for asked in (disk.put("tenant/more", b"more", "image/png"), disk.erase("tenant/kept")):
        with pytest.raises(StoreUnavailable):
            await asked
    assert [piece async for piece in disk.read("tenant/kept")] == [b"kept"]
    with pytest.raises(InvalidSetting, match="files cannot hold files: Read-only file system") as refused:
        Disk.from_settings(settings)
    assert "ne peut pas contenir de fichiers" in refused.value.detail.fr
