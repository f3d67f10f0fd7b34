import itertools
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estampe.access.clerk_events import Sender, apply, read
from estampe.access.standard_webhooks import Delivery
from estampe.domain import Tenant
from estampe.errors import InvalidRequestBody, InvalidSetting
from estampe.settings import Settings

ISSUER = "https://clerk.atelier.example"
NOW = 1_800_000_000
_numbers = itertools.count()

MEMBER = {"id": "orgmem_1", "organization": {"id": "org_acme"}, "public_user_data": {"user_id": "user_ada"}}
PLAIN = {"id": "user_ada", "banned": False, "locked": False}


def told(kind, data, seconds=0):
    body = json.dumps({"type": kind, "data": data, "object": "event", "timestamp": (NOW + seconds) * 1000,
                       "instance_id": "ins_1"})  # fmt: skip
    return body.encode()


@pytest.fixture
def hear(database):
    async def hear(kind, data, seconds=0, delivery=None):
        sent = Delivery(delivery or f"msg_{next(_numbers)}", NOW)
        _, change = read(told(kind, data, seconds), sent)
        async with database.system() as scope:
            return await apply(scope, ISSUER, sent, change, hold_back_days=7)

    return hear


@pytest.fixture
def rows(database):
    async def rows(table):
        async with database.system() as scope:
            return await (await scope.connection.execute(f"select * from {table}")).fetchall()

    return rows


@pytest.mark.parametrize("kind", ["session.ended", "session.removed", "session.revoked"])
async def test_a_session_that_is_over_is_withdrawn(hear, rows, kind):
    assert await hear(kind, {"id": "sess_1", "user_id": "user_ada"})

    (one,) = await rows("revocations")
    assert (one["issuer"], one["session_id"], one["user_id"]) == (ISSUER, "sess_1", None)


async def test_the_same_delivery_does_nothing_twice(hear, rows):
    assert await hear("session.ended", {"id": "sess_1"}, delivery="msg_a")
    assert not await hear("session.ended", {"id": "sess_1"}, delivery="msg_a")

    assert len(await rows("revocations")) == 1


async def test_a_member_who_left_loses_the_organisation_and_nothing_else(hear, rows):
    await hear("organizationMembership.deleted", MEMBER)

    (one,) = await rows("revocations")
    assert (one["user_id"], one["organization_id"], one["session_id"]) == ("user_ada", "org_acme", None)
    assert one["revoked_at"] == datetime.fromtimestamp(NOW, UTC)
    assert await rows("departures") == []


async def test_a_late_word_of_an_earlier_membership_ends_nothing(hear, rows):
    await hear("organizationMembership.created", MEMBER | {"id": "orgmem_2"}, 10)

    assert not await hear("organizationMembership.deleted", MEMBER, 5)
    assert await rows("revocations") == []
    assert await hear("organizationMembership.deleted", MEMBER | {"id": "orgmem_2"}, 20)


async def test_a_new_role_asks_for_new_tokens_and_ends_nothing(hear, rows):
    await hear("organizationMembership.updated", MEMBER)

    (one,) = await rows("revocations")
    assert one["revoked_at"].timestamp() == NOW - 5
    assert 0 < one["until"].timestamp() - time.time() <= 120


@pytest.mark.parametrize(("said", "withdrawn"), [({"banned": True}, 1), ({"locked": True}, 1), ({}, 0)])
async def test_of_a_user_a_ban_and_a_lock_matter(hear, rows, said, withdrawn):
    await hear("user.updated", PLAIN | said)

    assert len(await rows("revocations")) == withdrawn


async def test_a_ban_lifted_before_it_is_told_is_none(hear, rows):
    await hear("user.updated", PLAIN, 10)
    await hear("user.updated", PLAIN | {"banned": True}, 5)

    assert await rows("revocations") == []


@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [("user.deleted", "user_ada", "user_id"), ("organization.deleted", "org_acme", "organization_id")],
)
async def test_who_is_deleted_is_refused_at_once_and_erased_later(hear, rows, kind, name, field):
    await hear(kind, {"id": name, "deleted": True})
    await hear(kind, {"id": name, "deleted": True}, 1)

    (gone,) = await rows("departures")
    assert gone["id"] == Tenant(issuer=ISSUER, **{field: name}).id
    assert (gone["erase_at"] - gone["left_at"]).days == 7
    assert {one[field] for one in await rows("revocations")} == {name}


async def test_who_was_deleted_is_not_brought_back_by_an_older_word(hear, rows):
    await hear("user.deleted", {"id": "user_ada"}, 10)

    assert not await hear("user.updated", PLAIN, 5)
    assert len(await rows("departures")) == 1


async def test_no_name_is_kept_to_tell_late_words_by(hear, rows):
    await hear("user.updated", PLAIN)

    assert "user_ada" not in str(await rows("webhook_subjects"))


def test_what_means_nothing_here_is_let_be():
    assert read(told("user.created", PLAIN), Delivery("msg_1", NOW)) == ("ins_1", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"type": 1}',
        b'{"type": "session.ended", "data": {}}',
        b'{"type": "session.ended", "data": {"id": 1}}',
        b'{"type": "session.ended", "data": {"id": "a\\u0000"}}',
        b'{"type": "session.ended", "data": {"id": "a"}, "timestamp": -1}',
        b'{"type": "session.ended", "data": {"id": "a"}, "timestamp": 1e400}',
        b'{"type": "session.ended", "data": {"id": "a"}, "timestamp": 99999999999999999999}',
        b'{"type": "organizationMembership.deleted", "data": {"organization": [], "public_user_data": {}}}',
        b'{"type": "organizationMembership.deleted", "data": {"organization": {"id": "o"}}}',
    ],
)
def test_what_cannot_be_read_is_refused(body):
    with pytest.raises(InvalidRequestBody):
        read(body, Delivery("msg_1", NOW))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from(["id", "organization", "public_user_data", "user_id", "banned"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(
    st.sampled_from(["session.ended", "organizationMembership.deleted", "user.updated", "user.deleted", "x"]),
    json_values,
    st.integers() | st.none(),
)
def test_any_json_is_read_or_refused(kind, data, timestamp):
    body = json.dumps({"type": kind, "data": data, "timestamp": timestamp}).encode()
    try:
        read(body, Delivery("msg_1", NOW))
    except InvalidRequestBody:
        return


def test_a_secret_without_an_issuer_or_without_sense_is_a_mistake():
    secret = "whsec_c2VjcmV0"
    assert Sender.from_settings(Settings(), (ISSUER,)) is None
    assert Sender.from_settings(Settings(clerk_webhook_secret=secret), (ISSUER,)).key == b"secret"
    for settings, issuers in [({"clerk_webhook_secret": secret}, ()), ({"clerk_webhook_secret": "é"}, (ISSUER,))]:
        with pytest.raises(InvalidSetting):
            Sender.from_settings(Settings(**settings), issuers)
