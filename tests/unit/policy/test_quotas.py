"""A plan and where a tenant stands in it: one more job, or a refusal that says when to come back."""

from datetime import UTC, datetime

import pytest

from estampe.errors import QueueFull, QuotaExhausted
from estampe.plans import Ask, Plan, Standing, Use
from estampe.policy.quotas import Left, afford, left

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)


def ask(units=1.0, unit="images", gpu_seconds=2.0):
    return Ask(unit=unit, units=units, gpu_seconds=gpu_seconds)


def standing(queued=0, at=NOON, **used):
    return Standing(at=at, queued=queued, running=0, used={unit: Use(**amounts) for unit, amounts in used.items()})


def test_without_limits_everything_passes():
    afford(Plan(), standing(queued=10**6, images={"spent": 1e9}), ask(1e6))


def test_what_is_reserved_counts_like_what_is_spent():
    plan = Plan(quotas={"images": 5})
    afford(plan, standing(images={"reserved": 2, "spent": 2}), ask())

    with pytest.raises(QuotaExhausted):
        afford(plan, standing(images={"reserved": 3, "spent": 2}), ask())


def test_a_job_that_fits_only_in_part_is_refused():
    with pytest.raises(QuotaExhausted) as refusal:
        afford(Plan(quotas={"images": 5}), standing(images={"spent": 3}), ask(3))

    assert refusal.value.detail.en == "This needs 3 images; 2 of 5 are left until 2026-03-01 00:00 UTC."
    assert "2 sur 5" in refusal.value.detail.fr


@pytest.mark.parametrize(
    ("period", "at", "seconds"),
    [
        ("day", NOON, 12 * 3600),
        ("month", NOON, 12 * 3600),
        ("month", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), 1),
        ("month", datetime(2024, 2, 1, tzinfo=UTC), 29 * 86400),
        ("day", datetime.fromisoformat("2026-03-01T00:30:00+01:00"), 1800),
    ],
)
def test_the_refusal_says_how_long_the_period_still_lasts(period, at, seconds):
    plan = Plan(period=period, quotas={"images": 1})

    with pytest.raises(QuotaExhausted) as refusal:
        afford(plan, standing(at=at, images={"spent": 1}), ask())

    assert refusal.value.retry_after_seconds == seconds


def test_waiting_does_not_help_a_job_larger_than_the_quota():
    with pytest.raises(QuotaExhausted) as refusal:
        afford(Plan(quotas={"images": 5}), standing(), ask(6))

    assert refusal.value.retry_after_seconds is None


def test_units_of_another_kind_are_not_held_against_it():
    afford(Plan(quotas={"video_seconds": 0}), standing(), ask())


def test_exact_sums_of_thirds_fill_a_quota_to_the_brim():
    afford(
        Plan(quotas={"video_seconds": 1}), standing(video_seconds={"spent": 0.666667}), ask(0.333333, "video_seconds")
    )


def test_gpu_seconds_are_held_too():
    plan = Plan(quotas={"gpu_seconds": 10})
    afford(plan, standing(gpu_seconds={"spent": 8}), ask(gpu_seconds=2))

    with pytest.raises(QuotaExhausted):
        afford(plan, standing(gpu_seconds={"spent": 8.5}), ask(gpu_seconds=2))


def test_a_guess_longer_than_the_whole_quota_does_not_shut_a_tenant_out():
    afford(Plan(quotas={"gpu_seconds": 10}), standing(), ask(gpu_seconds=30))

    with pytest.raises(QuotaExhausted):
        afford(Plan(quotas={"gpu_seconds": 0}), standing(), ask(gpu_seconds=30))


def test_a_full_queue_is_told_apart_from_a_spent_quota():
    plan = Plan(max_queued=2, quotas={"images": 0})

    with pytest.raises(QueueFull) as refusal:
        afford(plan, standing(queued=2), ask(gpu_seconds=500))

    assert 1 <= refusal.value.retry_after_seconds <= 60


def test_what_is_left_is_told_by_unit():
    plan = Plan(quotas={"images": 5, "gpu_seconds": 10})

    told = left(plan, standing(images={"reserved": 1, "spent": 2}, gpu_seconds={"spent": 12}))

    assert told == {
        "images": Left(limit=5, spent=2, reserved=1, left=2),
        "gpu_seconds": Left(limit=10, spent=12, reserved=0, left=0),
    }
