"""What each kind of credential may do: the defaults, an organisation's own, and what scopes leave of them."""

import pytest

from estampe.domain import Principal
from estampe.errors import PermissionMissing
from estampe.policy import require
from estampe.policy.permissions import ADMINS, EVERYONE, Permission, granted, is_person

OPERATORS = frozenset({"user_op"})


def principal(**changes):
    return Principal(**{"issuer": "urn:one", "user_id": "user_ana", "expires_at": 1.0, "provider": "local"} | changes)


MEMBER = {"organization_id": "org_acme", "role": "org:member"}
ADMIN = {"organization_id": "org_acme", "role": "org:admin"}


def test_a_member_generates_an_administrator_manages_and_a_user_alone_does_both():
    assert granted(principal(**MEMBER)) == EVERYONE
    assert granted(principal(**ADMIN)) == granted(principal()) == ADMINS


def test_an_organisation_s_own_permissions_replace_the_defaults():
    custom = frozenset({"org:videos:generate", "org:posts:write"})
    assert granted(principal(**ADMIN, permissions=custom)) == {Permission.VIDEOS_GENERATE}


EITHER = (Permission.IMAGES_GENERATE, Permission.VIDEOS_GENERATE)


@pytest.mark.parametrize("held", ["org:images:generate", "org:videos:generate"])
def test_where_several_would_do_one_is_enough(held):
    require(principal(**MEMBER, permissions=frozenset({held})), EITHER)


def test_where_several_would_do_and_none_is_held_the_refusal_names_them_all():
    with pytest.raises(PermissionMissing) as refused:
        require(principal(**MEMBER, permissions=frozenset({"org:usage:read"})), EITHER)
    assert refused.value.needed == EITHER
    assert refused.value.detail.fr == "Il vous faut la permission images:generate ou videos:generate."


@pytest.mark.parametrize("kind", ["key", "oauth", "m2m"])
def test_what_is_no_person_has_what_its_scopes_leave_of_its_owner(kind):
    scopes = frozenset({"images:generate", "jobs:manage", "openid"})
    assert granted(principal(**ADMIN, kind=kind)) == set()
    assert granted(principal(**ADMIN, kind=kind, scopes=scopes)) == {Permission.IMAGES_GENERATE, Permission.JOBS_MANAGE}
    if kind != "m2m":  # a machine is nobody's member
        assert granted(principal(**MEMBER, kind=kind, scopes=scopes)) == {Permission.IMAGES_GENERATE}


def test_an_operator_s_key_operates_only_if_it_says_so_and_for_as_long_as_they_do():
    operator = {"user_id": "user_op", "kind": "key"}
    assert Permission.OPERATOR in granted(principal(user_id="user_op"), OPERATORS)
    assert Permission.OPERATOR not in granted(principal(**operator, scopes=frozenset({"images:generate"})), OPERATORS)
    assert granted(principal(**operator, scopes=frozenset({"operator"})), OPERATORS) == {Permission.OPERATOR}
    assert granted(principal(**operator, scopes=frozenset({"operator"}))) == set()


def test_a_session_whose_scopes_name_permissions_is_an_app_and_is_held_to_them():
    lent = principal(**ADMIN, scopes=frozenset({"openid", "images:generate"}))
    assert granted(lent) == {Permission.IMAGES_GENERATE}
    assert not is_person(lent)
    signed_in = principal(**ADMIN, scopes=frozenset({"openid", "profile", "organization"}))
    assert granted(signed_in) == ADMINS
    assert is_person(signed_in)


def test_an_operator_may_be_named_with_their_issuer_and_then_nobody_else_s_user_of_that_name_is():
    named = frozenset({"urn:one#user_op"})
    assert Permission.OPERATOR in granted(principal(user_id="user_op"), named)
    assert Permission.OPERATOR not in granted(principal(user_id="user_op", issuer="urn:two"), named)


def test_no_issuer_can_spell_another_s_operator():
    named = frozenset({"urn:one#user_op"})
    assert Permission.OPERATOR not in granted(principal(user_id="urn:one#user_op", issuer="urn:two"), named)
    assert Permission.OPERATOR in granted(principal(user_id="with#sign"), frozenset({"urn:one#with#sign"}))
