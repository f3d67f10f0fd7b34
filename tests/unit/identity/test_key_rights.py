"""A key may do what its owner may, as far as we have seen or been told."""

import json

import msgspec
import pytest
from tests.unit.identity.holder import ADMIN, WISH

from estampe.access import api_keys as keys
from estampe.access import clerk_events
from estampe.access.rights import Rights
from estampe.db import Database
from estampe.domain import Principal
from estampe.identity import api_key as module
from estampe.policy.permissions import Permission, granted


async def test_a_key_loses_what_its_owner_is_seen_to_have_lost(database, provider, notices, hers):
    text, made = hers
    rights = Rights(database)

    async def seen(**changes):
        rights.notice(Principal(**{name: getattr(ADMIN, name) for name in ADMIN.__struct_fields__} | changes))
        await rights._later._now()
        notices.tell(module.CHANNEL, made.id)
        return granted(await provider.authenticate(text))

    both = {Permission.IMAGES_GENERATE, Permission.JOBS_MANAGE}
    assert await seen(role="org:member", issued_at=900.0) == both  # from before the key
    assert await seen(role="org:member", issued_at=1001.0) == {Permission.IMAGES_GENERATE}
    assert await seen(role="org:admin", issued_at=1000.5) == {Permission.IMAGES_GENERATE}  # an older token
    assert await seen(role="org:admin", issued_at=1002.0) == both
    assert await seen(permissions=frozenset({"org:videos:generate"}), issued_at=1003.0) == set()
    assert await seen(role="org:admin", issued_at=1004.0, kind="oauth") == set()
    await rights.close()


async def test_what_could_not_be_written_is_written_when_it_is_seen_again(database, provider, notices, hers):
    text, made = hers
    away = Database(database.url)  # not open yet
    rights = Rights(away)

    async def seen():
        rights.notice(msgspec.structs.replace(ADMIN, role="org:member", issued_at=1001.0))
        await rights._later._now()
        notices.tell(module.CHANNEL, made.id)
        return granted(await provider.authenticate(text))

    assert await seen() == {Permission.IMAGES_GENERATE, Permission.JOBS_MANAGE}
    await away.open()
    assert await seen() == {Permission.IMAGES_GENERATE}
    await rights.close()
    await away.close()


async def test_a_key_is_of_the_plan_that_its_owner_is_billed_for(database, provider, notices, hers):
    text, made = hers
    rights = Rights(database)

    async def seen(plan, issued_at):
        rights.notice(msgspec.structs.replace(ADMIN, plan=plan, issued_at=issued_at))
        await rights._later._now()
        notices.tell(module.CHANNEL, made.id)
        return (await provider.authenticate(text)).plan

    assert (await provider.authenticate(text)).plan is None
    assert await seen("pro", 1001.0) == "pro"
    assert await seen(None, 1002.0) is None
    again, _ = await keys.create(database, msgspec.structs.replace(ADMIN, plan="pro"), WISH)
    assert (await provider.authenticate(again)).plan == "pro"
    await rights.close()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (("org:member", []), {Permission.IMAGES_GENERATE}),
        (("org:admin", ["org:sys_memberships:read"]), {Permission.IMAGES_GENERATE, Permission.JOBS_MANAGE}),
        (("org:admin", ["org:videos:generate"]), set()),
    ],
)
async def test_a_key_loses_what_clerk_says_its_owner_has_lost(database, provider, hers, said, left):
    member = {
        "organization": {"id": "org_acme"},
        "public_user_data": {"user_id": "user_ana"},
        "role": said[0],
        "permissions": said[1],
    }
    event = {"type": "organizationMembership.updated", "data": member, "timestamp": 2_000_000}
    delivery = clerk_events.Delivery("msg_1", 2000)
    _, change = clerk_events.read(json.dumps(event).encode(), delivery)
    async with database.system() as scope:
        assert await clerk_events.apply(scope, "urn:one", delivery, change, hold_back_days=1)

    assert granted(await provider.authenticate(hers[0])) == left
