"""Reports: which days they cover, and cells that no spreadsheet runs."""

import csv
import io
from datetime import UTC, datetime

import pytest

from estampe.errors import InvalidRequest
from estampe.http import usage
from estampe.http.usage import UsageQuery, UsageRow
from estampe.http.wire.negotiate import weight_of

NOW = datetime(2026, 3, 15, 10, 30, tzinfo=UTC)


def period(since=None, until=None):
    return [moment.isoformat() for moment in usage._period(UsageQuery(since=since, until=until), NOW)]


def test_without_days_it_is_this_month_so_far():
    assert period() == ["2026-03-01T00:00:00+00:00", "2026-03-15T10:30:01+00:00"]


def test_a_day_that_is_named_is_covered_whole():
    assert period("2026-02-01", "2026-02-28") == ["2026-02-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"]
    assert period("2026-02-01", "2026-02-01") == ["2026-02-01T00:00:00+00:00", "2026-02-02T00:00:00+00:00"]


def test_a_moment_is_taken_as_it_is():
    told = period("2026-02-01T10:00:00+02:00", "2026-02-01T09:00:00Z")
    assert told == ["2026-02-01T08:00:00+00:00", "2026-02-01T09:00:00+00:00"]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("yesterday", None),
        ("2026-02-30", None),
        ("2026-02-02", "2026-02-01"),
        ("2025-01-01", "2026-02-01"),
        ("9999-12-31", "9999-12-31"),
        ("0001-01-01T00:00:00+23:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("", None),
    ],
)
def test_a_period_that_means_nothing_is_refused(since, until):
    with pytest.raises(InvalidRequest):
        usage._period(UsageQuery(since=since, until=until), NOW)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1"])
def test_a_name_is_never_a_formula(name):
    rows = [UsageRow(user_id=name, attempts=1, succeeded=1, units={"images": 1}, gpu_seconds=2.0)]

    table = list(csv.reader(io.StringIO(usage._written(rows, ["user"]).decode(), newline="")))

    assert table[0] == ["user_id", "attempts", "succeeded", "images", "gpu_seconds", "cost", "currency"]
    assert table[1] == ["'" + name, "1", "1", "1", "2.0", "", ""]


def test_units_stand_beside_each_other():
    rows = usage._folded(
        {"day": None, "user_id": None, "model": None, "kind": None, "currency": "EUR", "unit": unit, "attempts": 2,
         "succeeded": 1, "units": units, "gpu_seconds": 1.5, "cost": 0.1}
        for unit, units in (("images", 1.0), ("video_seconds", 2.5))
    )  # fmt: skip

    assert rows == [
        UsageRow(attempts=4, succeeded=2, units={"images": 1.0, "video_seconds": 2.5}, gpu_seconds=3.0, cost=0.2,
                 currency="EUR")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("accept", "csv_wins"),
    [
        ("text/csv", True),
        ("*/*", False),
        ("application/json, text/csv;q=0.5", False),
        ("text/csv, application/json;q=0.9, */*;q=0.1", True),
        ("text/csv;q=0, */*", False),
        ("text/html, text/*;q=0.8, */*;q=0.2", True),
        ("", False),
        ("nonsense;;;q=x,,", False),
    ],
)
def test_csv_is_for_who_wants_it_more_than_json(accept, csv_wins):
    assert (weight_of("text/csv", accept) > weight_of("application/json", accept)) is csv_wins
