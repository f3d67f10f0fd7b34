import asyncio

import pytest

from estampe.access import sessions as session
from estampe.errors import SignInCodeInvalid


async def code(database, ttl_seconds=600, role="org:admin"):
    return await session.new_code(
        database, user_id="user_ada", organization_id="org_1", role=role, ttl_seconds=ttl_seconds
    )


async def stored(database):
    async with database.system() as scope:
        rows = await scope.connection.execute(
            "select hash from sign_in_codes union all select hash from sessions union all select id from sessions"
        )
        return [row["hash"] for row in await rows.fetchall()]


async def test_a_code_opens_a_session_for_who_it_was_made_for(database):
    cookie, opened = await session.redeem(database, await code(database), session_days=30)
    assert (opened.user_id, opened.organization_id, opened.role) == ("user_ada", "org_1", "org:admin")
    assert (opened.expires_at - opened.created_at).days == 30
    assert await session.read(database, cookie) == opened


async def test_a_code_works_once(database):
    made = await code(database)
    await session.redeem(database, made, session_days=1)
    with pytest.raises(SignInCodeInvalid):
        await session.redeem(database, made, session_days=1)


async def test_of_two_who_race_for_a_code_one_gets_the_session(database):
    made = await code(database)
    results = await asyncio.gather(
        *(session.redeem(database, made, session_days=1) for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert sum(isinstance(result, SignInCodeInvalid) for result in results) == 5


@pytest.mark.parametrize("guess", ["", "guess", "\ud800", "x" * 10_000])
async def test_an_unknown_code_is_refused(database, guess):
    with pytest.raises(SignInCodeInvalid):
        await session.redeem(database, guess, session_days=1)
    assert await session.read(database, guess) is None


async def test_an_old_code_is_refused_and_swept(database):
    made = await code(database, ttl_seconds=0)
    with pytest.raises(SignInCodeInvalid):
        await session.redeem(database, made, session_days=1)
    await code(database)
    assert len(await stored(database)) == 1


async def test_an_old_session_is_gone(database):
    cookie, _ = await session.redeem(database, await code(database), session_days=0)
    assert await session.read(database, cookie) is None
    await code(database)
    assert len(await stored(database)) == 1


async def test_signing_out_ends_the_session_once_and_for_all(database):
    cookie, opened = await session.redeem(database, await code(database), session_days=1)
    for _ in range(2):
        await session.end(database, cookie, "urn:one", token_seconds=60)
    assert await session.read(database, cookie) is None
    async with database.system() as scope:
        (ended,) = await scope.all("live_revocations")
    assert (ended["issuer"], ended["session_id"]) == ("urn:one", opened.id)


async def test_the_database_keeps_no_secret(database):
    first, second = await code(database), await code(database)
    cookie, opened = await session.redeem(database, first, session_days=1)
    kept = await stored(database)
    assert len(kept) == 3
    assert opened.id in kept
    assert not {first, second, cookie} & set(kept)
    assert min(len(first), len(cookie)) >= 43
    assert opened.id not in cookie
