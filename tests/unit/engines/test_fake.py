import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from tests.alone import alone

from estampe.domain import Progress
from estampe.engines import Ended, Output, Request
from estampe.engines.fake import Fake
from estampe.errors import EngineError

PARAMETERS = {"width": 64, "height": 64, "num_outputs": 1, "num_inference_steps": 4, "seed": 1}


def events(prompt):
    return alone(Fake(), "fake-image", {**PARAMETERS, "prompt": prompt})


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
    kept, half, gone = (
        list(alone(Fake(), "fake-image", given | {"strength": share}))[-1].rendered() for share in (0, 0.5, 1)
    )
    assert kept.min() == 255
    assert np.array_equal(gone, list(events("a cat"))[-1].rendered())
    assert gone.mean() < half.mean() < 255


def test_the_prompt_kills_the_process():
    script = (
        "from estampe.engines import Request; from estampe.engines.fake import Fake;"
        f"list(Fake().run('fake-image', [Request(parameters={PARAMETERS | {'prompt': '[crash]'}})]))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL


def test_a_member_that_fails_leaves_the_others():
    batch = [Request(parameters={**PARAMETERS, "prompt": prompt}) for prompt in ("a cat", "[fail] a dog", "a bird")]
    told = list(Fake().run("fake-image", batch))

    assert [member for member, event in told if isinstance(event, Output)] == [0, 2]
    (failed,) = [event for member, event in told if member == 1 and isinstance(event, Ended)]
    assert isinstance(failed.error, EngineError)
