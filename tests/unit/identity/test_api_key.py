"""Keys from end to end on a real database: shown once, kept as a hash, found, cached, withdrawn."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from tests.unit.identity.holder import ADMIN, WISH

from estampe import errors, plugins
from estampe.access import api_keys as keys
from estampe.access import key_format
from estampe.domain import Principal
from estampe.identity import VerifiedTokens, authenticate
from estampe.identity import api_key as module
from estampe.identity.api_key import ApiKeys
from estampe.policy.permissions import Permission, granted
from estampe.settings import Settings


def rows(database, statement, *values):
    with psycopg.connect(database.url) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def test_a_key_is_long_told_apart_and_checked_without_a_database():
    drawn = [key_format.draw() for _ in range(50)]
    assert len({key.text for key in drawn}) == 50
    for text, prefix in drawn:
        assert re.fullmatch(r"esk_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}", text)
        assert text.startswith(prefix + "_")
        assert key_format.is_key(text)


def test_a_typo_is_not_a_key():
    text = key_format.draw().text
    for place in range(4, len(text)):
        typo = "a" if text[place] != "a" else "b"
        assert not key_format.is_key(text[:place] + typo + text[place + 1 :])
    for other in (text[:-1], text + "a", text.upper(), text + "\n", "esk_", "esk_é", "x" + text):
        assert not key_format.is_key(other)


async def test_the_key_proves_its_owner_held_to_its_scopes(provider, hers):
    text, made = hers
    principal = await provider.authenticate(text)

    assert principal.tenant == ADMIN.tenant
    assert (principal.user_id, principal.organization_id, principal.key_id) == ("user_ana", "org_acme", made.id)
    assert (principal.session_id, principal.provider, principal.kind) == (None, "api_key", "key")
    assert granted(principal) == {Permission.IMAGES_GENERATE, Permission.JOBS_MANAGE}
    assert granted(principal, frozenset({"user_ana"})) == granted(principal)
    assert principal.expires_at > time.time() + 86_400


async def test_the_database_keeps_no_secret(database, hers):
    text, made = hers
    with psycopg.connect(database.url) as connection:
        for (table,) in connection.execute("select relname from pg_class where relkind = 'r' and relname !~ '^pg_'"):
            if connection.execute("select to_regclass(%s)", [table]).fetchone()[0]:
                told = connection.execute(f"select coalesce(string_agg(t::text, ' '), '') from {table} t").fetchone()[0]
                assert text not in told
                assert text.rpartition("_")[2] not in told
    assert made.prefix == text.rpartition("_")[0]


async def test_what_is_not_a_key_is_declined_and_a_bad_key_is_refused(provider):
    assert await provider.authenticate("eyJ.a.b") is None
    for bad in (key_format.draw().text, "esk_", "esk_nonsense", "esk_\ud800"):
        with pytest.raises(errors.TokenInvalid):
            await provider.authenticate(bad)


async def test_a_typo_costs_no_query():
    with pytest.raises(errors.TokenInvalid):
        await ApiKeys().authenticate(key_format.draw().text[:-1] + "é")
    with pytest.raises(errors.DatabaseUnavailable):
        await ApiKeys().authenticate(key_format.draw().text)


async def test_an_expired_key_is_refused_even_from_the_cache(database, provider, monkeypatch):
    soon = datetime.now(UTC) + timedelta(hours=1)
    text, _ = await keys.create(database, ADMIN, keys.Wish(name="n", scopes=frozenset(), expires_at=soon))
    assert await provider.authenticate(text)
    monkeypatch.setattr(module.time, "time", soon.timestamp)
    with pytest.raises(errors.TokenExpired):
        await provider.authenticate(text)


async def test_a_key_is_read_once_and_again_only_when_it_changes(database, provider, notices, hers):
    text, made = hers
    await provider.authenticate(text)
    rows(database, "alter table api_keys rename to hidden")
    assert (await provider.authenticate(text)).key_id == made.id

    rows(database, "alter table hidden rename to api_keys")
    await keys.revoke(database, ADMIN.tenant.id, made.id)
    notices.tell(module.CHANNEL, made.id)
    with pytest.raises(errors.KeyRevoked):
        await provider.authenticate(text)


async def test_a_gap_in_hearing_empties_the_cache(database, provider, notices, hers):
    text, made = hers
    await provider.authenticate(text)
    await keys.revoke(database, ADMIN.tenant.id, made.id)
    notices.reconnect()
    with pytest.raises(errors.KeyRevoked):
        await provider.authenticate(text)


async def test_while_deaf_a_key_is_believed_for_a_second(database, provider, notices, hers, monkeypatch):
    text, made = hers
    notices.fresh = False
    now = 1000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    await provider.authenticate(text)
    await keys.revoke(database, ADMIN.tenant.id, made.id)
    now += module.DEAF_SECONDS - 0.01
    await provider.authenticate(text)
    now += 0.02
    with pytest.raises(errors.KeyRevoked):
        await provider.authenticate(text)


async def test_a_key_withdrawn_while_it_is_read_is_not_kept(database, provider, notices, hers):
    text, made = hers
    original = provider._db

    class Slow:
        def system(self):
            notices.tell(module.CHANNEL, made.id)
            return original.system()

    provider._db = Slow()
    await provider.authenticate(text)
    assert not provider._kept
    provider._db = original


async def test_the_verified_tokens_do_not_keep_what_the_provider_keeps(database, provider, notices, hers):
    text, made = hers
    tokens = VerifiedTokens([provider])
    await tokens.principal(text)
    await keys.revoke(database, ADMIN.tenant.id, made.id)
    notices.tell(module.CHANNEL, made.id)
    with pytest.raises(errors.KeyRevoked):
        await tokens.principal(text)


async def test_the_cache_is_bounded(database, provider, monkeypatch):
    monkeypatch.setattr(module, "CACHED_KEYS", 3)
    for _ in range(5):
        text, _ = await keys.create(database, ADMIN, WISH)
        await provider.authenticate(text)
    assert len(provider._kept) == len(provider._digests) == len(provider._used) == 3


async def test_the_last_use_is_written_later_and_once_a_minute(database, provider, hers, monkeypatch):
    text, made = hers

    monkeypatch.setattr("estampe.access.later.GATHER_SECONDS", 3600.0)  # written when we say so, and not before

    async def used():
        await provider._uses._now()
        return (await keys.find(database, ADMIN.tenant.id, made.id)).last_used_at

    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now)
    await provider.authenticate(text)
    assert (await keys.find(database, ADMIN.tenant.id, made.id)).last_used_at is None
    first = await used()
    assert first.timestamp() == pytest.approx(now, abs=0.01)
    now += 59
    await provider.authenticate(text)
    assert await used() == first
    now += 2
    await provider.authenticate(text)
    assert await used() > first


async def test_a_use_is_written_by_itself_soon(database, provider, hers):
    text, made = hers
    await provider.authenticate(text)
    for _ in range(100):
        await asyncio.sleep(0.05)
        if (await keys.find(database, ADMIN.tenant.id, made.id)).last_used_at:
            return
    pytest.fail("it was never written")


async def test_a_key_without_an_owner_in_an_organisation_is_the_user_s_own(database, provider):
    alone = Principal(issuer="urn:one", user_id="user_ana", expires_at=1.0, provider="local")
    text, _ = await keys.create(database, alone, WISH)
    principal = await provider.authenticate(text)
    assert principal.tenant == alone.tenant
    assert principal.organization_id is None


def test_the_provider_is_installed_first_and_needs_no_setting():
    assert Settings().identity[0] == "api_key"
    assert plugins.load("identity", "api_key") is ApiKeys
    assert isinstance(ApiKeys.from_settings(Settings()), ApiKeys)


async def test_the_chain_refuses_a_bad_key_and_hands_on_what_is_none(provider):
    with pytest.raises(errors.TokenInvalid) as refusal:
        await authenticate([provider], key_format.draw().text)
    assert type(refusal.value) is errors.TokenInvalid
    with pytest.raises(errors.Unauthenticated):
        await authenticate([provider], "ESK_" + key_format.draw().text[4:])


async def test_a_provider_may_be_closed_twice(provider, hers):
    await provider.authenticate(hers[0])
    await provider.close()
    await provider.close()
