"""What the settings may not say together: told when it starts, not when it matters."""

import pytest

from estampe import checks
from estampe.errors import InvalidSetting
from estampe.settings import Settings, read

CLERK = {"clerk_issuer": "https://clerk.example"}
OIDC = {"oidc_issuer": ("https://id.example",), "oidc_audience": ("estampe",)}


@pytest.mark.parametrize("issuers", [CLERK | OIDC, {"oidc_issuer": ("https://id.example", "https://two.example")}])
def test_of_several_issuers_an_operator_is_named_with_theirs(tmp_path, issuers):
    with pytest.raises(InvalidSetting, match="operators"):
        checks.prepare(Settings(data_dir=tmp_path, operators=("user_op",), **issuers))
    checks.prepare(Settings(data_dir=tmp_path, operators=("https://id.example#user_op",), **issuers))


@pytest.mark.parametrize("issuers", [{}, CLERK, OIDC])
def test_of_one_issuer_an_operator_s_id_is_enough(tmp_path, issuers):
    checks.prepare(Settings(data_dir=tmp_path, operators=("user_op",), **issuers))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_key_signs_no_links(tmp_path, empty):
    file = tmp_path / "estampe.toml"
    file.write_text(f'signing_secret = "{empty}"\ndata_dir = "{tmp_path}"\n')

    with pytest.raises(InvalidSetting, match="signing_secret is empty") as refused:
        checks.prepare(read({}, file))
    assert "signing_secret est vide" in refused.value.detail.fr


def test_a_key_of_one_s_own_or_none_at_all_will_do(tmp_path):
    checks.prepare(read({"ESTAMPE_SIGNING_SECRET": ""}, data_dir=tmp_path))
    checks.prepare(Settings(data_dir=tmp_path, signing_secret="a long random text"))


@pytest.mark.parametrize(
    "url",
    [
        "images.example.com",
        "localhost:9006",
        "https://[x",
        "ftp://a.example",
        "https://",
        "https://a.example:x",
        "http://a/?b",
    ],
)
def test_links_begin_with_a_whole_address(tmp_path, url):
    with pytest.raises(InvalidSetting, match="public_url") as refused:
        checks.prepare(Settings(data_dir=tmp_path, public_url=url))
    assert "n'est pas une adresse" in refused.value.detail.fr


@pytest.mark.parametrize("url", ["https://images.example.com", "http://[::1]:9006/estampe/", None])
def test_or_with_the_server_s_own(tmp_path, url):
    checks.prepare(Settings(data_dir=tmp_path, public_url=url))
    assert list(tmp_path.iterdir()) == []
