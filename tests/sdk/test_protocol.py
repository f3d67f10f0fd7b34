"""The protocol alone, driven by hand: when it asks again, how long it waits, and how it reads events."""

import json

import pytest
from estampe_client import errors
from estampe_client._clock import Clock
from estampe_client._commands import Request, Response, Send, Sleep
from estampe_client._events import EventReader, ServerEvent
from estampe_client._exchange import Options, Session, exchange
from estampe_client._tokens import Tokens
from estampe_client._wire import decode
from estampe_client.types import Model, Problem, Result, UsageReport
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sdk.doors import Made
from tests.service import free_port

GET = Request("GET", "/api/me")
UPLOAD = Request("POST", "/api/uploads", repeatable=False)
DONE = Response(200, {}, b"{}")
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


def refusal(status: int, code: str, **headers: str) -> Response:
    body = {"type": "", "title": code, "status": status, "detail": code, "instance": "", "code": code}
    said = {"content-type": "application/problem+json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return Response(status, said, json.dumps(body | {"request_id": "r"}).encode())


def waits(request: Request, *answers: Response | Exception, **options: object) -> list[float]:
    """How long it waits between those answers; what it raises at the end, it raises."""
    clock = Clock()
    steps = exchange(Session(Tokens("token", clock, "en"), Options(**options), clock), request)
    left, waited = list(answers), []
    try:
        step = next(steps)
        while True:
            if isinstance(step, Sleep):
                waited.append(step.seconds)
                step = steps.send(None)
                continue
            assert isinstance(step, Send)
            answer = left.pop(0)
            step = steps.throw(answer) if isinstance(answer, Exception) else steps.send(answer)
    except StopIteration:
        assert left == []
        return waited


def test_waits_grow_from_half_a_second_to_eight_and_are_drawn_at_random():
    drawn = [waits(GET, *[refusal(503, "no_worker")] * 7, DONE, retries=7) for _ in range(200)]

    for waited, longest in zip(zip(*drawn, strict=True), [0.5, 1, 2, 4, 8, 8, 8], strict=True):
        assert max(waited) <= longest
        assert max(waited) > longest * 0.8
        assert min(waited) < longest * 0.2


@pytest.mark.parametrize(
    ("said", "seconds"),
    [({"retry_after": "7"}, 7), ({"retry_after": "Sun, 06 Nov 1994 08:49:47 GMT", "date": DATE}, 10)],
)
def test_the_service_says_how_long_to_wait(said: dict[str, str], seconds: float):
    (waited,) = waits(GET, refusal(429, "rate_limited", **said), DONE)

    assert seconds <= waited <= seconds + 0.5


def test_more_than_two_minutes_is_for_the_caller_to_wait():
    with pytest.raises(errors.QueueFull) as full:
        waits(GET, refusal(429, "queue_full", retry_after="121"), DONE)

    assert full.value.retry_after_seconds == 121


@pytest.mark.parametrize(
    "answer",
    [
        refusal(429, "queue_full"),
        refusal(503, "draining"),
        refusal(500, "internal_error"),
        refusal(409, "idempotency_in_progress"),
        Response(502, {"content-type": "text/html"}, b"<h1>"),
        errors.ConnectionLost("cut", sent=True),
    ],
    ids=repr,
)
def test_what_passes_is_asked_again(answer: Response | Exception):
    assert len(waits(GET, answer, answer, DONE)) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(402, "quota_exhausted", retry_after="1"), errors.QuotaExhausted),
        (refusal(403, "permission_missing"), errors.PermissionMissing),
        (refusal(404, "not_found"), errors.NotFound),
        (refusal(409, "job_failed"), errors.JobFailed),
        (refusal(422, "limit_exceeded"), errors.LimitExceeded),
        (Response(302, {"location": "https://elsewhere.example"}), errors.UnexpectedAnswer),
        (Response(404, {"content-type": "text/html"}, b"<h1>"), errors.UnexpectedAnswer),
        (refusal(403, "not_invented_yet"), errors.Forbidden),
        (refusal(418, "not_invented_yet"), errors.UnknownError),
    ],
)
def test_what_does_not_pass_is_said_at_once(answer: Response, kind: type[Exception]):
    with pytest.raises(kind):
        waits(GET, answer, DONE)


@pytest.mark.parametrize("answer", [refusal(429, "rate_limited"), errors.ConnectionLost("refused", sent=False)])
def test_what_must_not_be_done_twice_is_asked_again_where_it_surely_was_not_done(answer: Response | Exception):
    assert len(waits(UPLOAD, answer, DONE)) == 1


@pytest.mark.parametrize("answer", [refusal(500, "internal_error"), errors.ConnectionLost("cut", sent=True)])
def test_what_must_not_be_done_twice_is_not_asked_again_where_it_may_have_been_done(answer: Response | Exception):
    with pytest.raises(errors.EstampeError):
        waits(UPLOAD, answer, DONE)


def test_tries_come_to_an_end():
    with pytest.raises(errors.Draining):
        waits(GET, *[refusal(503, "draining")] * 5, retries=4)


TOLD = [ServerEvent("progress", b'{"a":1}'), ServerEvent("message", b"two\nlines"), ServerEvent("\xe9t\xe9", b"")]
STREAM = (
    '\ufeffretry: 2000\nid: 1\nevent: progress\ndata: {"a":1}\n\n: here\n\n'
    "data: two\ndata: lines\n\nevent: été\ndata\n\nevent: none\n\n"
)


@settings(max_examples=200)
@given(st.lists(st.integers(0, len(STREAM.encode()) + 20), max_size=30), st.sampled_from(["\n", "\r\n", "\r"]))
def test_events_are_the_same_however_they_are_cut(cuts: list[int], end: str):
    content = STREAM.replace("\n", end).encode()
    reader, heard, last = EventReader(), [], 0
    for cut in [*sorted(cuts), len(content)]:
        heard += reader.feed(content[last:cut])
        last = max(last, cut)
    heard += reader.feed(b"\n")

    assert heard == TOLD


def test_an_event_without_end_is_not_read_for_ever():
    reader = EventReader()

    with pytest.raises(errors.AnswerTooLarge):
        [event for _ in range(10) for event in reader.feed(b"data: " + b"x" * 1_000_000)]


def test_an_answer_of_a_newer_service_is_read_and_one_that_lacks_something_is_not():
    problem = json.loads(refusal(404, "not_found").body)

    assert decode(Problem, json.dumps(problem | {"new": 1}).encode()).code == "not_found"
    assert decode(Problem, json.dumps(problem).encode()).errors == []
    newer = {"job_id": "j", "kind": "image", "status": "paused", "outputs": [], "usage": None}
    assert decode(Result, json.dumps(newer).encode()).status == "paused"
    with pytest.raises(errors.VersionMismatch, match="lacks code"):
        decode(Problem, json.dumps({name: problem[name] for name in problem if name != "code"}).encode())
    with pytest.raises(errors.VersionMismatch, match=r"Problem\.status"):
        decode(Problem, json.dumps(problem | {"status": "404"}).encode())
    with pytest.raises(errors.VersionMismatch):
        decode(UsageReport, b'{"from": "yesterday"}')


@settings(max_examples=200)
@given(st.binary() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(lambda x: json.dumps(x).encode()))
def test_whatever_answers_is_read_or_refused(content: bytes):
    with pytest.raises(errors.UnexpectedAnswer):
        decode(Model, content)


@pytest.mark.parametrize("url", ["ftp://a", "a.example", "http://", "http://me:pw@a.example", "http://a/?token=x"])
def test_an_address_that_cannot_be_or_carries_a_secret_is_refused(make: Made, url: str):
    with pytest.raises(ValueError, match="URL") as refused:
        make(url, "token")

    assert "pw" not in str(refused.value)


def test_nobody_at_the_address_is_a_lost_connection(make: Made):
    client = make(f"http://127.0.0.1:{free_port()}", "token").with_options(retries=1)

    with pytest.raises(errors.ConnectionLost) as lost:
        client.me()

    assert not lost.value.sent


def test_a_request_to_this_machine_goes_through_no_proxy_of_the_environment(make: Made, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    def proxies(client) -> int:
        http = getattr(client, "_inner", client)._http
        return sum(transport is not None for transport in http._mounts.values())

    assert proxies(make("http://127.0.0.1:9", "token")) == 0
    assert proxies(make("http://127.0.0.1:9", "token", trust_env=True)) == 1
    assert proxies(make("http://estampe.example", "token")) == 1
