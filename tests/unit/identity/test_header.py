import pytest
from hypothesis import given
from hypothesis import strategies as st

from estampe.errors import InvalidRequest, TokenInvalid
from estampe.identity import bearer_token


@pytest.mark.parametrize(
    "value", ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c", b"Bearer a.b.c", " Bearer a.b.c\t"]
)
def test_the_token_is_found_whatever_the_case_of_the_scheme(value):
    assert bearer_token([value]) == "a.b.c"


@pytest.mark.parametrize("token", ["esk_abc-~+/=", "a==", "x"])
def test_a_token_need_not_be_a_jwt(token):
    assert bearer_token([f"Bearer {token}"]) == token


@pytest.mark.parametrize("values", [[], ["Basic dXNlcjpwYXNz"], ['Digest realm="a", nonce="b"'], ["DPoP a.b.c"]])
def test_no_header_and_another_scheme_are_no_token(values):
    assert bearer_token(values) is None


@pytest.mark.parametrize(
    "values",
    [
        ["Bearer a.b.c", "Bearer a.b.c"],
        ["Basic dXNlcjpwYXNz", "Bearer a.b.c"],
        ["Bearer a.b.c, Bearer d.e.f"],
        ["Basic dXNlcjpwYXNz, Bearer a.b.c"],
        ["Bearer a.b.c d.e.f"],
        ["Bearer"],
        ["Bearer "],
        [""],
        ["a.b.c"],
        ["Bearer\ta.b.c"],
        ["Bearer a.b.c\n"],
        ["Bearer a=b"],
        ['Bearer "a.b.c"'],
        [b"Bearer \xff"],
        ["Bearer: a.b.c"],
        [" Bearer"],
    ],
)
def test_two_credentials_or_an_unreadable_header_are_a_malformed_request(values):
    with pytest.raises(InvalidRequest):
        bearer_token(values)


HEADER_LETTERS = st.sampled_from('bearBEAR \t,=.~+/-_0aZé"\n')


@given(st.text(HEADER_LETTERS, max_size=20).map(lambda rest: f"Bearer {rest}") | st.text(HEADER_LETTERS, max_size=12))
def test_bytes_are_read_as_the_text_they_are(value):
    """Bytes have a way of their own, for speed."""
    outcomes = []
    for one in (value, value.encode("latin-1")):
        try:
            outcomes.append(bearer_token([one]))
        except (InvalidRequest, TokenInvalid) as refusal:
            outcomes.append(type(refusal))
    assert outcomes[0] == outcomes[1]


def test_a_token_too_long_is_refused_as_a_token():
    with pytest.raises(TokenInvalid):
        bearer_token(["Bearer " + "a" * 8193])
    assert len(bearer_token(["Bearer " + "a" * 8192])) == 8192


@given(st.lists(st.binary() | st.text(), max_size=2))
def test_any_header_is_read_or_refused(values):
    try:
        token = bearer_token(values)
    except (InvalidRequest, TokenInvalid):
        return
    assert token is None or token.isascii()
