import psutil
import pytest

from estampe.errors import EngineError
from estampe.worker.process import Child


@pytest.fixture
async def children():
    started = []

    async def start(*engines, models=()):
        child = Child(engines, models)
        started.append(child)
        await child.start()
        return child

    yield start
    for child in started:
        await child.kill()


async def test_what_is_not_wanted_is_not_loaded(children):
    child = await children("vignette", "fake", models=["fake-image"])

    assert [model.name for model in child.models] == ["fake-image"]
    maps = psutil.Process(child._process.pid).memory_maps()
    assert not [one.path for one in maps if "onnxruntime" in one.path]


async def test_of_each_kind_the_first_engine_that_has_a_default_gives_it(children):
    child = await children("fake", "vignette")

    assert {model.name for model in child.models if model.default} == {"fake-image", "fake-video"}


async def test_a_model_that_no_engine_makes_is_named(children):
    with pytest.raises(EngineError, match="no engine of fake makes vignette, zebra"):
        await children("fake", models=["fake-image", "zebra", "vignette"])
