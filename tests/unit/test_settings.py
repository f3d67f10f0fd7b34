"""Where settings come from, and that every process of one service has the same."""

from pathlib import Path

import pytest

from estampe.errors import InvalidSetting
from estampe.settings import Settings, read
from estampe.verify import Verifier

LYING_ABOUT = 'operators = ["dev_me"]\noidc_issuer = ["https://dev.example"]\noidc_audience = ["dev"]\n'


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """Somebody works in a folder with a settings file of its own."""
    (tmp_path / "estampe.toml").write_text(LYING_ABOUT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_process_of_ours_reads_what_we_read_and_no_file_beside_it(here: Path):
    (here / "prod.toml").write_text("identity = []\nengines = ['fake']\n")
    ours = read({}, here / "prod.toml", data_dir=here)

    theirs = read(ours.environment())

    assert theirs == ours
    assert (theirs.identity, theirs.operators, theirs.oidc_issuer) == ((), (), ())


def test_a_file_in_the_working_folder_is_read_where_none_is_named(here: Path):
    assert read({}).operators == ("dev_me",)
    assert read({"ESTAMPE_CONFIG": ""}).operators == ("dev_me",)


def test_a_file_that_is_named_must_be_there(here: Path):
    with pytest.raises(InvalidSetting, match=r"estmape\.toml does not exist"):
        read({"ESTAMPE_CONFIG": "/etc/estampe/estmape.toml"})


def test_a_verifier_told_its_settings_trusts_nobody_else(here: Path):
    with pytest.raises(InvalidSetting, match="needs an issuer"):
        Verifier(accepted_tokens=["session"])


@pytest.mark.parametrize("settings", [Settings(), Settings(oidc_scopes=(), worker_models=("a", "b"), plans={})])
def test_settings_come_back_as_they_were_written(settings: Settings):
    again = read(settings.environment())
    assert again == Settings(**{field: getattr(settings, field) for field in settings.__struct_fields__} | {
        "data_dir": settings.data_dir.absolute()
    })  # fmt: skip
