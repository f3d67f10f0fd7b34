from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from .conftest import MISSING

torch = pytest.importorskip("torch", reason=MISSING)
pytest.importorskip("resvg_py", reason=MISSING)

from atelier.dataset import read_dataset  # noqa: E402
from atelier.exporting import keep_vocabulary  # noqa: E402
from atelier.feed import Feed  # noqa: E402
from atelier.pool import Pool, pools  # noqa: E402
from atelier.recipe import read_recipe  # noqa: E402
from atelier.refusals import OtherWords, UnknownRecipe  # noqa: E402
from atelier.split import HeldOut, held_out  # noqa: E402
from atelier.training import Pace, Training, train  # noqa: E402

NOTHING = held_out([])
torch.set_num_threads(1)  # the pictures are small, and others work beside


@pytest.fixture(scope="module")
def recipe(recipes):
    return read_recipe(recipes, "tiny")


@pytest.fixture(scope="module")
def data(inputs):
    return read_dataset(inputs.data)


@pytest.fixture(scope="module")
def both(data, recipe):
    return pools(data, recipe, NOTHING)


@pytest.fixture(scope="module")
def pool(both):
    return both.seen


def learned(training, steps):
    """The losses of so many steps."""
    return [learner.loss for learner in islice(training.run(), steps)]


def words(batch, pool):
    told = pool.vocabulary.tokens
    return [
        {told[row] for row in (*rows, *others) if row} for rows, others in zip(batch.tokens, batch.others, strict=True)
    ]


def test_a_batch_is_made_again_from_seed_and_step_alone(pool, recipe):
    one, same, other = (Feed(pool, recipe.shares, 5, "cpu").batch(step, 40) for step in (3, 3, 4))

    assert all(torch.equal(first, second) for first, second in zip(one, same, strict=True))
    assert not torch.equal(one.pictures, other.pictures)


def test_a_batch_holds_every_sort_of_picture(pool, recipe):
    batch = Feed(pool, recipe.shares, 0, "cpu").batch(0, 100)

    told = set().union(*words(batch, pool))
    assert {"m:native", "glossy", "flat"} <= told
    assert {"n:2", "n:3"} & told
    assert any(word.startswith("b:") for word in told)
    assert any(word.startswith("c:") for word in told)
    assert (batch.others[:, 0] > 0).any()
    assert (batch.phase[:, 0] > 0).sum() == 20
    assert batch.pictures.min() >= 0
    assert batch.pictures.max() <= 1.001


def test_a_colour_is_painted_where_it_is_said(pool, recipe):
    feed = Feed(pool, {**dict.fromkeys(recipe.shares, 0.0), "still": 1.0}, 0, "cpu")
    batch = feed.batch(1, 200)

    apple = pool.vocabulary.rows["k:1f34e"]
    for colour, channel in (("red", 0), ("green", 1), ("blue", 2)):
        said = (batch.tokens[:, 0] == apple) & (batch.tokens[:, 1] == pool.vocabulary.rows[f"c:{colour}"])
        assert said.any()
        assert (batch.pictures[said].mean((2, 3))[:, :3].argmax(1) == channel).all()


def test_what_is_held_out_is_never_shown_together(data, recipe):
    kept_back = HeldOut(
        colours=frozenset({("1f34e", "blue")}),
        styles=frozenset({("1f697", "flat")}),
        grounds=frozenset({("2b50", "red")}),
        counts=frozenset({("1f333", "2")}),
        pairs=frozenset({("1f34e", "1f40b")}),
    )
    pool = Pool(data, recipe, kept_back)
    feed = Feed(pool, recipe.shares, 0, "cpu")

    seen = [told for step in range(4) for told in words(feed.batch(step, 200), pool)]

    for pair in ({"k:1f697", "flat"}, {"k:2b50", "b:red"}, {"k:1f333", "n:2"}, {"k:1f34e", "k:1f40b"}):
        assert not any(pair <= told for told in seen), pair
    assert not any(
        told >= {"k:1f34e", "c:blue"} and len([word for word in told if word[:2] == "k:"]) == 1 for told in seen
    )
    assert any({"k:1f34e", "c:red"} <= told for told in seen)


def test_what_is_shown_may_be_finer_than_what_is_coded(both, recipe, tmp_path):
    training = Training(recipe, both, tmp_path)

    with torch.no_grad():
        latent = training.coder.network.encode(torch.zeros(1, 4, recipe.side, recipe.side))
        shown = training.coder.network.decode(latent)

    assert (recipe.side, recipe.shown) == (both.seen.stills.shape[-1], both.shown.stills.shape[-1]) == (32, 64)
    assert latent.shape[1:] == recipe.latent
    assert shown.shape == (1, 4, recipe.shown, recipe.shown)


def test_learning_lowers_the_loss_of_both_networks(both, recipe, tmp_path):
    recipe = replace(recipe, coder_steps=40)
    losses = learned(Training(recipe, both, tmp_path), recipe.coder_steps + recipe.steps)

    coder, drawer = losses[: recipe.coder_steps], losses[recipe.coder_steps :]
    assert coder[-1] < coder[0]
    assert drawer[-1] < drawer[0]


@pytest.mark.parametrize("stopped_at", [5, 15])
def test_learning_goes_on_to_the_same_bits(both, recipe, tmp_path, stopped_at):
    whole = Training(recipe, both, tmp_path / "whole")
    learned(whole, 18)

    half = Training(recipe, both, tmp_path / "half")
    learned(half, stopped_at)
    half.save()
    rest = Training(recipe, both, tmp_path / "half", seed=0)
    rest.resume(lambda _: None)
    learned(rest, 18 - stopped_at)

    assert rest.drawer.step == whole.drawer.step > 0
    for name, value in whole.drawer.average.items():
        assert torch.equal(value, rest.drawer.average[name]), name


def test_learning_goes_on_elsewhere_from_the_averages_alone(both, recipe, tmp_path):
    first = Training(recipe, both, tmp_path)
    learned(first, 14)
    first.save()
    (tmp_path / "state.pt").unlink()

    second = Training(recipe, both, tmp_path)
    told = []
    second.resume(told.append)

    assert second.drawer.step == first.drawer.step
    assert "not the same bits" in told[0]
    assert np.allclose(second.mean, first.mean, atol=1e-3)


def test_a_run_says_how_fast_it_learns_and_saves_at_the_end(both, recipe, tmp_path):
    said = []

    train(Training(recipe, both, tmp_path), Pace(minutes=1, steps=4), said.append)

    assert "images/s" in said[-1]
    assert "drawer step 4 of 4" in said[-1]
    assert (tmp_path / "state.pt").exists()


def test_other_data_do_not_continue_a_run(pool, recipe, tmp_path):
    keep_vocabulary(tmp_path, pool.codes, recipe.styles)

    with pytest.raises(OtherWords):
        keep_vocabulary(tmp_path, pool.codes[1:], recipe.styles)


def test_an_unknown_recipe_is_refused(recipes):
    with pytest.raises(UnknownRecipe, match="tiny"):
        read_recipe(recipes, "huge")
