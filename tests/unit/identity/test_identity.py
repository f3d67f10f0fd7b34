import pytest
from tests.unit.identity.forge import ISSUER, NOW, signed

from estampe.domain import Principal
from estampe.errors import TokenExpired, TokenInvalid, TokenInvalidIssuer
from estampe.identity import LONGEST_CACHED_SECONDS, Provider, VerifiedTokens, authenticate


def person(name, **about):
    return Principal(**{"issuer": ISSUER, "user_id": name, "expires_at": NOW + 30, "provider": "asked"} | about)


class Asked(Provider):
    name = "asked"

    def __init__(self, **known):
        self.known = known
        self.asked = []

    async def authenticate(self, token):
        self.asked.append(token)
        answer = self.known.get(token)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    now = float(NOW)

    def __call__(self):
        return self.now


async def test_the_first_provider_that_knows_the_token_answers():
    first, second, third = Asked(), Asked(ada=person("ada")), Asked(ada=person("other"))
    assert (await authenticate([first, second, third], "ada")).user_id == "ada"
    assert third.asked == []


async def test_a_refusal_ends_the_chain():
    second = Asked(ada=person("ada"))
    with pytest.raises(TokenExpired):
        await authenticate([Asked(ada=TokenExpired()), second], "ada")
    assert second.asked == []


async def test_nobodys_token_has_the_wrong_issuer_and_garbage_is_no_token():
    with pytest.raises(TokenInvalidIssuer):
        await authenticate([Asked()], signed())
    with pytest.raises(TokenInvalid):
        await authenticate([Asked()], "garbage")


async def test_a_token_is_verified_once():
    provider = Asked(ada=person("ada"))
    verified = VerifiedTokens([provider], now=Clock())
    assert await verified.principal("ada") is await verified.principal("ada")
    assert provider.asked == ["ada"]


async def test_nothing_is_kept_past_its_expiry():
    provider, clock = Asked(ada=person("ada")), Clock()
    verified = VerifiedTokens([provider], now=clock)
    await verified.principal("ada")
    clock.now = NOW + 29.9
    await verified.principal("ada")
    assert len(provider.asked) == 1
    clock.now = NOW + 30
    provider.known["ada"] = TokenExpired()
    with pytest.raises(TokenExpired):
        await verified.principal("ada")


async def test_a_long_lived_token_is_verified_again_all_the_same():
    provider, clock = Asked(ada=person("ada", expires_at=NOW + 1e6)), Clock()
    verified = VerifiedTokens([provider], now=clock)
    await verified.principal("ada")
    clock.now += LONGEST_CACHED_SECONDS
    await verified.principal("ada")
    assert len(provider.asked) == 2


async def test_a_refusal_is_not_kept():
    provider = Asked(ada=TokenExpired())
    verified = VerifiedTokens([provider], now=Clock())
    for _ in range(2):
        with pytest.raises(TokenExpired):
            await verified.principal("ada")
    assert len(provider.asked) == 2


async def test_the_least_used_makes_room():
    provider = Asked(**{name: person(name) for name in "abc"})
    verified = VerifiedTokens([provider], size=2, now=Clock())
    for name in "abaca":
        await verified.principal(name)
    assert provider.asked == list("abc")
    await verified.principal("b")
    assert provider.asked == list("abcb")


@pytest.mark.parametrize(
    ("about", "dropped"),
    [
        ({"user_id": "ada"}, {"one", "two"}),
        ({"session_id": "s1"}, {"one"}),
        ({"organization_id": "o1"}, {"two", "three"}),
        ({"user_id": "ada", "organization_id": "o1"}, {"two"}),
        ({}, {"one", "two", "three"}),
    ],
)
async def test_what_an_issuer_takes_back_is_verified_again(about, dropped):
    provider = Asked(
        one=person("ada", session_id="s1"),
        two=person("ada", session_id="s2", organization_id="o1"),
        three=person("eve", organization_id="o1"),
        elsewhere=person("ada", issuer="https://other.example", session_id="s1", organization_id="o1"),
    )
    verified = VerifiedTokens([provider], now=Clock())
    for name in provider.known:
        await verified.principal(name)
    provider.asked.clear()
    verified.forget(ISSUER, **about)
    for name in provider.known:
        await verified.principal(name)
    assert set(provider.asked) == dropped


async def test_any_text_can_be_asked_about():
    with pytest.raises(TokenInvalid):
        await VerifiedTokens([]).principal("\ud800")
