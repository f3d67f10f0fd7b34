"""What is withdrawn, by whom it is heard, and for how long."""

import asyncio
import contextlib
import time

import msgspec
import pytest
from tests.unit.identity.holder import ADMIN, Deaf

from estampe import errors
from estampe.access import api_keys as keys
from estampe.access import revocations as module
from estampe.access.revocations import Revocation, Revocations, revoke

SESSION = msgspec.structs.replace(ADMIN, session_id="sess_1", issued_at=time.time())
OTHERS = {
    "session": {"session_id": "sess_2"},
    "user": {"user_id": "user_bob", "session_id": "sess_3"},
    "issuer": {"issuer": "urn:two"},
    "organisation": {"organization_id": "org_other", "session_id": "sess_4"},
}
COVERED = [
    ({"session_id": "sess_1"}, {"session", "user", "issuer", "organisation"}),
    ({"user_id": "user_ana"}, {"user", "issuer"}),
    ({"organization_id": "org_acme"}, {"issuer", "organisation"}),
    ({"user_id": "user_ana", "organization_id": "org_acme"}, {"user", "issuer", "organisation"}),
]


@pytest.fixture
def notices(database_url):
    return Deaf(database_url)


@pytest.fixture
def revocations(database, notices):
    return Revocations(database, notices)


@pytest.mark.parametrize(("named", "spared"), COVERED, ids=[" and ".join(named) for named, _ in COVERED])
async def test_a_withdrawal_covers_what_it_names_and_no_more(database, revocations, notices, named, spared):
    await revocations.check(SESSION)
    await revoke(database, Revocation(issuer="urn:one", **named))
    notices.reconnect()

    with pytest.raises(errors.TokenInvalid):
        await revocations.check(SESSION)
    for what, changes in OTHERS.items():
        other = msgspec.structs.replace(SESSION, **changes)
        assert await revocations.withdrawn(other) == (what not in spared)


async def test_who_is_taken_back_may_come_back_and_an_ended_session_may_not(database, revocations):
    await revoke(database, Revocation(issuer="urn:one", user_id="user_ana", organization_id="org_acme"))
    later = msgspec.structs.replace(SESSION, issued_at=time.time() + 60)
    assert await revocations.withdrawn(SESSION)
    assert not await revocations.withdrawn(later)
    assert await revocations.withdrawn(msgspec.structs.replace(SESSION, issued_at=0.0))

    await revoke(database, Revocation(issuer="urn:one", session_id="sess_1"))
    revocations._missed()
    assert await revocations.withdrawn(later)


async def test_withdrawing_a_member_withdraws_their_keys(database, revocations):
    wish = keys.Wish(name="n", scopes=frozenset())
    _, hers = await keys.create(database, ADMIN, wish)
    alone = msgspec.structs.replace(ADMIN, organization_id=None)
    _, kept = await keys.create(database, alone, wish)

    await revoke(database, Revocation(issuer="urn:one", user_id="user_ana", organization_id="org_acme"))

    assert (await keys.find(database, ADMIN.tenant.id, hers.id)).revoked_at is not None
    assert (await keys.find(database, alone.tenant.id, kept.id)).revoked_at is None
    key = msgspec.structs.replace(ADMIN, kind="key", key_id=hers.id, issued_at=time.time() + 60)
    with pytest.raises(errors.KeyRevoked):
        await revocations.check(key)


async def test_the_end_of_a_session_spares_its_user_s_keys(database):
    _, made = await keys.create(database, ADMIN, keys.Wish(name="n", scopes=frozenset()))
    await revoke(database, Revocation(issuer="urn:one", session_id="sess_1"))
    assert (await keys.find(database, ADMIN.tenant.id, made.id)).revoked_at is None


async def test_a_key_deleted_by_hand_is_withdrawn_too(database, revocations):
    _, made = await keys.create(database, ADMIN, keys.Wish(name="n", scopes=frozenset()))
    async with database.system() as scope:
        await scope.connection.execute("delete from api_keys")
    key = msgspec.structs.replace(ADMIN, kind="key", key_id=made.id)
    assert await revocations.withdrawn(key)


async def test_while_it_hears_it_does_not_look(revocations, notices, monkeypatch):
    await revocations.withdrawn(SESSION)
    monkeypatch.setattr(revocations, "_db", None)
    assert not await revocations.withdrawn(SESSION)
    notices.tell(module.CHANNEL, '{"issuer": "urn:one", "session_id": "sess_1", "revoked_at": 1, "until": 9e9}')
    assert await revocations.withdrawn(SESSION)


async def test_while_deaf_it_looks_again_after_a_moment_and_no_sooner(database, revocations, notices, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    notices.fresh = False
    assert not await revocations.withdrawn(SESSION)
    await revoke(database, Revocation(issuer="urn:one", session_id="sess_1"))
    now += module.DEAF_SECONDS - 0.01
    assert not await revocations.withdrawn(SESSION)
    now += 0.02
    assert await revocations.withdrawn(SESSION)


async def test_what_cannot_be_read_makes_it_look(database, revocations, notices):
    await revocations.withdrawn(SESSION)
    await revoke(database, Revocation(issuer="urn:one", session_id="sess_1"))
    notices.tell(module.CHANNEL, "nonsense")
    assert await revocations.withdrawn(SESSION)


async def test_a_gap_while_it_looks_makes_it_look_again(database, revocations, notices):
    original = database.system

    def gap():
        notices.reconnect()
        return original()

    database.system = gap
    await revocations.withdrawn(SESSION)
    database.system = original
    await revoke(database, Revocation(issuer="urn:one", session_id="sess_1"))
    assert await revocations.withdrawn(SESSION)


async def test_what_is_past_its_time_is_forgotten(database, revocations, monkeypatch):
    await revoke(database, Revocation(issuer="urn:one", session_id="sess_1"), seconds=-1)
    assert not await revocations.withdrawn(SESSION)
    await revoke(database, Revocation(issuer="urn:one", session_id="sess_9"), seconds=60)
    revocations._missed()
    await revocations.withdrawn(SESSION)
    assert len(revocations._known["urn:one"]) == 1
    monkeypatch.setattr(module.time, "time", lambda: 9e9)
    revocations._hear(Revocation(issuer="urn:two", session_id="s", until=1e10))
    assert not revocations._known["urn:one"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "out of order"])
async def test_of_two_withdrawals_the_longer_is_kept_and_the_later_counts(revocations, notices, monkeypatch, order):
    now, heard = time.time(), []
    revocations.follow(heard.append)
    await revocations.withdrawn(SESSION)
    told = [(now - 600, now + 86_400), (now, now + 300)]
    for revoked_at, until in (told[which] for which in order):
        said = {"issuer": "urn:one", "user_id": "user_ana", "revoked_at": revoked_at, "until": until}
        notices.tell(module.CHANNEL, msgspec.json.encode(said).decode())
    assert [one.revoked_at for one in heard] == ([now - 600, now] if order == (0, 1) else [now])

    monkeypatch.setattr(module.time, "time", lambda: now + 3600)
    revocations._hear(Revocation(issuer="urn:two", session_id="s", until=1e10))
    for ago, withdrawn in ((3600, True), (300, True), (-60, False)):
        someone = msgspec.structs.replace(SESSION, session_id=None, issued_at=now - ago)
        assert await revocations.withdrawn(someone) == withdrawn


async def test_followers_hear_of_each(revocations, notices):
    heard = []
    revocations.follow(heard.append)
    notices.tell(module.CHANNEL, '{"issuer": "urn:one", "user_id": "u", "revoked_at": 1, "until": 2}')
    assert [(one.issuer, one.user_id) for one in heard] == [("urn:one", "u")]


@pytest.mark.parametrize("named", [named for named, _ in COVERED], ids=[" and ".join(named) for named, _ in COVERED])
async def test_who_was_withdrawn_since_they_were_let_in_leaves_no_key(database, named):
    wish = keys.Wish(name="n", scopes=frozenset())
    await revoke(database, Revocation(issuer="urn:one", **named))

    with pytest.raises(errors.TokenInvalid):
        await keys.create(database, SESSION, wish)

    assert await keys.page(database, SESSION.tenant.id, keys.Page()) == []
    for spared in OTHERS.values():
        other = msgspec.structs.replace(SESSION, issued_at=time.time() + 60, **spared)
        assert (await keys.create(database, other, wish))[1].user_id == other.user_id


async def test_a_key_made_while_its_owner_is_withdrawn_is_withdrawn_or_never_made(database):
    """Whichever comes first: they never pass each other unseen."""

    async def make():
        with contextlib.suppress(errors.TokenInvalid):
            await keys.create(database, SESSION, keys.Wish(name="n", scopes=frozenset()))

    await asyncio.gather(
        *(make() for _ in range(6)),
        revoke(database, Revocation(issuer="urn:one", user_id="user_ana", organization_id="org_acme")),
        *(make() for _ in range(6)),
    )

    assert all(key.revoked_at for key in await keys.page(database, SESSION.tenant.id, keys.Page()))


async def test_what_is_known_is_not_told_again(database, revocations, notices):
    heard = []
    revocations.follow(heard.append)
    await revoke(database, Revocation(issuer="urn:one", session_id="sess_1"))
    for _ in range(3):
        notices.reconnect()
        assert await revocations.withdrawn(SESSION)
    assert [told.session_id for told in heard] == ["sess_1"]
