"""The OpenAI dialect, by OpenAI's own client: clips."""

import base64
import io

import av
import openai
import pytest
from openai import OpenAI
from PIL import Image
from tests.openai_client import openai_for, picture
from tests.service import Person, Service

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")

SMALL = {"size": "64x64"}
SLOW = "[steps 200] [sleep 0.05]"


@pytest.fixture
def client(ana: Person) -> OpenAI:
    with openai_for(ana) as opened:
        yield opened


def frames(content: bytes) -> list:
    with av.open(io.BytesIO(content)) as clip:
        return [frame.to_image() for frame in clip.decode(clip.streams.video[0])]


def test_a_clip_is_made_watched_fetched_and_deleted(client: OpenAI, ana: Person):
    prompt = "[sleep 0.25] a butterfly"  # not made before its answer is written
    asked = client.videos.create(prompt=prompt, model="fake-video", seconds="2", extra_body={"fps": 8}, **SMALL)
    assert (asked.object, asked.prompt, asked.seconds, asked.size) == ("video", prompt, "2", "64x64")
    assert asked.status in {"queued", "in_progress"}

    made = client.videos.poll(asked.id)
    assert (made.status, made.progress, made.error) == ("completed", 100, None)
    assert made.completed_at >= made.created_at
    clip = client.videos.download_content(made.id)
    assert clip.response.headers["content-type"] == "video/mp4"
    assert len(frames(clip.read())) == 16
    still = client.videos.download_content(made.id, variant="thumbnail").read()
    assert Image.open(io.BytesIO(still)).format == "WEBP"

    gone = client.videos.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "video.deleted", True)
    for read in (client.videos.retrieve, client.videos.delete, client.videos.download_content):
        with pytest.raises(openai.NotFoundError):
            read(made.id)
    assert ana.get("/api/assets").json()["assets"] == []


def test_create_and_poll_ends_with_the_clip(client: OpenAI):
    made = client.videos.create_and_poll(prompt="a", **SMALL)

    assert (made.status, made.seconds) == ("completed", "1.33333")


def test_the_length_is_kept_where_the_rate_must_give_way(client: OpenAI, ana: Person):
    asked = client.videos.create(prompt=f"{SLOW} a", seconds="4", **SMALL)

    wanted = ana.job(asked.id)["parameters"]
    assert (asked.seconds, wanted["fps"], wanted["num_frames"]) == ("4", 8, 32)
    client.videos.delete(asked.id)


def test_a_clip_starts_from_a_picture(client: OpenAI, ana: Person):
    blue = picture((0, 0, 250))

    def made_from(reference: dict | None = None, **sent: object) -> openai.types.Video:
        more = {"strength": 0.0} | ({"input_reference": reference} if reference else {})
        return client.videos.create_and_poll(prompt="a", seconds="1", extra_body=more, **SMALL, **sent)

    first = made_from(input_reference=blue)
    known = ana.job(first.id)["parameters"]["input_asset_id"]
    second = made_from({"file_id": known})
    inside = "data:image/png;base64," + base64.b64encode(blue.getvalue()).decode()
    third = made_from({"image_url": inside})

    for made in (first, second, third):
        assert made.status == "completed", made
        red, green, sky = frames(client.videos.download_content(made.id).read())[0].getpixel((32, 32))
        assert (sky > 200, red + green < 60) == (True, True)
        assert ana.job(made.id)["parameters"]["input_asset_id"] == known


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ({"seconds": "12"}, "seconds"),
        ({"seconds": "soon"}, "seconds"),
        ({"size": "720x1280"}, "size"),
        ({"prompt": ""}, "prompt"),
        ({"input_reference": io.BytesIO(b"no picture")}, "input_reference"),
        ({"extra_body": {"input_reference": {"image_url": "https://example.com/cat.png"}}}, "input_reference"),
        ({"extra_body": {"input_reference": {"file_id": "as_" + "a" * 24}}}, "input_reference"),
        ({"extra_body": {"quality": "high"}}, "quality"),
    ],
    ids=lambda part: part if isinstance(part, str) else next(iter(part)),
)
def test_what_cannot_be_done_is_refused_by_name(client: OpenAI, ana: Person, said: dict, param: str):
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(**{"prompt": "a", **SMALL} | said)

    assert refused.value.param == param, refused.value.body
    assert ana.get("/api/jobs").json()["jobs"] == []


def test_the_list_goes_page_by_page_in_either_order(client: OpenAI, ana: Person):
    made = [client.videos.create(prompt=f"{number}", **SMALL).id for number in range(5)]
    client.images.generate(prompt="no clip", size="64x64")

    assert [clip.id for clip in client.videos.list(limit=2)] == made[::-1]
    assert [clip.id for clip in client.videos.list(limit=2, order="asc")] == made
    page = client.videos.list(limit=2, after=made[3])
    assert ([clip.id for clip in page.data], page.has_more) == ([made[2], made[1]], True)


def test_a_clip_that_failed_says_why(client: OpenAI):
    made = client.videos.create_and_poll(prompt="[fail] a", **SMALL)

    assert (made.status, made.error.code, made.error.message) == (
        "failed",
        "engine_failed",
        "The prompt asked to fail.",
    )
    with pytest.raises(openai.InternalServerError, match="asked to fail"):
        client.videos.download_content(made.id)


def test_a_clip_that_was_canceled_has_failed(client: OpenAI, ana: Person):
    asked = client.videos.create(prompt=f"{SLOW} a", **SMALL)
    with pytest.raises(openai.ConflictError) as refused:
        client.videos.download_content(asked.id)
    assert refused.value.code == "job_not_finished"
    ana.post(f"/api/jobs/{asked.id}/cancel")
    ana.ended(asked.id)

    assert (client.videos.retrieve(asked.id).status, client.videos.retrieve(asked.id).error.code) == (
        "failed",
        "job_canceled",
    )


def test_a_clip_whose_file_is_missing_is_refused_instead_of_cut(client: OpenAI, ana: Person, service: Service):
    made = client.videos.create_and_poll(prompt="a", **SMALL).id
    clip = ana.job(made)["outputs"][0]["asset_id"]
    for file in service.files():
        if file.name.startswith(clip):
            file.unlink()

    for variant in ("video", "thumbnail"):
        with pytest.raises(openai.NotFoundError):
            client.videos.download_content(made, variant=variant)


def test_another_tenant_s_clip_does_not_exist(client: OpenAI, bob: Person):
    hers = client.videos.create_and_poll(prompt="a secret", **SMALL).id
    never = "job_" + "a" * 24
    with openai_for(bob) as his:
        for read in (
            his.videos.retrieve,
            his.videos.delete,
            his.videos.download_content,
            lambda one: his.videos.list(after=one),
        ):
            told = []
            for one in (hers, never):
                with pytest.raises(openai.NotFoundError) as refused:
                    read(one)
                told.append(refused.value.body)
            assert told[0] == told[1]
        assert list(his.videos.list()) == []
    assert client.videos.retrieve(hers).status == "completed"
