import pytest
from tests.unit.identity.forge import ISSUER, NOW, session_claims

from estampe import errors
from estampe.domain import Principal
from estampe.identity._claims import principal, scopes
from estampe.identity._jwt import SignedClaims


def read(**changes):
    return principal(SignedClaims(session_claims(**changes)), "clerk")


def organization(**members):
    return {"id": "org_1", "slg": "atelier", "rol": "admin"} | members


def test_a_user_alone_has_no_organisation_role_or_permission():
    assert read() == Principal(
        issuer=ISSUER, user_id="user_ada", session_id="sess_1", issued_at=NOW, expires_at=NOW + 60, provider="clerk"
    )


def test_a_member_has_the_role_with_its_prefix():
    member = read(o=organization())
    assert (member.organization_id, member.role) == ("org_1", "org:admin")


def test_the_first_version_is_read_by_its_own_names():
    member = read(v=..., org_id="org_1", org_role="org:admin", org_permissions=["org:images:generate"])
    assert (member.organization_id, member.role) == ("org_1", "org:admin")
    assert member.permissions == {"org:images:generate"}


@pytest.mark.parametrize("version", [2, 2.0])
def test_the_second_version_ignores_the_names_of_the_first(version):
    assert read(v=version, org_id="org_other").organization_id is None


@pytest.mark.parametrize("version", [..., 1, 3, "2", True, None])
def test_any_other_version_is_read_as_the_first(version):
    member = read(v=version, o=organization(), org_id="org_first")
    assert member.organization_id == "org_first"


@pytest.mark.parametrize(
    ("fea", "per", "fpm", "granted"),
    [
        (
            "o:images,o:videos",
            "generate,read",
            "1,3",
            {"org:images:generate", "org:videos:generate", "org:videos:read"},
        ),
        ("u:profile,o:images", "generate", "1", {"org:images:generate"}),
        ("uo:images, ou:videos", " generate , read ", " 2 , 1 ", {"org:images:read", "org:videos:generate"}),
        ("o:images", "generate", "1,1", {"org:images:generate"}),
        ("o:images,o:videos", "generate", "1", {"org:images:generate"}),
        ("o:images", "generate", "4", set()),
        ("o:images", "generate", "-1", set()),
        ("o:images", "generate", "+1", set()),
        ("o:images", "generate", "1_1", set()),
        ("o:images", "generate", "\u0661", set()),
        ("o:images", "generate", "0x1", set()),
        ("o:images", "generate", "9" * 5000, set()),
        ("o:images", "generate", "", set()),
        ("o:images", "", "1", set()),
        ("o:images", None, "1", set()),
        ("o:images", "generate", None, set()),
        ("", "generate", "1", set()),
        (None, "generate", "1", set()),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value)[:20],
)
def test_permissions_come_from_the_organisations_own_features(fea, per, fpm, granted):
    assert read(fea=fea, o=organization(per=per, fpm=fpm)).permissions == granted


@pytest.mark.parametrize(
    "changes",
    [
        {"o": "org_1"},
        {"o": {}},
        {"o": []},
        {"o": organization(id=None)},
        {"o": organization(id="")},
        {"o": organization(id=["org_1"])},
        {"o": organization(id="org\n1")},
        {"o": organization(rol=["admin"])},
        {"o": organization(per=["read"], fpm="1")},
        {"o": organization(per="read", fpm=1)},
        {"o": organization(per="read", fpm="1"), "fea": "images"},
        {"o": organization(per="read", fpm="1"), "fea": ["o:images"]},
        {"v": 1, "org_id": 7},
        {"v": 1, "org_id": ""},
        {"v": 1, "org_id": "org_1", "org_permissions": "all"},
        {"v": 1, "org_id": "org_1", "org_permissions": [1]},
        {"sid": 7},
        {"sid": ""},
        {"act": "user_eve"},
        {"act": {}},
        {"act": {"sub": None}},
        {"o": organization(rol={"name": "admin"})},
        {"o": organization(per="read", fpm=["1"])},
        {"pla": ["o:pro"]},
        {"pla": "pro"},
        {"fva": "0,0"},
        {"fva": [0]},
        {"fva": [0, None]},
        {"fva": [True, 0]},
        {"fva": [0.5, 0]},
        {"sts": "ended"},
        {"sts": None},
        {"sts": ["active"]},
    ],
    ids=str,
)
def test_what_cannot_be_read_safely_is_refused_rather_than_ignored(changes):
    with pytest.raises(errors.TokenInvalid):
        read(**changes)


def test_a_session_with_a_task_left_is_not_signed_in():
    with pytest.raises(errors.SessionPending):
        read(sts="pending")


def test_who_acts_for_the_user_is_kept_apart():
    impersonated = read(act={"iss": "https://dashboard.example", "sid": "sess_2", "sub": "user_eve"})
    assert (impersonated.user_id, impersonated.actor) == ("user_ada", "user_eve")


@pytest.mark.parametrize(
    ("pla", "alone", "member"),
    [
        ("u:free", "free", None),
        ("o:pro", None, "pro"),
        ("u:free,o:pro", "free", "pro"),
        ("uo:both", "both", "both"),
        ("o:a:b", None, "a:b"),
        ("o:", None, None),
        ("", None, None),
        (None, None, None),
        (..., None, None),
    ],
)
def test_the_plan_is_the_one_of_whom_the_token_speaks_for(pla, alone, member):
    assert (read(pla=pla).plan, read(pla=pla, o=organization()).plan) == (alone, member)


@pytest.mark.parametrize(
    ("fva", "later", "ages"),
    [
        (..., 0, None),
        (None, 0, None),
        ([3, -1], 0, (3, -1)),
        ([0, 5], 59, (0, 5)),
        ([0, 5], 120, (2, 7)),
        ([-1, -1], 600, (-1, -1)),
        ([0, 0], -5, (0, 0)),
    ],
)
def test_the_ages_of_the_factors_grow_with_the_token(fva, later, ages):
    assert principal(SignedClaims(session_claims(fva=fva)), "clerk", now=NOW + later).factor_ages == ages


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "images:generate videos:generate"}, {"images:generate", "videos:generate"}),
        ({"scp": ["images:generate"]}, {"images:generate"}),
        ({"scopes": " mch_1  mch_2 "}, {"mch_1", "mch_2"}),
        ({"scope": "", "scp": ["wider"]}, set()),
        ({"scope": None}, set()),
        ({}, set()),
    ],
)
def test_a_delegate_has_the_scopes_of_its_token(claims, scopes):
    assert principal(SignedClaims(session_claims(**claims)), "clerk", "oauth").scopes == scopes
    assert principal(SignedClaims(session_claims(**claims)), "clerk").scopes == set()


@pytest.mark.parametrize("scope", [7, {"images:generate": True}, ["images:generate", 7], True])
def test_scopes_that_cannot_be_read_are_refused(scope):
    with pytest.raises(errors.TokenInvalid):
        principal(SignedClaims(session_claims(scope=scope)), "clerk", "m2m")


UNSPEAKABLE = ["\x00", "a\x00b", "\ud800", "a\nb", "a" * 256]


@pytest.mark.parametrize("text", UNSPEAKABLE)
def test_no_name_is_read_that_no_database_could_keep(text):
    for changes in (
        {"v": ..., "org_id": "org_1", "org_permissions": [text]},
        {"o": organization(per=text, fpm="1"), "fea": "o:images"},
        {"o": organization(per="generate", fpm="1"), "fea": f"o:{text}"},
        {"o": organization(), "pla": f"o:{text}"},
    ):
        with pytest.raises(errors.TokenInvalid):
            read(**changes)
    with pytest.raises(errors.TokenInvalid):
        scopes(SignedClaims({"scope": ["images:generate", text]}))
