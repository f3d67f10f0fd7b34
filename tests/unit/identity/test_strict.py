import base64
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.identity.forge import b64

from estampe.identity._strict import MAX_DEPTH, _read_slowly, base64url, json_object

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def outcome(read, *given):
    try:
        return read(*given)
    except ValueError:
        return None


def reference(text):
    """The plain decoder, and what it would write itself."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    return raw if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == text else None


LETTERS = st.sampled_from('AQgwEIMUYcko048zZ-_+/="\\. \n\t!é\x00\x7f')


@settings(max_examples=400)
@given(st.text(LETTERS, max_size=9) | st.text(max_size=6) | st.binary(max_size=20).map(b64))
@example('AA"')
@example("\\u0041AA")
@example("AA\\n")
def test_base64_is_read_as_strictly_as_by_writing_it_again(text):
    assert outcome(base64url, text) == reference(text)


@pytest.mark.parametrize("length", range(6))
def test_every_last_letter_is_canonical_or_refused(length):
    for number in range(256):
        text = "A" * length + chr(number)
        assert outcome(base64url, text) == reference(text)


def spaced(value):
    return json.dumps(value)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@settings(max_examples=150)
@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), st.sampled_from([spaced, compact]))
def test_what_is_read_fast_is_what_is_read_slowly(value, write):
    raw = write(value).encode("utf-8", "surrogatepass")
    fast, slow = outcome(json_object, raw), outcome(_read_slowly, raw)
    assert repr(fast) == repr(slow)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from("abc"), VALUES), min_size=1, max_size=4))
def test_a_member_twice_is_refused_however_it_is_written(pairs):
    raw = "{" + ",".join(f"{compact(name)}:{compact(value)}" for name, value in pairs) + "}"
    read = outcome(json_object, raw.encode("utf-8", "surrogatepass"))
    if len({name for name, _ in pairs}) < len(pairs):
        assert read is None


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":1}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":[{"b":1,"b":2}]}',
        b'{"a": 1, "a": 1}',
        b"{}{}",
        b"{} x",
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":"\x01"}',
        b'{"a":nan}',
    ],
)
def test_what_has_two_meanings_or_none_is_refused(raw):
    with pytest.raises(ValueError, match=r".*"):
        json_object(raw)


def test_depth_is_bounded_whichever_way_it_is_read():
    for left, right in (("[", "]"), ('{"a":', "}")):
        inner = "1"
        for _ in range(MAX_DEPTH - 1):
            inner = f"{left}{inner}{right}"
        assert json_object(f'{{"a":{inner}}}'.encode())
        for space in ("", " "):
            with pytest.raises(ValueError, match="shallow"):
                json_object(f'{{"a":{space}{left}{inner}{right}}}'.encode())


def test_numbers_past_64_bits_are_read_alike():
    for number in (2**63, 2**64, -(2**63) - 1, 10**40):
        assert json_object(b'{"a":%d}' % number) == {"a": number}
