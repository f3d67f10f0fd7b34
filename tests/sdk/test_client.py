"""What people do with the client, against the live service."""

import datetime as dt
import hashlib
import io
from collections.abc import Iterator

import pytest
from estampe_client import JobEvent, errors
from estampe_client.job import ENDED
from PIL import Image
from tests.postgres import eventually
from tests.sdk.doors import Made, makers
from tests.service import Person, Service

SMALL = {"width": 64, "height": 64}
SLOW = "[steps 30] [sleep 0.05] a cat"
SLOWER = "[steps 60] [sleep 0.05] a cat"
LONG = "[steps 400] [sleep 0.1] a cat"


@pytest.fixture(params=["sync", "async"])
def make(request: pytest.FixtureRequest) -> Iterator[Made]:
    """Both drivers, also in a hurry: here each verb is driven once."""
    with makers(request.param) as made:
        yield made


def test_a_picture_is_asked_for_and_comes_with_its_progress_and_previews(client, ana: Person):
    progress, previews = [], []

    result = client.images.generate(
        SLOWER, **SMALL, seed=7, on_progress=progress.append, on_preview=previews.append, metadata={"shop": "a"}
    )

    assert (result.kind, result.status, result.outputs[0].seed, result.outputs[0].width) == (
        "image",
        "succeeded",
        7,
        64,
    )
    fractions = [job.progress.fraction for job in progress if job.progress]
    assert fractions == sorted(fractions)
    assert any(0 < fraction < 1 for fraction in fractions)
    assert progress[-1].status == "succeeded"
    assert previews[0].media_type == "image/webp"
    assert Image.open(io.BytesIO(previews[0].data)).size == (32, 32)
    job = ana.job(result.job_id)
    assert (job["metadata"], job["parameters"]["seed"]) == ({"shop": "a"}, 7)


def test_a_clip_is_made_the_same_way(client):
    result = client.videos.generate("a bird", **SMALL, num_frames=8, fps=8)

    assert result.outputs[0].media_type == "video/mp4"
    assert result.outputs[0].duration_s == pytest.approx(1.0)
    assert client.videos.result(result.job_id).outputs[0].sha256 == result.outputs[0].sha256


def test_a_job_is_created_then_looked_at_then_fetched(client):
    slow = client.images.create(LONG, **SMALL)

    with pytest.raises(errors.JobNotFinished) as early:
        client.images.result(slow.job_id)
    assert early.value.retry_after_seconds >= 0
    assert client.images.status(slow).status in {"queued", "running"}
    assert isinstance(slow.created_at, dt.datetime)
    client.images.cancel(slow)
    accepted = client.images.create("a cat", **SMALL)
    waited = client.images.wait(accepted)
    assert waited.outputs[0].sha256 == client.images.result(accepted).outputs[0].sha256
    assert client.jobs.get(accepted.job_id).status == "succeeded"


def test_a_status_may_be_waited_for(client):
    accepted = client.images.create(SLOW, **SMALL)

    assert client.jobs.get(accepted, wait_seconds=20).job_id == accepted.job_id
    client.images.wait(accepted)
    assert client.images.status(accepted, wait_seconds=20).status == "succeeded"


def test_a_stream_tells_what_happens_and_ends_with_the_end(client):
    events = list(client.images.stream(client.images.create(SLOWER, **SMALL)))

    assert events[0].name == "snapshot"
    assert {"progress", "preview"} <= {event.name for event in events}
    assert [event.name for event in events].count("done") == 1
    assert events[-1].name == "done"
    assert all(isinstance(event, JobEvent) for event in events)
    assert events[-1].job.outputs[0].width == 64


def test_a_stream_of_a_job_that_has_ended_is_its_end(client):
    done = client.images.generate("a cat", **SMALL)

    assert [event.name for event in client.jobs.stream(done.job_id)] == ["done"]


def test_a_stream_may_be_left_in_the_middle(client):
    accepted = client.images.create(LONG, **SMALL)

    for event in client.jobs.stream(accepted):
        assert event.name == "snapshot"
        break

    assert client.images.cancel(accepted).status in {"canceled", "canceling"}


def test_a_canceled_job_ends_its_wait_with_an_error_that_has_the_job(client):
    accepted = client.images.create(LONG, **SMALL)
    client.images.cancel(accepted)
    client.jobs.cancel(accepted.job_id)

    with pytest.raises(errors.JobCanceled) as canceled:
        client.images.wait(accepted.job_id)

    assert canceled.value.job.job_id == accepted.job_id


def test_a_failed_job_says_why(client):
    with pytest.raises(errors.JobFailed) as failed:
        client.images.generate("[fail] a cat", **SMALL)

    assert failed.value.error.code == "engine_failed"
    assert failed.value.error.retryable is False
    assert "asked to fail" in str(failed.value)


def test_a_retry_is_a_new_job_with_the_old_seed(client):
    first = client.images.generate("a cat", **SMALL)
    again = client.images.retry(first)

    assert again.job_id != first.job_id
    assert client.jobs.wait(again).outputs[0].seed == first.outputs[0].seed


def test_a_wait_ends_at_its_time_out_and_the_job_goes_on(client, ana: Person):
    accepted = client.images.create("[steps 10] [sleep 0.3] a cat", **SMALL)

    with pytest.raises(errors.WaitTimeout) as late:
        client.images.wait(accepted, timeout_seconds=0.5)

    assert late.value.job_id == accepted.job_id
    assert client.jobs.wait(late.value.job_id).status == "succeeded"


def test_what_the_callback_raises_ends_the_wait(client, ana: Person):
    def stop(job):
        raise LookupError("enough")

    accepted = client.images.create(LONG, **SMALL)
    with pytest.raises(LookupError, match="enough"):
        client.images.wait(accepted, on_progress=stop)

    assert ana.job(accepted.job_id)["status"] not in ENDED
    client.jobs.cancel(accepted)


def test_a_list_goes_on_over_its_pages(client):
    made = [client.images.generate(f"number {number}", **SMALL).job_id for number in range(5)]

    assert [job.job_id for job in client.jobs.list(limit=2)] == made[::-1]
    assert [job.job_id for job in client.jobs.list(limit=2, q="number 3")] == [made[3]]
    assert list(client.jobs.list(status="failed")) == []
    assert list(client.jobs.list(created_after=dt.datetime.now())) == []  # noqa: DTZ005 - this machine's zone is meant
    assert len(list(client.assets.list(limit=2, kind="image"))) == 5


def test_a_deleted_job_is_gone_with_its_files(client):
    result = client.images.generate("a cat", **SMALL)
    client.jobs.delete(result)

    with pytest.raises(errors.NotFound):
        client.jobs.get(result)
    with pytest.raises(errors.NotFound):
        client.assets.get(result.outputs[0].asset_id)
    with pytest.raises(errors.NotFound):
        client.jobs.delete(result)


def test_a_file_s_facts_bytes_and_thumbnail(client):
    made = client.images.generate("a cat", **SMALL).outputs[0]

    assert client.assets.get(made.asset_id).sha256 == made.sha256
    assert hashlib.sha256(client.assets.content(made)).hexdigest() == made.sha256
    assert client.assets.content(made.asset_id, variant="thumbnail")[8:12] == b"WEBP"


def test_a_picture_is_brought_and_started_from(client, tmp_path):
    path = tmp_path / "red.png"
    Image.new("RGB", (64, 64), (255, 0, 0)).save(path)

    brought = [client.uploads.create(path), client.uploads.create(path.read_bytes(), media_type="image/png")]
    made = client.images.generate("a cat", **SMALL, input_asset_id=brought[0].asset_id, strength=0.0)

    assert brought[0].sha256 == brought[1].sha256
    content = client.assets.content(made.outputs[0])
    red, green, blue = Image.open(io.BytesIO(content)).convert("RGB").getpixel((30, 30))
    assert red > 240
    assert max(green, blue) < 15


def test_what_is_no_picture_is_refused(client):
    with pytest.raises(errors.MediaTypeUnsupported):
        client.uploads.create(b"no picture")


def test_who_asks_what_can_be_made_and_what_was_used(client, chief, ana: Person):
    client.images.generate("a cat", **SMALL)

    assert client.me().user_id == ana.user
    assert {model.kind for model in client.models.list()} == {"image", "video"}
    report = client.usage.report(mine=True, group_by=["day", "kind"], since=dt.date.today())  # noqa: DTZ011
    assert (report.rows[0].kind, report.rows[0].units) == ("image", {"images": 1.0})
    assert isinstance(report.rows[0].day, dt.date)
    assert isinstance(report.from_, dt.datetime)
    assert chief.usage.csv(group_by=["user"]).splitlines()[0].startswith("user_id,")
    with pytest.raises(errors.PermissionMissing):
        client.usage.report()


def test_a_key_is_made_used_and_withdrawn(make: Made, service: Service, chief):
    key = chief.keys.create("ci", scopes=["images:generate"])

    robot = make(service.url, key.key)
    assert robot.images.generate("a cat", **SMALL).status == "succeeded"
    assert key.key not in repr(key)
    assert [one.key_id for one in chief.keys.list()] == [key.key_id]
    chief.keys.revoke(key.key_id)
    eventually(lambda: refused(robot), "the end of the key")


def refused(client) -> bool:
    try:
        client.me()
    except errors.Unauthenticated:
        return True
    return False


def test_a_refusal_is_an_error_of_its_code(client):
    with pytest.raises(errors.UnknownModel) as unknown:
        client.images.create("a cat", model="nobody")
    with pytest.raises(errors.RequestRefused) as outside:
        client.images.create("a cat", width=63)
    with pytest.raises(errors.NotFound):
        client.jobs.get("job_" + "a" * 24)

    assert (unknown.value.status, unknown.value.code) == (422, "unknown_model")
    assert outside.value.errors[0].pointer == "/width"
    assert "/width" in str(outside.value)
    assert outside.value.request_id in str(outside.value)


def test_another_tenant_s_job_does_not_exist(make: Made, service: Service, client, bob: Person):
    job = client.images.generate("a cat", **SMALL)

    with pytest.raises(errors.NotFound):
        make(service.url, bob.token).jobs.wait(job)


def test_refusals_speak_the_language_that_was_asked_for(client):
    with pytest.raises(errors.UnknownModel) as said:
        client.with_options(language="fr").images.create("a cat", model="nobody")

    assert said.value.title == "Ce modèle n'est pas disponible."


def test_one_idempotency_key_is_one_job(client):
    first = client.images.create("a cat", **SMALL, idempotency_key="order 1")
    again = client.images.create("a cat", **SMALL, idempotency_key="order 1")
    with pytest.raises(errors.IdempotencyMismatch):
        client.images.create("a dog", **SMALL, idempotency_key="order 1")
    with pytest.raises(ValueError, match="printable"):
        client.images.create("a dog", **SMALL, idempotency_key="a\nb")

    assert first.job_id == again.job_id


@pytest.mark.parametrize("text", ["", "a/b", "..", "a?b", "é"])
def test_what_is_no_id_never_becomes_a_path(client, text: str):
    with pytest.raises(ValueError, match="not an id"):
        client.jobs.get(text)


def test_an_answer_that_is_too_large_is_not_read(client):
    made = client.images.generate("a cat").outputs[0]

    with pytest.raises(errors.AnswerTooLarge):
        client.with_options(max_answer_bytes=1000).assets.content(made)


def test_no_repr_shows_a_secret_or_a_prompt(client, ana: Person):
    job = client.jobs.get(client.images.generate("a secret cat", **SMALL))

    shown = repr([client, client.session, job, job.outputs])
    assert job.outputs[0].asset_id in shown
    for secret in (ana.token, "signature", "secret cat"):
        assert secret not in shown
