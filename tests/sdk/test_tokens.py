"""The client's token: fetched once, renewed in time, replayed once, and never sent where there is none."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from estampe_client import Client, errors
from estampe_client._clock import Clock
from estampe_client._commands import Alone, Call
from estampe_client._tokens import Tokens
from tests.postgres import eventually
from tests.sdk.doors import Made, statuses
from tests.service import Person, Service


@pytest.fixture
def issue(service: Service, ana: Person) -> Callable[[float], str]:
    return lambda seconds: service.local.issue(ana.user, ana.org, ttl_seconds=seconds)


class Source:
    """Gives the tokens it was made with, the last one again and again, and remembers what was said to it."""

    def __init__(self, *tokens: object) -> None:
        self._tokens, self.refused = list(tokens), []

    def token(self, refused: str | None) -> str:
        self.refused.append(refused)
        token = self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0]
        if isinstance(token, Exception):
            raise token
        return token() if callable(token) else token


def test_many_at_once_fetch_one_token(make: Made, service: Service, issue):
    asked = []

    def fetch() -> str:
        asked.append(1)
        time.sleep(0.2)  # as long as an identity provider takes
        return issue(60)

    client = make(service.url, fetch)
    with ThreadPoolExecutor(16) as pool:
        known = list(pool.map(lambda _: client.me().user_id, range(16)))

    assert len(set(known)) == 1
    assert len(asked) == 1


def test_a_token_is_renewed_before_it_is_refused(make: Made, service: Service, issue):
    asked = []
    client = make(service.url, lambda: asked.append(1) or issue(2))
    heard = statuses(client)

    eventually(lambda: client.me() and len(asked) == 4, "a fourth token")

    assert set(heard) == {200}
    assert len(heard) > 4


def test_a_refused_token_is_replaced_and_the_request_replayed_once(make: Made, service: Service, issue):
    expired, good = issue(-60), issue(60)
    source = Source(expired, good)
    client = make(service.url, source)
    heard = statuses(client)

    assert client.me().user_id.startswith("user_ana")
    assert client.me().user_id.startswith("user_ana")
    assert source.refused == [None, expired]
    assert heard == [401, 200, 200]


def test_a_source_without_a_good_token_is_asked_once_more_and_no_more(make: Made, service: Service, issue):
    source = Source(lambda: issue(-60))
    client = make(service.url, source)
    heard = statuses(client)

    with pytest.raises(errors.TokenExpired):
        client.images.create("a cat")

    assert heard == [401, 401]
    assert len(source.refused) == 2


def test_a_source_that_gives_the_refused_token_again_is_not_replayed(make: Made, service: Service, issue):
    client = make(service.url, Source(issue(-60)))
    heard = statuses(client)

    with pytest.raises(errors.TokenExpired):
        client.me()

    assert heard == [401]


def test_many_who_are_refused_together_renew_together(make: Made, service: Service, issue):
    source = Source(issue(-60), lambda: issue(60))
    client = make(service.url, source)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: client.me(), range(12)))

    assert len(source.refused) == 2


def test_a_text_is_refused_once(make: Made, service: Service, issue):
    client = make(service.url, issue(-60))
    heard = statuses(client)

    with pytest.raises(errors.TokenExpired):
        client.me()

    assert heard == [401]


def test_who_may_not_is_told_so_once(make: Made, service: Service, ana: Person, issue):
    source = Source(lambda: issue(60))
    client = make(service.url, source)
    heard = statuses(client)

    with pytest.raises(errors.PermissionMissing):
        client.usage.report()

    assert heard == [403]
    assert source.refused == [None]


@pytest.mark.parametrize("token", ["", "   ", lambda: "", lambda: None])
def test_without_a_token_nothing_is_sent(make: Made, service: Service, token):
    with pytest.raises(errors.TokenMissing, match="Authentication token missing"):
        make(service.url, token).me()


def test_without_a_token_nothing_is_sent_in_french(make: Made, service: Service):
    from estampe_client import Options  # noqa: PLC0415 - as the README does

    client = make(service.url, lambda: None, options=Options(language="fr"))
    heard = statuses(client)

    with pytest.raises(errors.TokenMissing, match="Token d'authentification manquant"):
        client.images.create("un chat")

    assert heard == []


@pytest.mark.parametrize("token", ["Bearer abc", "a\nb", "é", lambda: 7])
def test_what_cannot_be_a_token_is_never_sent_nor_shown(make: Made, service: Service, token):
    with pytest.raises(errors.TokenUnavailable) as unusable:
        make(service.url, token).me()

    assert "abc" not in str(unusable.value)


def test_the_environment_is_asked_where_nothing_is_said(make: Made, service: Service, issue, monkeypatch):
    monkeypatch.setenv("ESTAMPE_PUBLIC_URL", service.url)
    monkeypatch.setenv("ESTAMPE_TOKEN", issue(60))

    assert make().me().user_id.startswith("user_ana")
    monkeypatch.delenv("ESTAMPE_TOKEN")
    with pytest.raises(errors.TokenMissing):
        make()


def test_a_source_that_is_away_is_asked_again(make: Made, service: Service, issue):
    source = Source(ConnectionError("no network"), TimeoutError("no answer"), issue(60))

    assert make(service.url, source).me().user_id.startswith("user_ana")
    with pytest.raises(errors.TokenUnavailable, match="no network"):
        make(service.url, Source(ConnectionError("no network"))).with_options(retries=1).me()


def test_what_else_a_source_raises_comes_out_as_it_is(make: Made, service: Service):
    with pytest.raises(LookupError, match="signed out"):
        make(service.url, Source(LookupError("signed out"))).me()


def test_a_renewal_that_fails_early_leaves_the_good_token_in_use(make: Made, service: Service, issue):
    source = Source(issue(8), ConnectionError("away"), lambda: issue(60))
    client = make(service.url, source)
    heard = statuses(client)

    eventually(lambda: client.me() and len(source.refused) >= 3, "a renewal that worked")

    assert set(heard) == {200}


def test_an_awaited_source_is_awaited_by_the_client_that_can(request, make: Made, service: Service, issue):
    async def fetch() -> str:
        await asyncio.sleep(0)
        return issue(60)

    client = make(service.url, fetch)
    if isinstance(client, Client):
        with pytest.raises(TypeError, match="AsyncClient"):
            client.me()
    else:
        assert client.me().user_id.startswith("user_ana")


class Hands:
    """Two clocks that a test moves, and a driver for the steps of a token."""

    def __init__(self, *, wall: float = 1_000_000.0) -> None:
        self.monotonic, self.wall, self.fetched = 0.0, wall, 0

    def clock(self) -> Clock:
        return Clock(lambda: self.monotonic, lambda: self.wall)

    def pass_time(self, seconds: float, *, asleep: bool = False) -> None:
        self.monotonic += 0 if asleep else seconds
        self.wall += seconds

    def run(self, steps):
        try:
            step = next(steps)
            while True:
                if isinstance(step, Alone):
                    step = steps.send(self.run(step.steps))
                else:
                    assert isinstance(step, Call)
                    self.fetched += 1
                    step = steps.send(step.function())
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("wrong_by", [0, 86_400, -86_400, 50])
def test_a_clock_that_is_wrong_changes_nothing(service: Service, wrong_by: float):
    hands = Hands(wall=time.time() + wrong_by)
    tokens = Tokens(lambda: service.local.issue("user_ana", ttl_seconds=60), hands.clock(), "en")

    for second in range(120):
        hands.run(tokens.current(5))
        assert hands.fetched == (1 if second < 40 else hands.fetched)
        hands.pass_time(1)

    assert hands.fetched in {3, 4}  # each is used for 40 to 45 of its 60 seconds


def test_a_token_ages_while_the_laptop_sleeps(service: Service):
    hands = Hands()
    tokens = Tokens(lambda: service.local.issue("user_ana", ttl_seconds=60), hands.clock(), "en")

    hands.run(tokens.current(5))
    hands.pass_time(3600, asleep=True)
    hands.run(tokens.current(5))

    assert hands.fetched == 2


def test_a_token_that_came_half_used_is_known_to_be_once_the_service_has_told_its_time(service: Service):
    hands = Hands(wall=time.time() + 86_400)
    clock = hands.clock()
    from email.utils import formatdate  # noqa: PLC0415

    clock.hear(formatdate(time.time() + 40, usegmt=True))
    tokens = Tokens(lambda: service.local.issue("user_ana", ttl_seconds=60), clock, "en")

    hands.run(tokens.current(5))
    hands.pass_time(18)
    hands.run(tokens.current(5))

    assert hands.fetched == 2
