import msgspec
import pytest
from tests.unit.http.tiny import ANA, BOB

from estampe import errors
from estampe.http.watch import Watch
from estampe.settings import Settings

ISSUER = ANA.issuer
SCOPE = {"client": ("198.51.100.7", 1), "headers": [(b"authorization", b"Bearer forged")]}


@pytest.fixture
def seen():
    return []


@pytest.fixture
def watch(seen):
    return Watch(
        Settings(refusals_per_minute=3),
        issuers=frozenset({ISSUER}),
        secret=b"a secret of ours",
        saw=seen.append,
        is_new=lambda who: True,
    )


def test_who_passes_is_seen_with_their_tenant(watch, seen):
    watch.passed(BOB, "/api/me", SCOPE)

    (one,) = seen
    assert (one.reason, one.issuer, one.route) == ("accepted", ISSUER, "/api/me")
    assert (one.user_id, one.tenant_id) == ("bob", BOB.tenant.id)


def test_a_source_is_told_apart_and_not_told(watch, seen):
    other = SCOPE | {"client": ("198.51.100.8", 1)}
    for scope in (SCOPE, other, SCOPE):
        watch.refused(errors.TokenInvalid(), None, "/api/me", scope)

    first, second, third = (one.source for one in seen)
    assert first == third != second
    assert "198" not in first


def test_an_issuer_that_nobody_trusts_has_no_name(watch, seen):
    stranger = msgspec.structs.replace(ANA, issuer="https://evil.example")
    watch.passed(stranger, "/api/me", SCOPE)
    watch.refused(errors.TokenInvalidIssuer(), None, "/api/me", SCOPE)

    assert {one.issuer for one in seen} == {"unknown"}


def test_who_is_known_and_may_not_is_named(watch, seen):
    watch.refused(errors.PermissionMissing("usage:read"), BOB, "/api/usage", SCOPE)

    assert (seen[0].reason, seen[0].user_id, seen[0].tenant_id) == ("permission_missing", "bob", BOB.tenant.id)


@pytest.mark.parametrize("error", [errors.TokenInvalid, errors.TokenInvalidSignature, errors.KeyRevoked,
                                   errors.InvalidRequest, errors.WebhookSignatureInvalid])  # fmt: skip
def test_a_source_that_guesses_is_slowed(watch, error):
    watch._bursts._now = lambda: 0.0
    for _ in range(3):
        watch.refused(error(), None, "/api/me", SCOPE)

    with pytest.raises(errors.RateLimited) as slowed:
        watch.refused(error(), None, "/api/me", SCOPE)
    assert slowed.value.retry_after_seconds == 60
    watch.refused(error(), None, "/api/me", SCOPE | {"client": ("198.51.100.8", 1)})


@pytest.mark.parametrize(
    "error",
    [errors.TokenMissing, errors.TokenExpired, errors.TokenNotActiveYet, errors.SessionPending,
     errors.IdentityProviderUnavailable, errors.DatabaseUnavailable],
)  # fmt: skip
def test_who_guesses_nothing_is_told_why_each_time(watch, error):
    for _ in range(20):
        watch.refused(error(), None, "/api/me", SCOPE)


def test_who_is_known_is_never_slowed_here(watch):
    for _ in range(20):
        watch.refused(errors.PermissionMissing("operator"), BOB, "/metrics", SCOPE)
