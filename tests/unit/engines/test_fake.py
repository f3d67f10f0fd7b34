import signal
import subprocess
import sys

import pytest

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


def test_the_prompt_kills_the_process():
    script = (
        f"from estampe.engines.fake import Fake; list(Fake().run('fake-image', {PARAMETERS | {'prompt': '[crash]'}}))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
