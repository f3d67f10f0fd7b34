import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from estampe.domain import Progress
from estampe.engines.fake import Fake
from estampe.errors import EngineError

PARAMETERS = {"width": 64, "height": 64, "num_outputs": 1, "num_inference_steps": 4, "seed": 1}


def events(prompt):
    return Fake().run("fake-image", {**PARAMETERS, "prompt": prompt})


def test_the_prompt_sets_the_steps():
    assert sum(isinstance(event, Progress) for event in events("a cat [steps 9]")) == 9


@pytest.mark.parametrize(("directive", "retryable"), [("[fail]", False), ("[retry]", True)])
def test_the_prompt_asks_to_fail(directive, retryable):
    with pytest.raises(EngineError) as caught:
        list(events(f"a cat {directive}"))
    assert caught.value.retryable is retryable


def test_a_sleep_can_be_cancelled_between_its_slices():
    running = events("[sleep 600]")
    next(running)
    next(running)
    running.close()
    assert list(running) == []


def test_strength_says_how_much_of_the_input_gives_way(tmp_path):
    Image.new("RGB", (10, 10), "white").save(tmp_path / "white.png")
    given = {**PARAMETERS, "prompt": "a cat", "input": tmp_path / "white.png"}
    kept, half, gone = (list(Fake().run("fake-image", given | {"strength": share}))[-1].frames for share in (0, 0.5, 1))
    assert kept.min() == 255
    assert np.array_equal(gone, list(events("a cat"))[-1].frames)
    assert gone.mean() < half.mean() < 255


def test_the_prompt_kills_the_process():
    script = (
        f"from estampe.engines.fake import Fake; list(Fake().run('fake-image', {PARAMETERS | {'prompt': '[crash]'}}))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
