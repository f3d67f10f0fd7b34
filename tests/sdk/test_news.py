"""All of one's jobs in one stream, over expired tokens and lost lines, until nobody listens."""

from collections.abc import Callable, Iterable

import pytest
from estampe_client import JobEvent, errors
from tests.cut_line import line_to
from tests.sdk.doors import Made, statuses
from tests.service import Person, Service

SMALL = {"width": 64, "height": 64}
SHOWN_AT_FIRST = 20


def told(news: Iterable[JobEvent], enough: Callable[[JobEvent], bool]) -> list[JobEvent]:
    heard = []
    for event in news:
        heard.append(event)
        if enough(event):
            break
    return heard


def done(job) -> Callable[[JobEvent], bool]:
    return lambda event: event.name == "done" and event.job.job_id == job.job_id


def test_all_that_happens_to_one_s_jobs_is_told_after_how_they_stand(client, ana: Person, bob: Person):
    before = client.images.generate("a cat", **SMALL)
    his = bob.ask("[sleep 0.1] his", **SMALL)
    news = client.jobs.news()
    first = next(news)
    job = client.images.create("[steps 6] [sleep 0.6] a dog", **SMALL)
    heard = [first, *told(news, done(job))]
    news.close()

    assert ("snapshot", before.job_id) in {(event.name, event.job.job_id) for event in heard}
    names = [event.name for event in heard if event.job.job_id == job.job_id]
    assert {"status", "progress", "preview"} <= set(names)
    assert names.count("done") == 1
    assert heard[-1].job.outputs
    assert his not in {event.job.job_id for event in heard}


def test_a_token_that_expires_is_replaced_and_what_was_told_is_not_told_again(
    make: Made, service: Service, ana: Person
):
    client = make(service.url, lambda: service.local.issue(ana.user, ana.org, ttl_seconds=2))
    client.images.generate("a cat", **SMALL)
    heard = statuses(client)
    job = client.images.create("[steps 4] [sleep 1] longer than a token", **SMALL)
    events = told(client.jobs.news(), done(job))

    assert heard.count(200) > 1
    ended = [event.job.job_id for event in events if event.job.finished_at]
    assert len(ended) == len(set(ended))


def test_what_went_on_when_the_line_was_lost_is_told_of_as_done_wherever_it_stands(
    make: Made, service: Service, ana: Person
):
    with line_to(service.port) as line:
        client = make(f"http://127.0.0.1:{line.port}", ana.token)
        slow = client.images.create("[steps 400] [sleep 0.1] a cat", **SMALL)
        news = client.jobs.news()
        told(news, lambda event: event.job.job_id == slow.job_id)
        line.cut()
        ana.post(f"/api/jobs/{slow.job_id}/cancel")
        others = [ana.ask("a cat", **SMALL) for _ in range(SHOWN_AT_FIRST + 1)]
        for job_id in (slow.job_id, *others):
            ana.ended(job_id)
        heard = told(news, done(slow))
        news.close()

    ended = [event.job.job_id for event in heard if event.name == "done"]
    assert len(ended) == len(set(ended))
    assert {slow.job_id, *others[1:]} <= set(ended)


def test_whoever_is_refused_is_told_why(make: Made, service: Service):
    with pytest.raises(errors.Unauthenticated):
        next(make(service.url, "not-a-token").jobs.news())


def test_an_outage_that_lasts_too_long_ends_the_news(make: Made, service: Service, ana: Person):
    with line_to(service.port) as line:
        news = make(f"http://127.0.0.1:{line.port}", ana.token).with_options(outage_seconds=0).jobs.news()
        ana.ask("a cat", **SMALL)
        next(news)
    with pytest.raises(errors.ConnectionLost):
        told(news, lambda _: False)
