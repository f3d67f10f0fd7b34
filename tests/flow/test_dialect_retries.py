"""OpenAI's own client makes a call again when its line is cut, and nothing is bought twice; who leaves pays nothing."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import openai
import psutil
import pytest
from openai import OpenAI
from tests.cut_line import Line, line_to
from tests.openai_client import openai_for, picture
from tests.postgres import eventually
from tests.service import Person, Service, running, until_free
from tests.thorough import thorough

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")

SMALL = {"size": "64x64"}
SECONDS = "[steps 10] [sleep 0.2]"
LONG = "[steps 400] [sleep 0.1]"


@pytest.fixture
def line(service: Service) -> Iterator[Line]:
    with line_to(service.port) as opened:
        yield opened


@pytest.fixture
def client(ana: Person, line: Line) -> Iterator[OpenAI]:
    with openai_for(ana, base_url=f"http://127.0.0.1:{line.port}/v1", max_retries=3) as opened:
        yield opened


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as opened:
        yield opened


def jobs(person: Person) -> list[dict]:
    return person.get("/api/jobs").json()["jobs"]


def running_jobs(person: Person, count: int) -> Callable[[], bool]:
    return lambda: len([job for job in jobs(person) if job["status"] in {"queued", "running"}]) == count


CALLS = {
    "a picture": lambda client: client.images.generate(prompt=f"{SECONDS} a", **SMALL).data[0].seed,
    "an edit": lambda client: client.images.edit(image=picture((1, 2, 3)), prompt=f"{SECONDS} a", **SMALL).data[0].seed,
    "a stream not begun": lambda client: [
        event.seed for event in client.images.generate(prompt=f"{SECONDS} a", stream=True, **SMALL)
    ][-1],
}


@pytest.mark.parametrize("call", [CALLS["a picture"], CALLS["an edit"]], ids=["a picture", "an edit"])
def test_a_call_cut_while_it_waits_gets_its_picture_of_one_job(
    client: OpenAI, line: Line, ana: Person, pool: ThreadPoolExecutor, call: Callable[[OpenAI], int]
):
    waiting = pool.submit(call, client)
    eventually(running_jobs(ana, 1), "a job")
    line.cut()

    seed = waiting.result(timeout=60)
    (job,) = jobs(ana)
    assert (job["status"], job["outputs"][0]["seed"]) == ("succeeded", seed)
    assert line.calls == 2


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_answer_lost_on_its_way_is_told_again(
    client: OpenAI, line: Line, ana: Person, call: Callable[[OpenAI], int]
):
    line.deaf = 2

    seed = call(client)
    (job,) = jobs(ana)
    assert job["outputs"][0]["seed"] == seed
    assert line.calls == 3


def test_a_clip_asked_for_on_a_bad_line_is_one_clip(client: OpenAI, line: Line, ana: Person):
    line.deaf = 1

    asked = client.videos.create(prompt="a", input_reference=picture((1, 2, 3)), **SMALL)

    assert [job["job_id"] for job in jobs(ana)] == [asked.id]
    assert line.calls == 2


def test_the_same_call_made_twice_is_two_jobs_even_when_both_are_cut(
    client: OpenAI, line: Line, ana: Person, pool: ThreadPoolExecutor
):
    calls: list[Future[int]] = [pool.submit(CALLS["a picture"], client) for _ in range(3)]
    eventually(running_jobs(ana, 3), "three jobs")
    line.cut()

    seeds = {call.result(timeout=90) for call in calls}
    made = jobs(ana)
    assert [job["status"] for job in made] == ["succeeded"] * 3
    assert seeds == {job["outputs"][0]["seed"] for job in made}


def test_the_same_call_made_again_later_is_a_new_job(client: OpenAI, ana: Person):
    first, second = (client.images.generate(prompt="a", **SMALL) for _ in range(2))

    assert first.job_id != second.job_id
    assert len(jobs(ana)) == 2


def test_another_s_call_is_not_taken_over(ana: Person, boss: Person, bob: Person):
    again = {"extra_headers": {"X-Stainless-Retry-Count": "1"}, "prompt": "a", **SMALL}
    made = set()
    for person in (ana, boss, bob):
        with openai_for(person) as client:
            made.add(client.images.generate(**again).job_id)

    assert len(made) == 3


def test_a_key_of_one_s_own_gives_the_first_job_again(ana: Person):
    key = {"extra_headers": {"Idempotency-Key": "order-1"}, **SMALL}
    with openai_for(ana) as client:
        first, second = (client.images.generate(prompt="a", **key) for _ in range(2))
        with pytest.raises(openai.BadRequestError) as refused:
            client.images.generate(prompt="b", **key)

    assert first.job_id == second.job_id
    assert refused.value.code == "idempotency_mismatch"
    assert len(jobs(ana)) == 1


def test_who_leaves_and_does_not_return_pays_nothing(ana: Person):
    with openai_for(ana, timeout=1.5) as client, pytest.raises(openai.APITimeoutError):
        client.images.generate(prompt=f"{LONG} a", **SMALL)

    (job,) = eventually(lambda: jobs(ana), "the job")
    assert ana.ended(job["job_id"])["status"] == "canceled"
    assert ana.job(job["job_id"])["usage"]["units"] == 0


def test_who_closes_a_stream_leaves_too(ana: Person):
    with openai_for(ana) as client:
        stream = client.images.generate(prompt=f"{LONG} a", stream=True, partial_images=1, **SMALL)
        eventually(lambda: [job for job in jobs(ana) if job["status"] == "running"], "a running job")
        stream.close()
    (job,) = jobs(ana)
    assert ana.ended(job["job_id"])["status"] == "canceled"


def test_who_has_a_key_may_leave_and_return(ana: Person):
    key = {"extra_headers": {"Idempotency-Key": "order-2"}, "prompt": "[steps 30] [sleep 0.1] a", **SMALL}
    with openai_for(ana, timeout=1) as client, pytest.raises(openai.APITimeoutError):
        client.images.generate(**key)
    (job,) = eventually(lambda: jobs(ana), "the job")
    assert ana.ended(job["job_id"])["status"] == "succeeded"

    with openai_for(ana) as client:
        assert client.images.generate(**key).job_id == job["job_id"]


@pytest.fixture(scope="module")
def strict(server, tmp_path_factory) -> Iterator[Service]:
    """Waits two seconds, knows other names, and keeps a plan."""
    settings = {
        "openai_wait_seconds": 2,
        "openai_model_aliases": json.dumps({"gpt-image-2": "fake-image", "sora-2": "fake-video", "*": "default"}),
        "plans": json.dumps({"default": {"quotas": {"images": 2}}}),
        "requests_per_minute_user": 60,
    }
    folder = tmp_path_factory.mktemp("strict")
    with server("18").database() as url, running(url, folder, **settings) as started:
        yield started


def test_a_job_longer_than_the_wait_is_waited_for_again(strict: Service):
    with strict.person("user_patient", "org_patient") as person, openai_for(person, max_retries=5) as client:
        made = client.images.generate(prompt="[steps 10] [sleep 0.5] a", **SMALL)

        (job,) = jobs(person)
        assert made.job_id == job["job_id"]


def test_a_wait_too_long_says_when_to_ask_again(strict: Service):
    with strict.person("user_hasty", "org_hasty") as person, openai_for(person) as client:
        with pytest.raises(openai.ConflictError) as refused:
            client.images.generate(prompt=f"{LONG} a", **SMALL)
        (job,) = jobs(person)
        person.post(f"/api/jobs/{job['job_id']}/cancel")
        person.ended(job["job_id"])  # the next test's wait is as short

    assert refused.value.code == "job_not_finished"
    assert int(refused.value.response.headers["retry-after"]) >= 0


def test_names_that_other_programs_ask_for_mean_models_of_ours(strict: Service):
    with strict.person("user_named", "org_named") as person, openai_for(person, max_retries=5) as client:
        client.images.generate(prompt="a", model="gpt-image-2", **SMALL)
        client.images.generate(prompt="a", model="dall-e-3", **SMALL)
        clip = client.videos.create(prompt="a", model="sora-2", **SMALL)

        assert {card.id for card in client.models.list()} == {"fake-image", "fake-video", "gpt-image-2", "sora-2"}
        assert client.models.retrieve("sora-2").kind == "video"
        assert {job["model"] for job in jobs(person)} == {"fake-image", "fake-video"}
        assert clip.model == "fake-video"


def test_a_spent_quota_is_a_rate_limit_that_is_not_tried_again(strict: Service):
    with strict.person("user_spent", "org_spent") as person, openai_for(person, max_retries=3) as client:
        client.images.generate(prompt="a", n=2, **SMALL)
        with pytest.raises(openai.RateLimitError) as refused:
            client.images.generate(prompt="a", **SMALL)

    said = refused.value
    assert (said.code, said.type, said.body["reason"]) == (
        "insufficient_quota",
        "insufficient_quota",
        "quota_exhausted",
    )
    assert int(said.response.headers["retry-after"]) > 0
    assert said.response.headers["x-should-retry"] == "false"


def test_too_many_requests_are_a_rate_limit(strict: Service):
    def ask_on() -> None:
        for _ in range(130):
            client.models.list()

    with (
        strict.person("user_quick", "org_quick") as person,
        openai_for(person) as client,
        pytest.raises(openai.RateLimitError) as refused,
    ):
        ask_on()

    assert refused.value.code == "rate_limit_exceeded"
    assert 0 < int(refused.value.response.headers["retry-after"]) <= 60


def test_calls_that_wait_hold_no_thread(service: Service, ana: Person, pool: ThreadPoolExecutor):
    api = psutil.Process(service.processes["api"].pid)

    def threads() -> int:
        return sum(process.num_threads() for process in [api, *api.children(recursive=True)])

    with openai_for(ana) as client:
        client.images.generate(prompt="a", **SMALL)
        before = threads()
        headers = {"Authorization": f"Bearer {ana.token}"}
        body = {"prompt": f"{LONG} a", **SMALL}
        lines = [httpx.Client(base_url=service.url, headers=headers, trust_env=False, timeout=60) for _ in range(40)]
        with ThreadPoolExecutor(len(lines)) as crowd:
            for line in lines:
                crowd.submit(line.post, "/v1/images/generations", json=body)
            eventually(running_jobs(ana, len(lines)), "forty jobs")

            assert threads() <= before + 2
            assert len(client.models.list().data) == 2
            for job in jobs(ana):
                ana.post(f"/api/jobs/{job['job_id']}/cancel")
    for line in lines:
        line.close()


@pytest.mark.parametrize("ending", [pytest.param("stop", marks=thorough("the same, more gently")), "kill"])
def test_a_server_that_restarts_gives_the_picture_of_the_same_job(
    own_service: Service, pool: ThreadPoolExecutor, ending: str
):
    with own_service.person("user_ana", "org_acme") as ana, openai_for(ana, max_retries=8) as client:
        waiting = pool.submit(lambda: client.images.generate(prompt="[steps 20] [sleep 0.2] a", **SMALL).job_id)
        eventually(running_jobs(ana, 1), "a job")
        getattr(own_service, ending)("api")
        until_free(own_service.port)  # whoever served there outlives a killed parent for a moment
        own_service.start("api")

        job_id = waiting.result(timeout=90)
        assert [job["job_id"] for job in jobs(ana)] == [job_id]


def test_a_key_that_is_revoked_waits_no_longer(boss: Person, pool: ThreadPoolExecutor):
    made = boss.post("/api/keys", json={"name": "n"}).json()
    with openai_for(boss, key=made["key"]) as client:
        waiting = pool.submit(lambda: client.images.generate(prompt=f"{LONG} a", **SMALL))
        eventually(running_jobs(boss, 1), "a job")
        boss.delete(f"/api/keys/{made['key_id']}")

        with pytest.raises(openai.AuthenticationError) as refused:
            waiting.result(timeout=30)
    (job,) = jobs(boss)
    assert refused.value.body["reason"] == "key_revoked"
    assert boss.ended(job["job_id"])["status"] == "canceled"


@thorough("takes a second server, and waits out the patience of the first")
def test_whichever_process_hears_the_second_try_knows_the_first(own_service: Service, pool: ThreadPoolExecutor):
    other = Service(own_service.database_url, own_service.data_dir)
    other.start("api")
    other.wait_until_ready()
    try:
        with own_service.person("user_ana", "org_acme") as ana, line_to(own_service.port) as line:
            client = openai_for(ana, base_url=f"http://127.0.0.1:{line.port}/v1", max_retries=3)
            waiting = pool.submit(lambda: client.images.generate(prompt="[steps 80] [sleep 0.2] a", **SMALL).job_id)
            eventually(running_jobs(ana, 1), "a job")
            line.target = other.port
            line.cut()

            # Longer than whoever hears of the departure waits for a return.
            assert [job["job_id"] for job in jobs(ana)] == [waiting.result(timeout=90)]
            client.close()
    finally:
        other.close()
