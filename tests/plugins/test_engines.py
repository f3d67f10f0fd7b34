"""Every engine keeps the contract, whichever it is."""

import hashlib
import json
import subprocess
import sys

import jsonschema
import numpy as np
import pytest

from estampe import plugins
from estampe.domain import Model, Progress
from estampe.engines import Notes, Output, Preview

PROMPT = "une pomme rouge"
HEAVY = {"onnxruntime", "torch", "diffusers", "tensorflow"}


def engines():
    return {name: plugins.load("engines", name)() for name in plugins.names("engines")}


MODELS = [
    pytest.param(name, model, id=f"{name}/{model.name}")
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
    return hashlib.sha256(event.frames.tobytes()).hexdigest()


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
    events = list(ready[name].run(model.name, filled(model)))
    assert isinstance(events[0], Notes)
    assert {type(event) for event in events} <= {Progress, Preview, Output, Notes}


@every_model
def test_progress_never_falls_and_reaches_the_end(ready, name, model):
    events = ready[name].run(model.name, filled(model, num_outputs=2))
    progress = [event for event in events if isinstance(event, Progress)]
    fractions = [event.fraction for event in progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert all(0 <= event.step <= event.steps for event in progress)


@every_model
def test_frames_have_the_size_and_the_number_asked(ready, name, model):
    (output,) = outputs(ready[name].run(model.name, filled(model, width=128, height=64)))
    count = 1 if model.kind == "image" else model.parameters["properties"]["num_frames"]["minimum"]
    assert output.frames.shape == (count, 64, 128, 3)
    assert output.frames.dtype == np.uint8


@every_model
def test_there_are_at_most_four_previews_an_output(ready, name, model):
    previews = [
        event.position
        for event in ready[name].run(model.name, filled(model, num_outputs=2, num_inference_steps=9))
        if isinstance(event, Preview)
    ]
    assert {previews.count(position) for position in previews} <= {1, 2, 3, 4}


@every_model
def test_an_output_asked_alone_is_the_one_made_among_others(ready, name, model):
    together = outputs(ready[name].run(model.name, filled(model, num_outputs=3)))
    assert [output.position for output in together] == [0, 1, 2]
    assert len({digest(output) for output in together}) == 3
    for output in together:
        (alone,) = outputs(ready[name].run(model.name, filled(model, seed=output.seed)))
        assert digest(alone) == digest(output)


@every_model
def test_the_last_seed_is_followed_by_one_that_can_be_asked_for(ready, name, model):
    together = outputs(ready[name].run(model.name, filled(model, seed=2**53 - 1, num_outputs=2)))
    filled(model, seed=together[1].seed)


@every_model
def test_another_process_makes_the_same_bytes(ready, name, model):
    parameters = filled(model)
    script = (
        "import hashlib, json, sys; from estampe import plugins; from estampe.engines import Output;"
        f"engine = plugins.load('engines', {name!r})(); engine.setup();"
        f"events = engine.run({model.name!r}, json.loads(sys.argv[1]));"
        "print(*[hashlib.sha256(e.frames.tobytes()).hexdigest() for e in events if isinstance(e, Output)])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, json.dumps(parameters)], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [digest(output) for output in outputs(ready[name].run(model.name, parameters))]


@every_model
def test_closing_the_iterator_stops(ready, name, model):
    events = ready[name].run(model.name, filled(model, num_outputs=4))
    next(event for event in events if isinstance(event, Progress))
    events.close()
    assert list(events) == []
    assert outputs(ready[name].run(model.name, filled(model)))
