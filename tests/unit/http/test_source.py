import pytest
from hypothesis import given
from hypothesis import strategies as st

from estampe.http.source import source_of


def asked(*forwarded, client=("198.51.100.7", 4711)):
    return {"client": client, "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded]}


@pytest.mark.parametrize(
    ("scope", "proxies", "expected"),
    [
        (asked(), 0, "198.51.100.7"),
        (asked("203.0.113.9"), 0, "198.51.100.7"),
        (asked("203.0.113.9"), 1, "203.0.113.9"),
        (asked("6.6.6.6, 203.0.113.9"), 1, "203.0.113.9"),
        (asked("6.6.6.6, 203.0.113.9, 10.0.0.2"), 2, "203.0.113.9"),
        (asked("6.6.6.6", "203.0.113.9"), 1, "203.0.113.9"),
        (asked("203.0.113.9"), 2, "198.51.100.7"),
        (asked("not an address"), 1, "198.51.100.7"),
        (asked("203.0.113.9:5151"), 1, "203.0.113.9"),
        (asked("[2001:db8:1:2:3::4]:5151"), 1, "2001:db8:1:2::/64"),
        (asked(client=("2001:db8:1:2:ffff::1", 1)), 0, "2001:db8:1:2::/64"),
        (asked(client=("::ffff:203.0.113.9", 1)), 0, "203.0.113.9"),
        (asked(client=("fe80::1%eth0", 1)), 0, "fe80::/64"),
        (asked(client=None), 0, None),
        (asked("203.0.113.9", client=None), 1, "203.0.113.9"),
        (asked(client=("", 0)), 0, None),
    ],
)
def test_a_source_is_whom_the_nearest_trusted_hop_heard(scope, proxies, expected):
    assert source_of(scope, proxies) == expected


@given(st.lists(st.binary(max_size=80), max_size=4), st.integers(0, 3), st.text(max_size=40))
def test_whatever_is_forwarded_a_source_comes_out_or_none(values, proxies, client):
    scope = {"client": (client, 1), "headers": [(b"x-forwarded-for", value) for value in values]}

    source = source_of(scope, proxies)

    assert source is None or len(source) < 50
