import json

import numpy as np
import pytest
from tests.alone import alone

from estampe.engines import Output
from estampe.engines.vignette import Vignette

from .conftest import MISSING

torch = pytest.importorskip("torch", reason=MISSING)
pytest.importorskip("resvg_py", reason=MISSING)

from atelier.card import write_card  # noqa: E402
from atelier.dataset import read_dataset  # noqa: E402
from atelier.evaluating import Examiner  # noqa: E402
from atelier.exporting import FILES, Words, export, keep_vocabulary, load  # noqa: E402
from atelier.judging import distance, real_accuracy, seen_colour, seen_of_pool, train_judge  # noqa: E402
from atelier.pool import pools  # noqa: E402
from atelier.recipe import read_recipe  # noqa: E402
from atelier.refusals import NothingTrained  # noqa: E402
from atelier.sheet import write_sheet  # noqa: E402
from atelier.split import held_out  # noqa: E402
from atelier.training import Training  # noqa: E402
from estampe.engines._vignette.network import Network  # noqa: E402

torch.set_num_threads(1)  # the pictures are small, and others work beside

ASKED = {
    "width": 64,
    "height": 64,
    "num_outputs": 1,
    "num_inference_steps": 2,
    "guidance_scale": 2.5,
    "num_frames": 8,
    "fps": 12,
    "seed": 3,
}


@pytest.fixture(scope="module")
def recipe(recipes):
    return read_recipe(recipes, "tiny")


@pytest.fixture(scope="module")
def both(inputs, recipe):
    return pools(read_dataset(inputs.data), recipe, held_out([]))


@pytest.fixture(scope="module")
def pool(both):
    return both.seen


@pytest.fixture(scope="module")
def run(both, pool, recipe, tmp_path_factory):
    """A run that learned nothing yet: random weights."""
    folder = tmp_path_factory.mktemp("run")
    keep_vocabulary(folder, pool.codes, recipe.styles)
    training = Training(recipe, both, folder)
    with torch.no_grad():
        training.drawer.average["leave.weight"].normal_(std=0.05)
    training.save()
    return folder


@pytest.fixture(scope="module")
def weights(run, recipe, inputs):
    words = Words(read_dataset(inputs.data).concepts, inputs.synonyms, ["stare"])
    export(recipe, run, run / "weights", words)
    return run / "weights"


@pytest.fixture(scope="module")
def judge(pool, tmp_path_factory):
    return train_judge(pool, tmp_path_factory.mktemp("judge") / "judge.pt", 40, say=lambda _: None)


def prompts():
    names = {"1f34e": ("apple", "pomme"), "1f697": ("car", "voiture"), "1f333": ("tree", "arbre")}
    names |= {"2b50": ("star", "étoile"), "1f40b": ("whale", "baleine"), "2601": ("cloud", "nuage")}
    return [
        {"meaning": place, "kind": "colour", "prompt": f"{name} {colour}", "code": code, "colour": "blue"}
        for place, (code, pair) in enumerate(names.items())
        for name, colour in zip(pair, ("blue", "bleu"), strict=True)
    ]


@pytest.mark.parametrize("model", ["vignette", "vignette-clip"])
def test_the_engine_draws_with_what_was_exported(weights, model):
    drawn = alone(Vignette(weights), model, {**ASKED, "prompt": "two red apples and a car on a blue background"})

    frames = next(event.rendered() for event in drawn if isinstance(event, Output))
    assert frames.shape[1:] == (64, 64, 3)
    assert len(np.unique(frames)) > 10


def test_the_engine_says_how_many_subjects_these_weights_draw(weights):
    assert "6 subjects" in Vignette(weights).models()[0].description


def test_the_exported_step_takes_the_way_that_the_network_takes(weights, run, recipe):
    _, drawer, _, _, vocabulary = load(recipe, run)
    network = Network(weights)
    words = network.condition(["k:1f34e", "c:red"])
    noisy = network.noise(1)
    with torch.no_grad():
        rows = torch.tensor([[vocabulary.rows["k:1f34e"], vocabulary.rows["c:red"]]])
        told = drawer.condition(rows, torch.zeros_like(rows))
        way = drawer(torch.from_numpy(noisy), torch.zeros(1), told, torch.zeros(1, *recipe.latent), torch.zeros(1, 9))

    step = next(network.draw(noisy, [words, words], guidance=1, steps=[(0.0, 1.0)])).latent

    assert np.allclose(words, told[0], atol=2e-3)
    assert np.abs(step - noisy - way.numpy()).mean() < 0.1 * np.abs(way.numpy()).mean()


def test_the_exported_pictures_have_their_own_transparency(weights):
    network = Network(weights)

    assert network.decode(network.noise(0, 2)).shape == (2, 64, 64, 4)


def test_nothing_is_exported_where_nothing_was_trained(recipe, tmp_path):
    with pytest.raises(NothingTrained):
        load(recipe, tmp_path)


def test_random_weights_are_judged_at_the_level_of_chance(weights, judge, pool, tmp_path, recipe):
    report = Examiner(weights, judge, pool, lambda _: None).examine(prompts(), seeds=2, steps=2)

    told = report.told()
    assert told["chance"] == pytest.approx(1 / 6)
    assert told["concept"] <= 0.34
    assert told["agreement"] == 1
    assert told["distance"] > told["distance_of_real_halves"]
    assert told["failures"]
    write_sheet(tmp_path / "sheet.webp", report)
    write_card(tmp_path / "card.md", report, recipe, weights)
    assert "“apple blue”" in (tmp_path / "card.md").read_text("utf-8")
    assert json.dumps(told)
    assert {path.name for path in weights.iterdir()} == set(FILES)


def test_the_judge_knows_real_pictures_of_a_style_by_those_of_another(judge, pool):
    assert real_accuracy(pool, seen_of_pool(judge, pool)) > 0.6


def test_a_judge_is_trained_once(pool, tmp_path):
    path = tmp_path / "judge.pt"

    first = train_judge(pool, path, 2, say=lambda _: None)
    written = path.stat().st_mtime_ns
    second = train_judge(pool, path, 2, say=lambda _: None)

    assert path.stat().st_mtime_ns == written
    assert torch.equal(first.concepts, second.concepts)


def test_a_crowd_is_no_distance_from_itself_and_some_from_another():
    crowd = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)

    assert distance(crowd, crowd) == pytest.approx(0, abs=1e-6)
    assert distance(crowd, crowd + 1) == pytest.approx(8, rel=0.01)


@pytest.mark.parametrize(
    ("paint", "name"),
    [((224, 32, 32), "red"), ((32, 96, 224), "blue"), ((240, 208, 32), "yellow"), ((128, 128, 128), None)],
)
def test_a_colour_is_named_as_people_would(paint, name):
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[2:6, 2:6] = (*paint, 255)

    assert seen_colour(picture) == name
