"""From a sentence to a kept file."""

import hashlib
import io
import json

import av
import pytest
from PIL import Image
from tests.service import Person, Service


def read(person: Person, output: dict) -> bytes:
    answer = person.get(f"/api/assets/{output['asset_id']}/content")
    assert answer.status_code == 200
    return answer.content


def test_a_picture_is_made_kept_and_labelled(ana: Person):
    job = ana.make("a red apple", width=128, height=64, seed=7, metadata={"order": "12"})

    (output,) = job["outputs"]
    content = read(ana, output)
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (128, 64))
        label = json.loads(picture.text["estampe"])
    assert (label["prompt"], label["seed"], label["job_id"]) == ("a red apple", 7, job["job_id"])
    assert output["sha256"] == hashlib.sha256(content).hexdigest()
    assert (output["bytes"], output["width"], output["height"]) == (len(content), 128, 64)
    assert output["placeholder"].startswith("data:image/webp;base64,")
    assert job["parameters"]["seed"] == 7
    assert job["metadata"] == {"order": "12"}
    assert job["usage"]["units"] == 1
    assert (job["user_id"], job["organization_id"]) == (ana.user, ana.org)


def test_a_clip_is_made_and_decodes(ana: Person):
    job = ana.make("a butterfly", "video", num_frames=12, fps=6, width=64, height=64)

    (output,) = job["outputs"]
    assert output["media_type"] == "video/mp4"
    assert output["duration_s"] == 2
    assert job["usage"]["units"] == 2
    with av.open(io.BytesIO(read(ana, output))) as clip:
        stream = clip.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 64, 64)
        assert len(list(clip.decode(stream))) == 12


@pytest.mark.parametrize(
    ("kind", "output_format", "media_type"),
    [
        ("image", "webp", "image/webp"),
        ("image", "jpeg", "image/jpeg"),
        ("video", "webm", "video/webm"),
    ],
)
def test_the_format_asked_for_is_the_format_given(ana: Person, kind: str, output_format: str, media_type: str):
    more = {"num_frames": 8} if kind == "video" else {}
    job = ana.make("a house", kind, output_format=output_format, width=64, height=64, **more)

    (output,) = job["outputs"]
    answer = ana.get(f"/api/assets/{output['asset_id']}/content")
    assert answer.headers["content-type"] == output["media_type"] == media_type


def test_nothing_about_the_making_is_in_the_file_when_the_request_says_no(ana: Person):
    job = ana.make("a secret apple", embed_metadata=False, width=64, height=64)

    assert b"secret" not in read(ana, job["outputs"][0])


def test_several_outputs_come_in_order_each_with_its_own_seed(ana: Person):
    job = ana.make("apples", num_outputs=3, seed=40, width=64, height=64)
    alone = ana.make("apples", seed=41, width=64, height=64, embed_metadata=False)
    together = ana.make("apples", num_outputs=3, seed=40, width=64, height=64, embed_metadata=False)

    assert [output["seed"] for output in job["outputs"]] == [40, 41, 42]
    assert job["usage"]["units"] == 3
    assert together["outputs"][1]["sha256"] == alone["outputs"][0]["sha256"]


def test_the_answer_says_where_to_look_next(ana: Person):
    answer = ana.post("/api/images/generate", json={"prompt": "a cat"})

    said = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == said["urls"]["status"]
    assert said["poll_after_ms"] > 0
    for name in ("status", "result", "events", "cancel"):
        assert said["urls"][name].startswith(str(ana.base_url))
    ana.ended(said["job_id"])
    result = ana.get(said["urls"]["result"]).json()
    assert len(result["outputs"]) == 1


def test_a_client_that_prefers_to_wait_gets_the_result(ana: Person):
    answer = ana.post("/api/images/generate", json={"prompt": "a cat"}, headers={"Prefer": "wait=20"})

    assert answer.status_code == 200
    assert answer.json()["status"] == "succeeded"
    assert answer.headers["preference-applied"] == "wait=20"


def test_a_client_that_waits_too_little_gets_the_job(ana: Person):
    slow = {"prompt": "[steps 100] [sleep 0.1] a cat"}
    answer = ana.post("/api/images/generate", json=slow, headers={"Prefer": "wait=1"})

    assert answer.status_code == 202
    ana.post(answer.json()["urls"]["cancel"])


def test_an_aspect_ratio_becomes_a_size_of_about_the_same_area(ana: Person):
    job = ana.make("a cat", aspect_ratio="16:9", output_format="jpeg")

    width, height = job["parameters"]["width"], job["parameters"]["height"]
    assert width / height == pytest.approx(16 / 9, rel=0.15)
    assert width * height == pytest.approx(512 * 512, rel=0.15)


def test_a_duration_becomes_a_number_of_frames(ana: Person):
    job = ana.make("a cat", "video", duration_s=2, fps=8, width=64, height=64)

    assert job["parameters"]["num_frames"] == 16
    assert job["outputs"][0]["duration_s"] == 2


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"prompt": "a", "width": 100}, "/width", "limit_exceeded"),
        ({"prompt": "a", "num_outputs": 99}, "/num_outputs", "limit_exceeded"),
        ({"prompt": "a", "mask_asset_id": "as_x"}, "/mask_asset_id", "invalid_request_body"),
        ({"prompt": "a", "aspect_ratio": "1:1", "width": 64}, "/aspect_ratio", "limit_exceeded"),
        ({"prompt": "a", "input_asset_id": "as_x"}, "/input_asset_id", "invalid_request_body"),
        ({"prompt": "a", "num_frames": 8}, "/num_frames", "invalid_request_body"),
        ({"prompt": ""}, "/prompt", "invalid_request_body"),
        ({"prompt": "a" * 4001}, "/prompt", "invalid_request_body"),
        ({"prompt": "a\0b"}, "/prompt", "invalid_request_body"),
        ({"prompt": "a", "seed": 2**53}, "/seed", "invalid_request_body"),
        ({"prompt": "a", "metadata": {str(n): "" for n in range(17)}}, "/metadata", "invalid_request_body"),
        ({}, "/prompt", "invalid_request_body"),
    ],
)
def test_a_faulty_body_is_refused_and_the_fault_is_named(ana: Person, body: dict, pointer: str, code: str):
    answer = ana.post("/api/images/generate", json=body)

    said = answer.json()
    assert (answer.status_code, said["code"]) == (422, code), said
    assert pointer in [error["pointer"] for error in said["errors"]] or pointer[1:] in said["detail"]
    assert ana.get("/api/jobs").json()["jobs"] == []


def test_a_field_that_a_model_does_not_take_is_refused(ana: Person):
    answer = ana.post("/api/videos/generate", json={"prompt": "a", "mask_asset_id": "as_x"})

    assert (answer.status_code, answer.json()["code"]) == (422, "limit_exceeded")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/mask_asset_id"]


def test_an_unknown_model_is_refused_with_the_known_ones(ana: Person):
    answer = ana.post("/api/images/generate", json={"prompt": "a", "model": "gone"})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_model")
    assert "fake-image" in answer.json()["detail"]


@pytest.mark.parametrize("claim", ["user_id", "organization_id"])
def test_a_body_that_names_someone_else_is_refused(ana: Person, claim: str):
    answer = ana.post("/api/images/generate", json={"prompt": "a", claim: "someone_else"})

    assert (answer.status_code, answer.json()["code"]) == (403, "identity_mismatch")


def test_a_body_may_repeat_who_is_asking(ana: Person):
    job = ana.make("a", user_id=ana.user, organization_id=ana.org, width=64, height=64)

    assert job["user_id"] == ana.user


def test_the_same_key_and_body_give_the_same_job(ana: Person):
    key = {"Idempotency-Key": "order-1"}

    first, second = (ana.ask("a cat", headers=key) for _ in range(2))

    assert first == second
    assert len(ana.get("/api/jobs").json()["jobs"]) == 1


def test_the_same_key_with_another_body_is_refused(ana: Person):
    ana.ask("a cat", headers={"Idempotency-Key": "order-2"})

    answer = ana.post("/api/images/generate", json={"prompt": "a dog"}, headers={"Idempotency-Key": "order-2"})

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


def test_a_key_is_one_person_s_own(ana: Person, boss: Person, bob: Person):
    key = {"Idempotency-Key": "order-3"}

    assert len({person.ask("a cat", headers=key) for person in (ana, boss, bob)}) == 3


def test_a_failure_says_why(ana: Person):
    job = ana.ended(ana.ask("[fail] a cat"))

    assert job["status"] == "failed"
    assert job["error"] == {"code": "engine_failed", "message": "The prompt asked to fail.", "retryable": False}
    assert job["outputs"] == []
    answer = ana.get(f"/api/images/{job['job_id']}/result")
    assert (answer.status_code, answer.json()["code"]) == (409, "job_failed")


def test_a_job_past_its_deadline_expires(ana: Person):
    job = ana.ended(ana.ask("[steps 200] [sleep 0.1] a cat", deadline_s=0.5))

    assert job["status"] == "expired"
    assert ana.get(f"/api/images/{job['job_id']}/result").json()["code"] == "job_expired"


def test_a_picture_can_start_from_an_upload(ana: Person):
    blue = io.BytesIO()
    Image.new("RGB", (64, 64), (0, 0, 250)).save(blue, "PNG")
    upload = ana.post("/api/uploads", content=blue.getvalue(), headers={"Content-Type": "image/png"})
    assert upload.status_code == 201, upload.text

    job = ana.make("bluer", input_asset_id=upload.json()["asset_id"], strength=0.0, width=64, height=64)

    with Image.open(io.BytesIO(read(ana, job["outputs"][0]))) as picture:
        assert picture.convert("RGB").getpixel((32, 32)) == (0, 0, 250)


def test_models_are_what_the_worker_announced(service: Service, ana: Person):
    models = {model["name"]: model for model in ana.get("/api/models").json()["models"]}

    assert set(models) == {"fake-image", "fake-video"}
    assert models["fake-image"]["kind"] == "image"
    assert models["fake-image"]["parameters"]["properties"]["width"]["maximum"] == 1024
