"""Who operates an installation by default: whom its own printed link signs in, and nobody whose name is alike."""

import msgspec
import pytest

from estampe.bootstrap.api import OWNER, _with_local_operator, providers
from estampe.domain import Principal
from estampe.policy.permissions import Permission, granted
from estampe.settings import Settings


def operates(issuer, user=OWNER, **given):
    settings = Settings(**given)
    known = providers(settings)
    here = next((one.issuer for one in known if one.name == "local"), None)
    who = Principal(issuer=here if issuer is None else issuer, user_id=user, expires_at=4e9, provider="local")
    operators = frozenset(_with_local_operator(settings, known).operators)
    return Permission.OPERATOR in granted(who, operators)


@pytest.mark.parametrize(
    ("given", "does"),
    [
        ({}, True),
        ({"host": "::1"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"host": "0.0.0.0", "local_sign_in": True}, False),
        ({"host": "0.0.0.0", "local_operator": True}, True),
        ({"local_operator": False}, False),
    ],
    ids=str,
)
def test_the_owner_operates_what_nobody_else_can_reach(tmp_path, given, does):
    assert operates(None, data_dir=tmp_path, **given) is does


def test_nobody_else_does(tmp_path):
    assert not operates(None, user="user_other", data_dir=tmp_path)
    assert not operates("https://id.example", data_dir=tmp_path)
    assert not operates("urn:estampe:another", data_dir=tmp_path)


def test_whoever_is_named_still_does(tmp_path):
    assert operates("https://id.example", user="user_op", data_dir=tmp_path, operators=("user_op",))
    assert operates(None, data_dir=tmp_path, operators=("user_op",))


def test_without_the_local_issuer_there_is_no_owner(tmp_path):
    settings = Settings(data_dir=tmp_path, identity=("api_key",))
    assert _with_local_operator(settings, providers(settings)).operators == ()
    assert msgspec.structs.replace(settings, local_operator=True).operates_locally
