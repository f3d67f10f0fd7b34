import numpy as np
import pytest
from tests.alone import alone

from estampe.domain import Progress
from estampe.engines import Checkpoint, Notes, Output
from estampe.engines._vignette.halfway import read_halfway
from estampe.engines._vignette.lexicon import lexicon
from estampe.engines._vignette.network import Network
from estampe.engines.vignette import MOST_NAMED, Vignette
from estampe.errors import EngineError

PARAMETERS = {
    "negative_prompt": "",
    "width": 64,
    "height": 64,
    "num_outputs": 1,
    "num_inference_steps": 4,
    "guidance_scale": 2.5,
    "num_frames": 8,
    "fps": 12,
    "seed": 3,
}


@pytest.fixture(scope="module")
def vignette():
    made = Vignette()
    made.setup()
    return made


def blobs(ink):
    """How many large parts do not touch."""
    count, left = 0, {tuple(place) for place in np.argwhere(ink)}
    while left:
        size, border = 0, [left.pop()]
        while border:
            y, x = border.pop()
            size += 1
            beside = {(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)} & left
            left -= beside
            border += beside
        count += size > ink.sum() / 20
    return count


def made(vignette, prompt, model="vignette", **given):
    events = alone(vignette, model, {**PARAMETERS, "prompt": prompt, **given})
    return next(event.rendered() for event in events if isinstance(event, Output))


def test_the_notes_say_what_was_read_and_what_was_not(vignette):
    notes = next(
        alone(vignette, "vignette", {**PARAMETERS, "prompt": "two purple dragons", "negative_prompt": "guitar"})
    )
    assert notes == Notes({"understood": ["two", "purple", "dragons"], "ignored": ["guitar"]})


def test_the_notes_say_how_a_slip_of_the_pen_was_read(vignette):
    notes = next(alone(vignette, "vignette", {**PARAMETERS, "prompt": "une voitrue"}))
    assert notes.values["read_as"] == ["voitrue → voiture"]


@pytest.mark.parametrize(
    ("prompt", "count"), [("an apple", 1), ("two apples", 2), ("trois pommes", 3), ("two foxes and an apple", 3)]
)
def test_as_many_are_drawn_as_were_asked_for(vignette, prompt, count):
    frame = made(vignette, prompt, width=256, height=256, num_inference_steps=12)[0]
    assert blobs(frame.min(axis=-1) < 150) == count


def test_two_subjects_stand_side_by_side_each_in_its_colour(vignette):
    frame = made(vignette, "a red car and a blue car", width=128, height=128, num_inference_steps=12)[0].astype(int)
    ink = (255 - frame).max(axis=-1) > 100
    left, right = (frame[:, half][ink[:, half]].mean(axis=0) for half in (slice(0, 64), slice(64, 128)))
    assert (left.argmax(), right.argmax()) == (0, 2)


def test_several_move_together(vignette):
    frames = made(vignette, "two butterflies bouncing", "vignette-clip").astype(int)
    assert np.abs(np.diff(frames, axis=0)).max() > 0


def test_the_first_of_several_is_the_one_that_its_seed_draws_alone(vignette):
    network = Network()
    assert np.array_equal(network.noise(5, 3)[:1], network.noise(5))


def test_what_other_weights_left_is_begun_again(vignette):
    events = list(alone(vignette, "vignette", {**PARAMETERS, "prompt": "cat"}))
    checkpoint = next(event.data for event in events if isinstance(event, Checkpoint))
    network = Network()
    read = {
        edition: read_halfway(checkpoint, edition=edition, shape=network.shape, longest=4)
        for edition in (network.edition, network.edition + 1)
    }
    assert [halfway.step for halfway in read.values()] == [1, 0]


@pytest.mark.parametrize("prompt", ["fear and loathing", "rouge", "🎻", "قطة", "\x00"])
def test_a_prompt_without_a_subject_is_refused_with_the_words_that_would_do(vignette, prompt):
    with pytest.raises(EngineError) as caught:
        made(vignette, prompt)
    assert not caught.value.retryable
    names = lexicon().names
    told = ((caught.value.detail.en, names["en"]), (caught.value.detail.fr, names["fr"]))
    assert all(10 < sum(f"{name}, " in said for name in known) <= MOST_NAMED for said, known in told)


def test_french_and_english_draw_the_same(vignette):
    assert np.array_equal(made(vignette, "une voiture bleue"), made(vignette, "a blue car"))


@pytest.mark.parametrize(("colour", "channel"), [("red", 0), ("green", 1), ("blue", 2)])
def test_a_colour_is_seen_in_the_picture(vignette, colour, channel):
    frame = made(vignette, f"a {colour} car", num_inference_steps=12)[0].astype(int)
    ink = frame[(255 - frame).max(axis=-1) > 100]
    assert ink.mean(axis=0).argmax() == channel


def test_a_background_fills_the_corners(vignette):
    frame = made(vignette, "un renard sur fond bleu", width=128)[0]
    assert [tuple(frame[y, x]) for y in (0, -1) for x in (0, -1)] == [(120, 180, 245)] * 4


@pytest.mark.parametrize(("prompt", "side", "times"), [("apple", 512, 1), ("two apples", 512, 2), ("apple", 64, 0)])
def test_an_output_says_what_it_was_enlarged_from(vignette, prompt, side, times):
    asked = {**PARAMETERS, "prompt": prompt, "width": side, "height": side}
    output = next(event for event in alone(vignette, "vignette", asked) if isinstance(event, Output))
    drawn = Network().decode(Network().noise(0)).shape[1]
    assert output.enlarged_from == ((drawn * times, drawn * times) if times else None)


def test_what_is_unwanted_changes_the_picture(vignette):
    assert not np.array_equal(made(vignette, "an apple"), made(vignette, "an apple", negative_prompt="red"))


def test_no_guidance_is_no_error(vignette):
    made(vignette, "an apple", guidance_scale=1)


@pytest.mark.parametrize("prompt", ["apple", "apple bouncing", "apple spinning", "apple flying", "butterfly"])
def test_a_clip_closes_its_loop(vignette, prompt):
    frames = made(vignette, prompt, "vignette-clip", num_frames=24).astype(int)
    steps = np.abs(np.roll(frames, -1, axis=0) - frames).mean(axis=(1, 2, 3))
    assert steps.max() > 0
    assert steps[-1] <= steps[:-1].max() * 1.25


def test_a_picture_does_not_count_motions_as_understood(vignette):
    notes = next(alone(vignette, "vignette", {**PARAMETERS, "prompt": "a jumping cat"}))
    assert notes.values == {"understood": ["cat"], "ignored": ["jumping"]}


def test_one_step_is_enough_to_draw(vignette):
    events = list(alone(vignette, "vignette", {**PARAMETERS, "prompt": "cat", "num_inference_steps": 1}))
    assert [event.stage for event in events if isinstance(event, Progress)] == ["denoising", "decoding"]
