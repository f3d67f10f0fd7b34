"""The OpenAI dialect without a service: its words, its refusals, its place in the document."""

import base64

import msgspec
import pytest
from openapi_spec_validator import validate

from estampe import errors
from estampe.domain import Model
from estampe.engines._parameters import number, schema
from estampe.errors import FieldError, Text
from estampe.http import table
from estampe.http.dialect import wishes
from estampe.http.dialect.refusals import MANNER, refusal
from estampe.http.dialect.shapes import ImageEdit, ImageGeneration, PictureReference, VideoCreation
from estampe.http.route import Asked

DOCUMENT = table(1).document()
SAID = {path: ways for path, ways in DOCUMENT["paths"].items() if path.startswith("/v1/")}


def model(kind: str, **own: dict) -> Model:
    return Model(name="m", kind=kind, engine="e", title="M", parameters=schema(kind, **own))


def test_the_whole_document_is_valid():
    validate(msgspec.json.decode(msgspec.json.encode(DOCUMENT)))


@pytest.mark.parametrize("path", SAID)
def test_every_refusal_of_the_dialect_has_openai_s_shape(path: str):
    for operation in SAID[path].values():
        for status, response in operation["responses"].items():
            if int(status) >= 400 and status != "416":
                (ref, codes) = response["content"]["application/json"]["schema"]["allOf"]
                assert ref == {"$ref": "#/components/schemas/Refusal"}
                assert codes["properties"]["error"]["properties"]["code"]["enum"]
    assert "422" not in {status for operation in SAID[path].values() for status in operation["responses"]}


def test_a_form_is_described_by_its_fields():
    content = SAID["/v1/images/edits"]["post"]["requestBody"]["content"]
    assert content == {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/ImageEdit"}}}
    assert {"prompt", "image"} <= set(DOCUMENT["components"]["schemas"]["ImageEdit"]["required"])


@pytest.mark.parametrize(
    ("error", "status", "kind", "code", "param"),
    [
        (errors.TokenMissing(), 401, "invalid_request_error", "invalid_api_key", None),
        (errors.KeyRevoked(), 401, "invalid_request_error", "invalid_api_key", None),
        (errors.PermissionMissing("images:generate"), 403, "invalid_request_error", "permission_missing", None),
        (errors.UnknownModel(), 404, "invalid_request_error", "model_not_found", "model"),
        (errors.QuotaExhausted(retry_after_seconds=9), 429, "insufficient_quota", "insufficient_quota", None),
        (errors.RateLimited(retry_after_seconds=9), 429, "rate_limit_error", "rate_limit_exceeded", None),
        (errors.QueueFull(retry_after_seconds=9), 429, "rate_limit_error", "queue_full", None),
        (errors.MediaTypeUnsupported(), 400, "invalid_request_error", "media_type_unsupported", None),
        (errors.BodyTooLarge(), 413, "invalid_request_error", "body_too_large", None),
        (errors.NoWorker(), 503, "server_error", "no_worker", None),
        (errors.EstampeError(), 500, "server_error", "internal_error", None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_has_its_place(error: errors.EstampeError, status: int, kind: str, code: str, param: str | None):
    asked = Asked(path="/v1/models", request_id="r", language="en", token_sent=True)
    reply = refusal(error, asked, "http://here")
    told = reply.body.error

    assert (reply.status, told.type, told.code, told.param) == (status, kind, code, param)
    assert told.reason == error.code
    assert ("Retry-After" in reply.headers) == (error.retry_after_seconds is not None)
    assert (MANNER.place(type(error))) == (status, code)


def test_a_fault_names_its_field_and_speaks_french():
    fault = FieldError("/metadata/order", Text("too long", "trop long"))
    asked = Asked(path="/v1/videos", request_id="r", language="fr")
    told = refusal(errors.InvalidRequestBody(errors=(fault,)), asked, "http://here").body.error

    assert (told.param, told.message) == ("metadata.order", "metadata.order: trop long")


@pytest.mark.parametrize(
    ("seconds", "rate", "frames"), [("1", 12, 12), (2.5, 12, 30), ("4", 8, 32), ("8", 4, 32), ("12", 4, 48)]
)
def test_the_rate_gives_way_to_the_length(seconds: str | float, rate: int, frames: int):
    wish = wishes.video(VideoCreation(prompt="a", seconds=seconds), model("video"))

    assert (wish.body.fps, wish.body.duration_s * wish.body.fps) == (rate, frames)


def test_a_rate_that_is_said_stays():
    assert wishes.video(VideoCreation(prompt="a", seconds="4", fps=24), model("video")).body.fps == 24


def test_where_a_model_has_no_rates_none_is_said():
    fixed = model("image", num_frames=number(8, 32, 16))
    body = wishes.video(VideoCreation(prompt="a", seconds="4"), fixed).body

    assert (body.duration_s, type(body.fps).__name__) == (4, "UnsetType")


def test_every_try_of_one_call_is_of_one_sort_and_no_other_call_is():
    said = [
        ImageGeneration(prompt="a"),
        ImageGeneration(prompt="a", n=2),
        ImageGeneration(prompt="a", seed=1),
        ImageEdit(prompt="a", image=b"x"),
        ImageEdit(prompt="a", image=b"y"),
        ImageEdit(prompt="a", image=b"x", mask=b"y"),
    ]
    sorts = [[wishes.sort(each) for each in said] for _ in range(2)]

    assert sorts[0] == sorts[1]
    assert len(set(sorts[0])) == len(said)


def test_a_picture_inside_a_url_is_read_and_no_other_is_fetched():
    inside = "data:image/png;base64," + base64.b64encode(b"png").decode()
    wish = wishes.video(VideoCreation(prompt="a", input_reference=PictureReference(image_url=inside)), model("video"))
    assert wish.pictures == {"input_asset_id": b"png"}

    for url in ("http://10.0.0.1/x.png", "file:///etc/passwd", "data:text/html;base64,eA==", "data:image/png;base64,?"):
        with pytest.raises(errors.InvalidRequestBody):
            wishes.video(VideoCreation(prompt="a", input_reference=PictureReference(image_url=url)), model("video"))
