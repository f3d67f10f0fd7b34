import pytest

from estampe.domain import Model
from estampe.media.parameters import LARGEST_SEED, resolve


def model(**fields):
    schema = {"type": "object", "properties": fields, "additionalProperties": False}
    return Model(name="theirs", kind="image", engine="theirs", title="Theirs", parameters=schema)


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ({"minimum": 0, "maximum": 2**32 - 1}, 0, 2**32 - 1),
        ({"minimum": 7, "maximum": 7}, 7, 7),
        ({"minimum": 1, "maximum": 2**64}, 1, LARGEST_SEED),
        ({}, 0, LARGEST_SEED),
    ],
)
def test_a_seed_that_nobody_named_is_one_that_the_model_takes(field, least, most):
    theirs = model(seed={"type": "integer", **field})

    drawn = {resolve({}, theirs)["seed"] for _ in range(50)}

    assert least <= min(drawn) <= max(drawn) <= most
    assert resolve({"seed": next(iter(drawn))}, theirs)["seed"] in drawn


def test_a_model_that_says_nothing_of_seeds_gets_one():
    assert 0 <= resolve({}, model())["seed"] <= LARGEST_SEED
