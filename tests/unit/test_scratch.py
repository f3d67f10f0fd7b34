"""What people brought is in a temporary folder no longer than the process that works on it lives."""

import subprocess
import sys
import tempfile

import pytest

from estampe.scratch import PREFIX, Scratch

ANOTHER = """
from estampe.scratch import Scratch
scratch = Scratch()
scratch.open()
with scratch.folder() as folder:
    (folder / "picture").write_bytes(b"secret")
    print(folder, flush=True)
    input()
"""


@pytest.fixture
def there(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def scratch(there):
    made = Scratch()
    yield made
    made.close()


@pytest.fixture
def another(there):
    """A process with a picture in its hands."""
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        yield process
        process.kill()


def pictures(there):
    return list(there.rglob("picture"))


def test_what_a_killed_process_had_is_removed_at_the_next_start(there, scratch, another):
    another.kill()
    another.wait()
    assert pictures(there)

    scratch.open()

    assert len(list(there.iterdir())) == 1
    assert not pictures(there)


def test_what_a_living_process_has_stays(there, scratch, another):
    scratch.open()

    assert pictures(there)


def test_what_is_done_leaves_nothing(there, scratch):
    scratch.open()
    with scratch.folder() as folder:
        (folder / "picture").touch()
    assert not pictures(there)
    scratch.file()
    scratch.close()

    assert list(there.iterdir()) == []


def test_what_only_has_the_name_of_such_a_folder_is_left_alone(there, scratch):
    elsewhere = there / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "picture").touch()
    (there / f"{PREFIX}link").symlink_to(elsewhere)
    (there / f"{PREFIX}file").touch()

    scratch.open()

    assert pictures(there)
    assert (there / f"{PREFIX}file").exists()


def test_a_folder_that_somebody_cleaned_away_is_made_again(there, scratch):
    scratch.open()
    (folder,) = there.iterdir()
    folder.rmdir()

    with scratch.folder() as folder:
        assert folder.is_dir()


def test_nobody_else_may_look_into_it(there, scratch):
    scratch.open()
    (folder,) = there.iterdir()

    assert folder.stat().st_mode & 0o777 == 0o700
