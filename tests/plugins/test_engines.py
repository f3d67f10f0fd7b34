"""Every engine keeps the contract, whichever it is."""

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import msgspec
import numpy as np
import pytest
from PIL import Image
from tests.alone import alone
from tests.thorough import thorough

from estampe import plugins
from estampe.domain import Model, Progress
from estampe.engines import Checkpoint, Ended, Notes, Output, Preview, Request

PROMPT = "une pomme rouge"
HEAVY = {"onnxruntime", "torch", "diffusers", "tensorflow"}


def engines():
    return {name: plugins.load("engines", name)() for name in plugins.names("engines")}


CLIPS = thorough("draws for long; its pictures come the same way, and test_up.py asks for a clip")
MODELS = [
    pytest.param(name, model, id=f"{name}/{model.name}", marks=CLIPS if model.name == "vignette-clip" else ())
    for name, engine in engines().items()
    for model in engine.models()
]
every_engine = pytest.mark.parametrize("name", plugins.names("engines"))
every_model = pytest.mark.parametrize(("name", "model"), MODELS)


@pytest.fixture(scope="module")
def ready():
    """Engines that are set up, each once."""
    found = engines()
    for engine in found.values():
        engine.setup()
    return found


def filled(model: Model, **given):
    fields = model.parameters["properties"]
    defaults = {name: field["default"] for name, field in fields.items() if "default" in field}
    small = {name: fields[name]["minimum"] for name in ("width", "height", "num_frames") if name in fields}
    parameters = {**defaults, **small, "prompt": PROMPT, "seed": 7, "num_inference_steps": 3, **given}
    jsonschema.validate(parameters, model.parameters)
    return parameters


def digest(event: Output) -> str:
    return hashlib.sha256(event.rendered().tobytes()).hexdigest()


def outputs(events):
    return [event for event in events if isinstance(event, Output)]


@every_engine
def test_models_are_described_without_loading_anything_heavy(name):
    script = (
        "import sys; from estampe import plugins;"
        f"plugins.load('engines', {name!r})().models(); print(*{HEAVY!r} & sys.modules.keys())"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


@every_model
def test_the_schema_is_json_schema_that_says_no_to_what_it_does_not_name(name, model):
    jsonschema.Draft202012Validator.check_schema(model.parameters)
    assert model.parameters["additionalProperties"] is False
    assert "prompt" in model.parameters["required"]
    assert model.engine == name
    assert model.kind in plugins.names("media")
    json.dumps(model.parameters)


@every_model
def test_every_field_has_a_default_that_fits_unless_nothing_could_be_one(name, model):
    for field, schema in model.parameters["properties"].items():
        if field not in {"prompt", "seed", "input_asset_id", "mask_asset_id"}:
            jsonschema.validate(schema["default"], schema)


@every_model
def test_the_output_formats_are_those_of_the_media_kind(name, model):
    formats = plugins.load("media", model.kind).formats
    assert model.parameters["properties"]["output_format"]["enum"] == list(formats)


@every_model
def test_events_are_of_the_closed_set_and_notes_come_first(ready, name, model):
    events = list(alone(ready[name], model.name, filled(model)))
    assert isinstance(events[0], Notes)
    assert {type(event) for event in events} <= {Progress, Preview, Output, Notes, Checkpoint}


@every_model
def test_progress_never_falls_and_reaches_the_end(ready, name, model):
    events = alone(ready[name], model.name, filled(model, num_outputs=2))
    progress = [event for event in events if isinstance(event, Progress)]
    fractions = [event.fraction for event in progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert all(0 <= event.step <= event.steps for event in progress)


@every_model
def test_frames_have_the_size_and_the_number_asked(ready, name, model):
    (output,) = outputs(alone(ready[name], model.name, filled(model, width=128, height=64)))
    count = 1 if model.kind == "image" else model.parameters["properties"]["num_frames"]["minimum"]
    frames = output.rendered()
    assert frames.shape == (count, 64, 128, 3)
    assert frames.dtype == np.uint8


def kept(path, levels, how):
    """Grey levels of 8 bits in a PNG of as many bits, or of 16; or lying on its side, and saying so."""
    levels = levels.astype(np.uint16) * 257 if "of 16 bits" in how else levels
    exif = Image.Exif()
    if "lying" in how:
        levels, exif[0x0112] = np.rot90(levels), 6  # to be shown turned a quarter to the right
    Image.fromarray(np.ascontiguousarray(levels)).save(path, "PNG", exif=exif)
    return path


@pytest.mark.parametrize(
    ("name", "model"), [each for each in MODELS if "input_asset_id" in each.values[1].parameters["properties"]]
)
@pytest.mark.parametrize("how", ["of 16 bits", "lying", "lying, of 16 bits"])
def test_what_people_bring_is_seen_as_they_see_it(ready, name, model, how, tmp_path):
    takes = {"input", "mask"} & {field.removesuffix("_asset_id") for field in model.parameters["properties"]}
    shade = np.linspace(0, 255, 64).astype(np.uint8)
    levels = {"input": np.add.outer(shade // 2, shade // 4), "mask": np.add.outer(shade // 4, shade // 2)}

    def drawn(how):
        given = {role: kept(tmp_path / role, levels[role], how) for role in takes}
        (output,) = outputs(alone(ready[name], model.name, filled(model) | given))
        return output.rendered()

    assert np.array_equal(drawn(how), drawn("as it is"))


@every_model
def test_there_are_at_most_four_previews_an_output(ready, name, model):
    previews = [
        event.position
        for event in alone(ready[name], model.name, filled(model, num_outputs=2, num_inference_steps=9))
        if isinstance(event, Preview)
    ]
    assert {previews.count(position) for position in previews} <= {1, 2, 3, 4}


@every_model
def test_frames_made_in_another_thread_while_the_engine_goes_on_are_the_same(ready, name, model):
    parameters = filled(model, num_outputs=2)

    def made(render):
        events = alone(ready[name], model.name, parameters)
        return [render(event) for event in events if isinstance(event, Preview | Output)]

    with ThreadPoolExecutor(2) as pool:
        later = [seen.result(60) for seen in made(lambda event: pool.submit(event.rendered))]
    for one, other in zip(later, made(lambda event: event.rendered()), strict=True):
        assert np.array_equal(one, other)


@every_model
def test_an_output_asked_alone_is_the_one_made_among_others(ready, name, model):
    together = outputs(alone(ready[name], model.name, filled(model, num_outputs=3)))
    assert [output.position for output in together] == [0, 1, 2]
    assert len({digest(output) for output in together}) == 3
    for output in together:
        (single,) = outputs(alone(ready[name], model.name, filled(model, seed=output.seed)))
        assert digest(single) == digest(output)


@every_model
def test_the_last_seed_is_followed_by_one_that_can_be_asked_for(ready, name, model):
    together = outputs(alone(ready[name], model.name, filled(model, seed=2**53 - 1, num_outputs=2)))
    filled(model, seed=together[1].seed)


@every_model
def test_another_process_makes_the_same_bytes(ready, name, model):
    parameters = filled(model)
    script = (
        "import hashlib, json, sys; from estampe import plugins; from estampe.engines import Output, Request;"
        f"engine = plugins.load('engines', {name!r})(); engine.setup();"
        f"events = engine.run({model.name!r}, [Request(parameters=json.loads(sys.argv[1]))]);"
        "print(*[hashlib.sha256(e.rendered().tobytes()).hexdigest() for _, e in events if isinstance(e, Output)])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, json.dumps(parameters)], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [digest(output) for output in outputs(alone(ready[name], model.name, parameters))]


@every_model
def test_closing_the_iterator_stops(ready, name, model):
    events = alone(ready[name], model.name, filled(model, num_outputs=4))
    next(event for event in events if isinstance(event, Progress))
    events.close()
    assert list(events) == []
    assert outputs(alone(ready[name], model.name, filled(model)))


def in_batch(engine, model: Model, requests: list[Request]) -> list[list]:
    """What each member was told; each ended once, last, and without an error."""
    told = [[] for _ in requests]
    for member, event in engine.run(model.name, requests):
        told[member].append(event)
    for events in told:
        assert [type(event) for event in events].count(Ended) == 1
        assert events[-1].error is None
    return told


def alike(model: Model, count: int, **given) -> list[Request]:
    """As many members with seeds and prompts of their own."""
    prompts = [PROMPT, "a blue car", "un chat vert", "butterfly", "red apple 3d", "dog", "a yellow boat", "panda"]
    return [
        Request(parameters=filled(model, seed=31 * n + 5, prompt=prompts[n % len(prompts)], **given))
        for n in range(count)
    ]


@every_model
def test_what_is_batched_is_named_in_the_schema(name, model):
    assert model.max_batch >= 1
    assert set(model.batch_by) <= model.parameters["properties"].keys()


@every_model
def test_every_member_of_a_batch_keeps_the_order_of_its_own_events(ready, name, model):
    for events in in_batch(ready[name], model, alike(model, model.max_batch, num_outputs=2)):
        fractions = [event.fraction for event in events if isinstance(event, Progress)]
        assert isinstance(events[0], Notes)
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1
        assert [output.position for output in outputs(events)] == [0, 1]


@every_model
def test_the_same_seed_gives_the_same_bytes_alone_and_in_any_batch(ready, name, model):
    assert model.deterministic
    requests = alike(model, model.max_batch)
    single = [digest(*outputs(alone(ready[name], model.name, request.parameters))) for request in requests]

    for size in range(1, model.max_batch + 1):
        for first in {0, model.max_batch - size}:
            members = range(first, first + size)
            told = in_batch(ready[name], model, [requests[member] for member in members])
            assert [digest(*outputs(events)) for events in told] == [single[member] for member in members]
    twins = in_batch(ready[name], model, [requests[0]] * model.max_batch)
    assert {digest(*outputs(events)) for events in twins} == {single[0]}


@every_model
def test_a_member_that_is_not_wanted_any_more_ends_and_the_others_go_on(ready, name, model):
    heard = []
    requests = alike(model, min(3, model.max_batch))
    unwanted = msgspec.structs.replace(requests[1], wanted=lambda: not heard)
    told = [[] for _ in requests]
    for member, event in ready[name].run(model.name, [requests[0], unwanted, *requests[2:]]):
        told[member].append(event)
        heard += [event] if isinstance(event, Progress) else []

    assert isinstance(told[1][-1], Ended)
    assert outputs(told[1]) == []
    assert all(len(outputs(events)) == 1 for member, events in enumerate(told) if member != 1)


@every_model
def test_a_checkpoint_leads_to_the_same_bytes_and_not_from_the_start(ready, name, model):
    parameters = filled(model, num_outputs=2, num_inference_steps=5, prompt="papillon")
    undisturbed = list(alone(ready[name], model.name, parameters))
    wanted = [digest(output) for output in outputs(undisturbed)]
    first = None
    for event in undisturbed:
        if isinstance(event, Progress):
            first = event
        elif isinstance(event, Checkpoint):
            again = list(alone(ready[name], model.name, parameters, event.data))
            told = [progress for progress in again if isinstance(progress, Progress)]
            assert [digest(output) for output in outputs(again)] == wanted
            assert told == sorted(told, key=lambda progress: progress.fraction)
            assert not told or told[0].step >= first.step
    assert first is not None


@every_model
@pytest.mark.parametrize("data", [b"", b"\x00", b"99999999", b"\x93\x01\x02\x90", b"not a checkpoint"])
def test_a_checkpoint_that_cannot_be_read_is_ignored(ready, name, model, data):
    parameters = filled(model)
    (wanted,) = outputs(alone(ready[name], model.name, parameters))
    (output,) = outputs(alone(ready[name], model.name, parameters, data))
    assert digest(output) == digest(wanted)
