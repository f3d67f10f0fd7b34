import pytest

from estampe.domain import Principal
from estampe.errors import StepUpRequired
from estampe.policy import require_recent_sign_in
from estampe.policy.permissions import Permission, granted


def person(**about):
    return Principal(**{"issuer": "urn:one", "user_id": "user_ana", "expires_at": 1.0, "provider": "clerk"} | about)


@pytest.mark.parametrize(
    ("ages", "limit"), [(None, 600), ((0, -1), 600), ((10, -1), 600), ((99, -1), None), (None, None), ((0, -1), 1)]
)
def test_a_recent_sign_in_passes_and_so_does_who_cannot_say(ages, limit):
    require_recent_sign_in(person(factor_ages=ages), limit)


@pytest.mark.parametrize("ages", [(11, -1), (11, 0), (-1, -1), (-1, 0)])
def test_an_old_sign_in_or_none_is_asked_for_again(ages):
    with pytest.raises(StepUpRequired) as refusal:
        require_recent_sign_in(person(factor_ages=ages), 600)
    assert refusal.value.max_age_seconds == 600


def test_a_machine_has_what_its_scopes_name_and_no_more():
    scopes = frozenset({"videos:generate", "jobs:manage", "read:other"})
    for organization in (None, "org_1"):
        machine = person(kind="m2m", scopes=scopes, organization_id=organization)
        assert granted(machine) == {Permission.VIDEOS_GENERATE, Permission.JOBS_MANAGE}
    assert granted(person(kind="m2m")) == frozenset()
