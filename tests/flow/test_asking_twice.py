"""What was asked for once can be asked for again for a day: who kept the key is told of the job, whatever changed."""

from collections.abc import Callable

import openai
import pytest
from openai import OpenAI
from tests.openai_client import openai_for, picture
from tests.postgres import eventually
from tests.service import Person, Service

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")

KEY = {"Idempotency-Key": "order-1"}
CALL = {"prompt": "a dog", "size": "64x64"}
ASKED = {"prompt": "a cat", "width": 64, "height": 64}


def askings(client: OpenAI, person: Person) -> dict[str, Callable[[str], str]]:
    """Ways to ask, each for a key of its own."""

    def keyed(name: str) -> dict:
        return {"size": "64x64", "extra_headers": {"Idempotency-Key": name}}

    def natively(name: str, path: str, **more: object) -> str:
        answer = person.post(path, headers={"Idempotency-Key": name}, **more)
        assert answer.status_code == 202, answer.text
        return answer.json()["job_id"]

    old = person.make("a bird", width=64, height=64)["job_id"]
    return {
        "picture": lambda name: natively(name, "/api/images/generate", json=ASKED),
        "retry": lambda name: natively(name, f"/api/jobs/{old}/retry"),
        "openai": lambda name: client.images.generate(prompt="a", **keyed(name)).job_id,
        "edit": lambda name: client.images.edit(image=picture((1, 2, 3)), prompt="a", **keyed(name)).job_id,
        "clip": lambda name: client.videos.create(prompt="a", **keyed(name)).id,
    }


def test_a_job_is_told_of_again_when_nobody_could_make_it_any_more(own_service: Service):
    with own_service.person() as ana, openai_for(ana) as client:
        ways = askings(client, ana)
        made = {name: ask(name) for name, ask in ways.items()}
        cut = client.images.generate(**CALL).job_id
        for job in made.values():
            ana.ended(job)
        own_service.kill("worker")
        eventually(lambda: ana.get("/api/models").json()["models"] == [], "an empty list")

        assert {name: ask(name) for name, ask in ways.items()} == made
        assert client.images.generate(**CALL, extra_headers={"X-Stainless-Retry-Count": "1"}).job_id == cut
        with pytest.raises(openai.InternalServerError):
            ways["clip"]("another key")
        refused = ana.post("/api/images/generate", json=ASKED, headers={"Idempotency-Key": "another key"})
        assert refused.json()["code"] == "no_worker"
        other = ana.post("/api/images/generate", json=ASKED | {"seed": 1}, headers={"Idempotency-Key": "picture"})
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def test_a_job_is_told_of_again_when_its_picture_is_gone(service: Service, ana: Person):
    start = ana.make("a cat", width=64, height=64)["outputs"][0]["asset_id"]
    asked = ASKED | {"input_asset_id": start}

    def again() -> str:
        answer = ana.post("/api/images/generate", json=asked, headers=KEY)
        assert answer.status_code == 202, answer.text
        return answer.json()["job_id"]

    made = again()
    ana.ended(made)
    ana.delete(f"/api/jobs/{ana.get(f'/api/assets/{start}').json()['job_id']}")

    assert again() == made
    assert ana.post("/api/images/generate", json=asked).status_code == 422


def test_a_key_is_forgotten_after_a_day(service: Service, ana: Person):
    first = ana.ask("a cat", headers=KEY)
    service.execute("update idempotency_keys set created_at = now() - interval '25 hours' where user_id = %s", ana.user)

    assert ana.ask("a cat", headers=KEY) != first
    service.execute("update idempotency_keys set created_at = now() - interval '25 hours' where user_id = %s", ana.user)
    assert ana.ask("a dog", headers=KEY) != first
