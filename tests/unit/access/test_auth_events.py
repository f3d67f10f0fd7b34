from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.unit.identity.holder import ADMIN

from estampe.access.auth_events import MOST_MINUTES, MOST_PROVEN, MOST_UNPROVEN, Asked, AuthEvents, Seen, hidden
from estampe.errors import DatabaseUnavailable

NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
FORGED = Seen("token_invalid", "unknown", "/api/me", "source")
MINE = Seen("accepted", "urn:one", "/api/me", "source", "user_ana", "tn_ana")


class Clock:
    now = NOON.timestamp()

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def events(database, clock):
    return AuthEvents(database, now=clock)


async def told(events, tenant=None, hours=1, **wishes):
    span = timedelta(hours=hours)
    return await events.between(Asked(NOON - span, NOON + span, limit=9, **wishes), tenant_id=tenant)


async def test_what_is_alike_in_a_minute_is_one_row_however_many_processes_saw_it(database, events, clock):
    other = AuthEvents(database, now=clock)
    for each in (events, other):
        for _ in range(1000):
            each.saw(FORGED)
        await each.flush()
    clock.now += 60
    events.saw(FORGED)
    await events.flush()

    rows = (await told(events)).events

    assert [(row["at"].minute, row["count"]) for row in rows] == [(1, 1), (0, 2000)]


async def test_a_tenant_sees_its_own_and_an_operator_all(events):
    events.saw(FORGED)
    events.saw(MINE)
    events.saw(MINE._replace(tenant_id="tn_bob", user_id="user_bob"))
    await events.flush()

    assert (await told(events, "tn_ana")).counts == {"accepted": 1}
    assert [row["user_id"] for row in (await told(events, "tn_ana")).events] == ["user_ana"]
    assert (await told(events)).counts == {"accepted": 2, "token_invalid": 1}


async def test_what_was_accepted_or_had_another_reason_can_be_left_out_of_the_events_and_stays_counted(events):
    expired = MINE._replace(reason="token_expired")
    for seen in (MINE, expired, FORGED):
        events.saw(seen)
    await events.flush()

    assert {row["reason"] for row in (await told(events, refused=True)).events} == {"token_expired", "token_invalid"}
    assert [row["reason"] for row in (await told(events, reason="accepted")).events] == ["accepted"]
    assert (await told(events, reason="accepted", refused=True)).events == []
    assert (await told(events, reason="token_expired")).counts == {
        "accepted": 1,
        "token_expired": 1,
        "token_invalid": 1,
    }


async def test_counts_over_time_are_of_whole_hours_or_days_and_of_one_s_own(events, clock):
    for later in (0, 60, 3600, 86_400):
        clock.now = NOON.timestamp() + later
        events.saw(MINE)
        events.saw(FORGED)
        await events.flush()

    def steps(rows):
        return [(f"{row['at'].astimezone(UTC):%d %H:%M}", row["reason"], row["count"]) for row in rows]

    assert steps((await told(events, "tn_ana", hours=30, step="hour")).steps) == [
        ("01 12:00", "accepted", 2),
        ("01 13:00", "accepted", 1),
        ("02 12:00", "accepted", 1),
    ]
    assert steps((await told(events, hours=30, step="day")).steps) == [
        ("01 00:00", "accepted", 3),
        ("01 00:00", "token_invalid", 3),
        ("02 00:00", "accepted", 1),
        ("02 00:00", "token_invalid", 1),
    ]
    assert not (await told(events, hours=30)).steps


async def test_a_flood_from_everywhere_fills_no_database_and_hides_no_one(database, events):
    for number in range(5 * MOST_UNPROVEN):
        events.saw(FORGED._replace(source=str(number)))
    events.saw(MINE)
    await events.flush()

    async with database.system() as scope:
        assert (await scope.connection.execute("select count(*) from auth_events")).rowcount == 1
        rows = await (await scope.connection.execute("select * from auth_events")).fetchall()
    assert len(rows) == MOST_UNPROVEN + 2
    (merged,) = [row for row in rows if row["source"] is None]
    assert merged["count"] == 4 * MOST_UNPROVEN
    assert merged["route"] is None
    assert (await told(events, "tn_ana")).counts == {"accepted": 1}


async def test_our_own_people_do_not_fill_it_either(events):
    for number in range(2 * MOST_PROVEN):
        events.saw(MINE._replace(user_id=f"user_{number}"))
    await events.flush()

    assert (await told(events, "tn_ana")).counts == {"accepted": MOST_PROVEN}
    assert (await told(events)).counts == {"accepted": 2 * MOST_PROVEN}


async def test_what_cannot_be_written_stays_for_the_next_time(database, events, monkeypatch):
    def away():
        raise DatabaseUnavailable

    events.saw(FORGED)
    with monkeypatch.context() as broken:
        broken.setattr(database, "system", away)
        await events.flush()
        events.saw(FORGED)
        await events.flush()
    await events.flush()
    await events.flush()

    assert (await told(events)).counts == {"token_invalid": 2}


async def test_during_an_outage_the_oldest_minutes_go_first(database, events, clock, monkeypatch):
    def away():
        raise DatabaseUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(database, "system", away)
        for _ in range(3 * MOST_MINUTES):
            events.saw(FORGED)
            await events.flush()
            clock.now += 60
    await events.flush()

    assert (await told(events)).counts == {"token_invalid": MOST_MINUTES}


async def test_the_last_seconds_are_written_at_the_end(events):
    async with events.keeping():
        events.saw(FORGED)

    assert (await told(events)).counts == {"token_invalid": 1}


async def test_a_person_is_new_once_a_session(events):
    session = msgspec.structs.replace(ADMIN, session_id="sess_1")
    other = msgspec.structs.replace(ADMIN, session_id="sess_2")

    assert [events.is_new(who) for who in (session, session, other, session)] == [True, False, True, False]


def test_a_hidden_source_needs_our_secret():
    assert hidden("203.0.113.9", b"ours") == hidden("203.0.113.9", b"ours") != hidden("203.0.113.9", b"another")
    assert hidden(None, b"ours") is None
