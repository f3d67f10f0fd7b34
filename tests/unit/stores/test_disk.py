import stat

import pytest

from estampe.errors import InvalidSetting, NotFound
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
