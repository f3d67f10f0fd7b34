import pytest
from hypothesis import given
from hypothesis import strategies as st

from estampe.http.wire.negotiate import language, names_media_type


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (b"", "en"),
        (b"fr", "fr"),
        (b"FR-ca", "fr"),
        (b"en, fr", "en"),
        (b"fr, en", "fr"),
        (b"en;q=0.4, fr;q=0.5", "fr"),
        (b"fr;q=0", "en"),
        (b"de, *;q=0.1", "en"),
        (b"*, fr;q=0.5", "en"),
        (b"fr;q=high", "en"),
        (b"fr;q=7, en;q=0.1", "en"),
        (b"fr;q=nan", "en"),
        (b"frisian", "en"),
        (b";;;,,,=", "en"),
    ],
)
def test_the_language_is_the_one_preferred_of_ours(header, chosen):
    assert language([(b"accept-language", header)]) == chosen


def test_without_a_wish_it_is_english():
    assert language([(b"accept", b"fr")]) == "en"


@given(st.binary(max_size=600))
def test_no_header_is_too_strange(header):
    assert language([(b"accept-language", header)]) in {"en", "fr"}


@pytest.mark.parametrize(
    ("pattern", "content_type", "fits"),
    [
        ("application/json", "application/json", True),
        ("application/json", "Application/JSON ; charset=utf-8", True),
        ("image/*", "image/png", True),
        ("image/*", "text/html", False),
        ("application/json", "application/jsonp", False),
        ("*/*", "", False),
    ],
)
def test_a_media_type_is_compared_without_case_or_parameters(pattern, content_type, fits):
    assert names_media_type([pattern], content_type) is fits
