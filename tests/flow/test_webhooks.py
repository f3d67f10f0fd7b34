"""A job's end, told to whom its owner names: signed, once, and again until it is taken."""

import json
import uuid
from collections.abc import Iterator

import psutil
import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from tests.people import SERVERS
from tests.postgres import eventually, gone, kill
from tests.receiver import Came, Receiver, receiving
from tests.service import Person, Service, running

SMALL = {"width": 64, "height": 64}
SLOW = "[steps 400] [sleep 0.05]"


@pytest.fixture(scope="module", params=SERVERS)
def inside(request, server, tmp_path_factory) -> Iterator[Service]:
    """A service that may send to this machine."""
    folder = tmp_path_factory.mktemp("webhooks")
    settings = {"webhook_private_addresses": "true", "server": request.param}
    with server("18").database() as url, running(url, folder, **settings) as started:
        yield started


@pytest.fixture
def cleo(inside: Service) -> Iterator[Person]:
    """The administrator of an organisation that nobody else has."""
    with inside.person("user_cleo", f"org_{uuid.uuid4().hex}", "org:admin") as person:
        yield person


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def told(person: Person, job_id: str) -> dict:
    answer = person.get(f"/api/jobs/{job_id}/webhook")
    assert answer.status_code == 200, answer.text
    return answer.json()


def settled(person: Person, job_id: str, standing: str) -> dict:
    return eventually(lambda: (one := told(person, job_id))["status"] == standing and one, f"{standing} of {job_id}")


def without_links(job: dict) -> dict:
    """As it is whatever the time: links change every quarter of an hour."""
    files = [
        {name: said for name, said in one.items() if name not in {"url", "thumbnail_url"}} for one in job["outputs"]
    ]
    return job | {"outputs": files}


def verified(person: Person, came: Came) -> dict:
    return Webhook(person.get("/api/webhook-secret").json()["secret"]).verify(came.body, came.headers)


def test_the_end_of_a_job_is_told_signed_and_as_its_status_says(cleo: Person, receiver: Receiver):
    job = cleo.make("a cat", webhook_url=receiver.url, **SMALL)

    (came,) = receiver.until(1)
    said = verified(cleo, came)
    assert said["type"] == "job.succeeded"
    assert without_links(said["data"]) == without_links(job)
    assert {"url", "thumbnail_url"} <= set(said["data"]["outputs"][0])
    assert came.headers["content-type"] == "application/json"
    delivery = settled(cleo, job["job_id"], "delivered")
    assert delivery["webhook_id"] == came.headers["webhook-id"]
    assert [(one["status"], one["error"]) for one in delivery["tries"]] == [(204, None)]
    assert delivery["next_try_at"] is None


@pytest.mark.parametrize(
    ("prompt", "end"), [("[fail] a cat", "failed"), ("[steps 400] [sleep 0.05] a cat", "canceled")]
)
def test_every_end_is_told(cleo: Person, receiver: Receiver, prompt: str, end: str):
    job_id = cleo.ask(prompt, webhook_url=receiver.url, **SMALL)
    if end == "canceled":
        cleo.reaches(job_id, "running")
        cleo.post(f"/api/jobs/{job_id}/cancel")
    cleo.ended(job_id)

    (came,) = receiver.until(1)
    assert verified(cleo, came)["type"] == f"job.{end}"
    settled(cleo, job_id, "delivered")
    assert len(receiver.came) == 1


def test_what_is_refused_is_tried_again_under_the_same_id(cleo: Person, receiver: Receiver):
    receiver.answers = [500]
    job_id = cleo.ask("a cat", webhook_url=receiver.url, **SMALL)

    first, second = receiver.until(2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert verified(cleo, second)["data"]["job_id"] == job_id
    delivery = settled(cleo, job_id, "delivered")
    assert [one["status"] for one in delivery["tries"]] == [204, 500]


def test_a_receiver_that_is_gone_for_good_is_left_alone(cleo: Person, receiver: Receiver):
    receiver.answers = [410]
    job_id = cleo.ask("a cat", webhook_url=receiver.url, **SMALL)

    delivery = settled(cleo, job_id, "given_up")
    assert delivery["next_try_at"] is None
    assert [one["status"] for one in delivery["tries"]] == [410]


def test_a_redirect_is_not_followed(cleo: Person, receiver: Receiver):
    with receiving() as elsewhere:
        receiver.answers = [(307, {"location": elsewhere.url})]
        job_id = cleo.ask("a cat", webhook_url=receiver.url, **SMALL)

        first, second = receiver.until(2)
        assert first.path == second.path
        settled(cleo, job_id, "delivered")
        assert elsewhere.came == []


def test_nothing_listens_there_and_it_is_tried_later(cleo: Person, receiver: Receiver):
    receiver.close()
    job_id = cleo.ask("a cat", webhook_url=receiver.url, **SMALL)

    delivery = eventually(lambda: (one := told(cleo, job_id))["tries"] and one, "a try")
    assert delivery["tries"][-1]["error"] == "connect"
    assert delivery["status"] == "due"
    assert delivery["next_try_at"] is not None


def test_it_is_told_again_when_asked(cleo: Person, receiver: Receiver):
    job_id = cleo.make("a cat", webhook_url=receiver.url, **SMALL)["job_id"]
    settled(cleo, job_id, "delivered")

    answer = cleo.post(f"/api/jobs/{job_id}/webhook/redeliver")

    assert answer.status_code == 202
    first, again = receiver.until(2)
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert verified(cleo, again)["data"]["job_id"] == job_id
    assert len(settled(cleo, job_id, "delivered")["tries"]) == 2


def test_a_job_that_runs_cannot_be_told_again(cleo: Person, receiver: Receiver):
    job_id = cleo.ask(f"{SLOW} a cat", webhook_url=receiver.url, **SMALL)
    cleo.reaches(job_id, "running")

    assert told(cleo, job_id)["status"] == "waiting"
    assert cleo.post(f"/api/jobs/{job_id}/webhook/redeliver").json()["code"] == "job_not_finished"
    cleo.post(f"/api/jobs/{job_id}/cancel")
    receiver.until(1)


def test_a_job_without_one_has_none(cleo: Person):
    job_id = cleo.ask("a cat", **SMALL)
    cleo.ended(job_id)

    assert cleo.get(f"/api/jobs/{job_id}/webhook").status_code == 404
    assert cleo.post(f"/api/jobs/{job_id}/webhook/redeliver").status_code == 404


def test_a_job_made_again_is_told_as_well(cleo: Person, receiver: Receiver):
    job_id = cleo.make("a cat", webhook_url=receiver.url, **SMALL)["job_id"]

    again = cleo.post(f"/api/jobs/{job_id}/retry").json()["job_id"]

    assert {json.loads(one.body)["data"]["job_id"] for one in receiver.until(2)} == {job_id, again}


def test_after_a_rotation_both_secrets_sign_for_a_while(cleo: Person, receiver: Receiver):
    old = cleo.get("/api/webhook-secret").json()["secret"]
    new = cleo.post("/api/webhook-secret/rotate").json()

    cleo.make("a cat", webhook_url=receiver.url, **SMALL)

    (came,) = receiver.until(1)
    assert new["secret"] != old
    assert new["previous_until"] is not None
    assert Webhook(old).verify(came.body, came.headers) == Webhook(new["secret"]).verify(came.body, came.headers)


def test_another_s_secret_signs_nothing_of_mine(inside: Service, cleo: Person, receiver: Receiver):
    cleo.make("a cat", webhook_url=receiver.url, **SMALL)
    (came,) = receiver.until(1)

    with inside.person("user_dan", "org_dan", "org:admin") as dan, pytest.raises(WebhookVerificationError):
        verified(dan, came)


def test_the_secret_is_for_who_manages_keys(inside: Service, cleo: Person):
    with inside.person("user_eve", cleo.org, "org:member") as eve:
        assert eve.get("/api/webhook-secret").json()["code"] == "permission_missing"
        assert eve.post("/api/webhook-secret/rotate").json()["code"] == "permission_missing"


def test_one_end_is_one_delivery_however_often_it_is_asked_for(cleo: Person, receiver: Receiver):
    headers = {"Idempotency-Key": "once"}
    jobs = {cleo.ask("a cat", webhook_url=receiver.url, headers=headers, **SMALL) for _ in range(3)}
    (job_id,) = jobs
    settled(cleo, job_id, "delivered")

    other = cleo.post(
        "/api/images/generate",
        json={"prompt": "a cat", "webhook_url": receiver.url + "/other", **SMALL},
        headers=headers,
    )

    assert other.json()["code"] == "idempotency_mismatch"
    assert len(receiver.came) == 1


def test_what_a_process_had_begun_when_it_was_killed_is_told_by_the_next(server, tmp_path_factory, receiver: Receiver):
    folder = tmp_path_factory.mktemp("killed")
    with (
        server("18").database() as url,
        running(url, folder, webhook_private_addresses="true") as service,
        service.person() as ana,
    ):
        receiver.hold.clear()
        job_id = ana.ask("a cat", webhook_url=receiver.url, **SMALL)
        receiver.until(1)
        serving = psutil.Process(service.processes["api"].pid).children(recursive=True)
        service.kill("api")
        for process in serving:
            kill(process)
        eventually(lambda: all(map(gone, serving)), "the end of the API")
        receiver.hold.set()
        # Its lease would end by itself, a minute from now.
        service.execute("update outgoing_webhooks set due_at = now() where job_id = %s", job_id)
        service.start("api")
        service.wait_until_ready()

        first, second = receiver.until(2)
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        settled(ana, job_id, "delivered")
        assert [one["status"] for one in told(ana, job_id)["tries"]] == [204]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/", "https://0x7f000001/", "https://127.1/", "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/", "https://ana:secret@example.com/", "https://example.com/#x", "ftp://example.com/",
        "https://", "file:///etc/passwd", "https://example.com:99999/", "//example.com/", "nonsense",
    ],
)  # fmt: skip
def test_what_nobody_may_be_sent_to_is_refused_at_once(ana: Person, url: str):
    answer = ana.post("/api/images/generate", json={"prompt": "a cat", "webhook_url": url, **SMALL})

    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/webhook_url"]


def test_a_name_that_leads_inside_is_never_reached(ana: Person):
    """`localhost` is a name: it is looked up when it is sent, and refused then."""
    job_id = ana.ask("a cat", webhook_url="https://localhost/hook", **SMALL)

    delivery = eventually(lambda: (one := told(ana, job_id))["tries"] and one, "a try")
    assert delivery["tries"][0]["error"] == "address_refused"


def test_another_tenant_s_delivery_is_nobody_s(inside: Service, cleo: Person, receiver: Receiver):
    job_id = cleo.make("a cat", webhook_url=receiver.url, **SMALL)["job_id"]
    settled(cleo, job_id, "delivered")

    with inside.person("user_dan", "org_dan", "org:admin") as dan:
        assert dan.get(f"/api/jobs/{job_id}/webhook").status_code == 404
        assert dan.post(f"/api/jobs/{job_id}/webhook/redeliver").status_code == 404
    with inside.person("user_eve", cleo.org, "org:member") as eve:
        assert eve.get(f"/api/jobs/{job_id}/webhook").status_code == 404
    assert len(receiver.came) == 1


def test_a_deleted_job_s_delivery_goes_with_it(inside: Service, cleo: Person, receiver: Receiver):
    job_id = cleo.make("a cat", webhook_url=receiver.url, **SMALL)["job_id"]
    settled(cleo, job_id, "delivered")

    assert cleo.delete(f"/api/jobs/{job_id}").status_code == 204

    for table in ("outgoing_webhooks", "outgoing_webhook_tries"):
        assert inside.rows(f"select count(*) from {table} where job_id = %s", job_id) == [(0,)]
