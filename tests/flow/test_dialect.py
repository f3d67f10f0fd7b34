"""The OpenAI dialect, by OpenAI's own client: pictures, models and refusals."""

import base64
import io
from datetime import datetime

import httpx
import openai
import pytest
from openai import OpenAI
from PIL import Image
from tests.openai_client import MIDDLE, openai_for, picture
from tests.service import PLAIN, Person, Service

SLOW = "[steps 200] [sleep 0.05]"
SMALL = "64x64"


@pytest.fixture
def client(ana: Person) -> OpenAI:
    with openai_for(ana) as opened:
        yield opened


def opened(b64: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(b64)))


def jobs(person: Person) -> list[dict]:
    return person.get("/api/jobs").json()["jobs"]


def test_a_picture_comes_both_ways_when_nobody_says_how(client: OpenAI, ana: Person):
    made = client.images.generate(prompt="a cat", size="128x64")

    (image,) = made.data
    assert opened(image.b64_json).size == (128, 64)
    assert httpx.get(image.url, **PLAIN).content == base64.b64decode(image.b64_json)
    (job,) = jobs(ana)
    assert made.job_id == job["job_id"]
    assert datetime.fromisoformat(job["created_at"]).timestamp() == pytest.approx(made.created, abs=1)
    assert (made.size, made.output_format) == ("128x64", "png")
    assert job["outputs"][0]["asset_id"] == image.asset_id
    assert job["outputs"][0]["seed"] == image.seed


def test_a_picture_comes_as_it_is_asked_for(client: OpenAI):
    url = client.images.generate(prompt="a", size=SMALL, response_format="url").data[0]
    inline = client.images.generate(prompt="a", size=SMALL, response_format="b64_json", output_format="webp").data[0]

    assert url.b64_json is None
    assert httpx.get(url.url, **PLAIN).headers["content-type"] == "image/png"
    assert inline.url is None
    assert opened(inline.b64_json).format == "WEBP"


def test_several_pictures_are_one_job(client: OpenAI, ana: Person):
    made = client.images.generate(prompt="a", n=2, size=SMALL, extra_body={"seed": 7})

    assert [image.seed for image in made.data] == [7, 8]
    assert [job["usage"]["units"] for job in jobs(ana)] == [2]


def test_what_openai_has_no_word_for_goes_along(client: OpenAI, ana: Person):
    ours = {"seed": 3, "num_inference_steps": 2, "guidance_scale": 1.5, "metadata": {"order": "12"}}
    client.images.generate(prompt="a", model="fake-image", size="auto", user="someone else", extra_body=ours)

    (job,) = jobs(ana)
    assert {name: job["parameters"][name] for name in ("seed", "num_inference_steps", "guidance_scale")} == {
        "seed": 3,
        "num_inference_steps": 2,
        "guidance_scale": 1.5,
    }
    assert (job["metadata"], job["user_id"], job["organization_id"]) == ({"order": "12"}, ana.user, ana.org)


@pytest.mark.parametrize(
    "said",
    [
        {"quality": "auto", "style": "vivid", "background": "opaque", "moderation": "low"},
        {"quality": "standard", "background": "auto", "safety_identifier": "x", "output_compression": 100},
        {"n": None, "size": None, "model": None, "response_format": None, "stream": False, "quality": None},
    ],
    ids=str,
)
def test_what_asks_for_nothing_special_is_taken(client: OpenAI, said: dict):
    assert len(client.images.generate(**{"prompt": "a", "size": SMALL} | said).data) == 1


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ({"n": 9}, "n"),
        ({"n": 0}, "n"),
        ({"n": "two"}, "n"),
        ({"size": "1024x1792"}, "size"),
        ({"size": "100x100"}, "size"),
        ({"size": "big"}, "size"),
        ({"quality": "hd"}, "quality"),
        ({"style": "natural"}, "style"),
        ({"background": "transparent"}, "background"),
        ({"output_compression": 50}, "output_compression"),
        ({"output_format": "gif"}, "output_format"),
        ({"response_format": "tiff"}, "response_format"),
        ({"prompt": ""}, "prompt"),
        ({"extra_body": {"frame_count": 3}}, "frame_count"),
        ({"extra_body": {"seed": -1}}, "seed"),
    ],
    ids=str,
)
def test_what_would_change_the_picture_is_refused_by_name(client: OpenAI, ana: Person, said: dict, param: str):
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(**{"prompt": "a", "size": SMALL} | said)

    assert refused.value.param == param
    assert param in refused.value.body["message"]
    assert refused.value.type == "invalid_request_error"
    assert jobs(ana) == []


def test_refusals_speak_the_caller_s_language(ana: Person):
    with openai_for(ana, headers={"Accept-Language": "fr"}) as client, pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(prompt="a", style="natural")

    assert "dites le style dans la consigne" in refused.value.body["message"]


@pytest.mark.parametrize("asked", [{"model": "dall-e-3"}, {"model": "fake-video"}])
def test_an_unknown_model_is_refused_with_the_known_ones(client: OpenAI, asked: dict):
    with pytest.raises(openai.NotFoundError) as refused:
        client.images.generate(prompt="a", **asked)

    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")
    assert "fake-image" in refused.value.body["message"]


def test_the_models_are_those_the_workers_announced(client: OpenAI):
    cards = {card.id: card for card in client.models.list()}

    assert set(cards) == {"fake-image", "fake-video"}
    assert client.models.retrieve("fake-image") == cards["fake-image"]
    assert (cards["fake-image"].object, cards["fake-image"].owned_by) == ("model", "estampe")
    with pytest.raises(openai.NotFoundError, match="fake-video"):
        client.models.retrieve("sora-2")


def test_an_edit_starts_from_the_picture_and_keeps_what_the_mask_hides(client: OpenAI, ana: Person):
    made = client.images.edit(
        image=picture((0, 0, 250)),
        mask=picture((255, 255, 255, 255), hole=True),
        prompt="a red corner",
        size=SMALL,
        extra_body={"strength": 1.0, "seed": 5},
    )
    alone = client.images.generate(prompt="a red corner", size=SMALL, extra_body={"seed": 5})

    edited, drawn = (opened(one.data[0].b64_json).convert("RGB") for one in (made, alone))
    assert edited.getpixel((48, 32)) == (0, 0, 250)
    assert edited.getpixel((8, 32)) == drawn.getpixel((8, 32)) != (0, 0, 250)
    job = next(job for job in jobs(ana) if job["job_id"] == made.job_id)
    assert job["parameters"]["input_asset_id"].startswith("as_")


def test_a_mask_that_lies_on_its_side_is_turned_upright(client: OpenAI):
    lying, exif, mask = Image.new("LA", (64, 64), (255, 255)), Image.Exif(), io.BytesIO()
    lying.paste((0, 0), (0, 0, 64, 32))  # a hole above, which is on the right once turned
    exif[0x0112] = 6
    lying.save(mask, "PNG", exif=exif)

    blue, said = (0, 0, 250), {"prompt": "a red corner", "size": SMALL, "extra_body": {"strength": 1.0, "seed": 5}}
    made = client.images.edit(image=picture(blue), mask=("mask.png", mask.getvalue()), **said)

    edited = opened(made.data[0].b64_json).convert("RGB")
    kept = [edited.getpixel(at) == blue for at in ((8, 8), (8, 56), (56, 8), (56, 56))]
    assert kept == [True, True, False, False]


def test_the_same_picture_edited_again_is_kept_once(client: OpenAI, ana: Person):
    for _ in range(2):
        client.images.edit(image=picture((9, 9, 9)), prompt="again", size=SMALL)

    started = {job["parameters"]["input_asset_id"] for job in jobs(ana)}
    assert len(started) == 1


@pytest.mark.parametrize(
    ("files", "param"),
    [
        ({"image": io.BytesIO(b"not a picture")}, "image"),
        ({"image": picture((1, 2, 3)), "mask": io.BytesIO(b"no mask")}, "mask"),
        ({"image": picture((1, 2, 3)), "mask": picture((255, 255, 255))}, "mask"),
        ({"image": [picture((1, 2, 3)), picture((3, 2, 1))]}, "image"),
    ],
    ids=["no picture", "no mask", "an opaque mask", "two pictures"],
)
def test_a_picture_that_is_none_is_refused_by_name(client: OpenAI, ana: Person, files: dict, param: str):
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.edit(prompt="a", size=SMALL, **files)

    assert refused.value.param == param
    assert jobs(ana) == []
    assert ana.get("/api/assets").json()["assets"] == []


def test_a_list_of_one_picture_is_a_picture(client: OpenAI):
    made = client.images.edit(image=[picture((0, 0, 250))], prompt="a", size=SMALL, extra_body={"strength": 0.0})

    assert opened(made.data[0].b64_json).convert("RGB").getpixel(MIDDLE) == (0, 0, 250)


def test_looks_come_before_the_picture(client: OpenAI):
    stream = client.images.generate(
        prompt="[steps 8] [sleep 0.4] a cat", size=SMALL, n=2, stream=True, partial_images=2
    )

    events = list(stream)
    looks = [event for event in events if event.type == "image_generation.partial_image"]
    done = [event for event in events if event.type == "image_generation.completed"]
    assert [look.partial_image_index for look in looks] == [0, 1]
    assert {opened(look.b64_json).format for look in looks} == {"WEBP"}
    assert [opened(one.b64_json).size for one in done] == [(64, 64), (64, 64)]
    assert events == [*looks, *done]


def test_a_stream_without_looks_is_the_picture_alone(client: OpenAI):
    (event,) = client.images.edit(image=picture((1, 2, 3)), prompt="a", size=SMALL, stream=True)

    assert event.type == "image_edit.completed"
    assert opened(event.b64_json).size == (64, 64)
    assert event.usage.total_tokens == 0


def test_a_stream_says_why_there_is_no_picture(client: OpenAI):
    stream = client.images.generate(prompt="[fail] a", size=SMALL, stream=True)

    with pytest.raises(openai.APIError) as refused:
        list(stream)
    assert refused.value.body["message"] == "The prompt asked to fail."


def test_a_failure_is_an_error_that_is_not_tried_again(ana: Person):
    with openai_for(ana, max_retries=2) as client, pytest.raises(openai.InternalServerError) as refused:
        client.images.generate(prompt="[fail] a", size=SMALL)

    assert (refused.value.code, refused.value.body["message"]) == ("job_failed", "The prompt asked to fail.")
    assert len(jobs(ana)) == 1


def test_a_token_that_is_none_is_an_authentication_error(ana: Person):
    with openai_for(ana, key="sk-nothing") as client, pytest.raises(openai.AuthenticationError) as refused:
        client.images.generate(prompt="a")

    assert (refused.value.code, refused.value.body["reason"]) == ("invalid_api_key", "token_invalid")


def test_an_api_key_opens_what_its_scopes_name_and_nothing_else(ana: Person, boss: Person):
    made = boss.post("/api/keys", json={"name": "n", "scopes": ["videos:generate"]}).json()
    with openai_for(ana, key=made["key"]) as client:
        assert len(client.models.list().data) == 2
        with pytest.raises(openai.PermissionDeniedError) as refused:
            client.images.generate(prompt="a")
    assert refused.value.code == "permission_missing"
    assert "images:generate" in refused.value.body["message"]


def test_an_api_key_makes_pictures(ana: Person, boss: Person):
    made = boss.post("/api/keys", json={"name": "n", "scopes": ["images:generate"]}).json()
    with openai_for(ana, key=made["key"]) as client:
        assert len(client.images.generate(prompt="a", size=SMALL).data) == 1
    (job,) = jobs(boss)
    assert job["user_id"] == boss.user


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/chat/completions"])
def test_what_is_not_there_is_said_in_openai_s_shape(service: Service, path: str):
    answer = httpx.post(f"{service.url}{path}", json={}, **PLAIN)

    assert answer.status_code == 404
    assert set(answer.json()["error"]) == {"message", "type", "param", "code", "reason"}
    assert httpx.put(f"{service.url}/v1/models", **PLAIN).json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=prompt\r\n\r\n\xff\r\n--x--", "multipart/form-data; boundary=x"),
        (b"nothing", "multipart/form-data"),
        (b"{}", "application/json"),
    ],
)
def test_a_form_that_is_none_is_a_bad_request(ana: Person, content: bytes, content_type: str):
    answer = ana.post("/v1/images/edits", content=content, headers={"Content-Type": content_type})

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
