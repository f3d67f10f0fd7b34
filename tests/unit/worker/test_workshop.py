import threading
from functools import partial

import numpy as np
import pytest

from estampe import plugins
from estampe.domain import Progress
from estampe.engines import Checkpoint, Ended, Engine, Output, Preview
from estampe.errors import EngineError, Text
from estampe.worker import messages, workshop
from estampe.worker.messages import Done, Member, Refused, Run, Saved, Stopped
from estampe.worker.workshop import LARGEST_CHECKPOINT, Workshop

HALF = Progress(fraction=0.5)


class Scripted(Engine):
    """Tells what it was given to tell; an exception among it is raised, and what can be called is work to do."""

    name = "scripted"

    def __init__(self, *script):
        self.script = script
        self.closed = False

    def models(self):
        return []

    def run(self, model, batch):
        try:
            for told in self.script:
                if isinstance(told, Exception):
                    raise told
                if callable(told):
                    told()
                else:
                    yield told
        finally:
            self.closed = True


def picture(position=0, size=8):
    return Output(position=position, frames=np.zeros((1, size, size, 3), np.uint8), seed=1)


def run(tmp_path, engine, *jobs, stops=lambda job: False, kind=None, **asked):
    """What was told, in order."""
    told = []
    members = []
    for job in jobs:
        (tmp_path / job).mkdir()
        parameters = {"prompt": "x", "output_format": "png"} | asked
        members.append(Member(job=job, parameters=parameters, inputs={}, scratch=str(tmp_path / job)))
    workshop = Workshop({"scripted": engine}, {"image": kind or plugins.load("media", "image")()}, told.append)
    workshop.run(Run(engine="scripted", model="m", kind="image", members=members), stops)
    workshop.press.finish()
    return told


def ends(told):
    return {report.job: report for report in told if isinstance(report, messages.End)}


def test_each_member_ends_once_and_its_files_are_its_own(tmp_path):
    engine = Scripted((0, HALF), (1, HALF), (1, picture()), (1, Ended()), (0, picture()), (0, Ended()))
    told = run(tmp_path, engine, "a", "b")

    assert [report.job for report in told if isinstance(report, Done)] == ["b", "a"]
    made = {report.job: report.path for report in told if isinstance(report, messages.Made)}
    assert made == {job: str(tmp_path / job / "0.png") for job in "ab"}


def test_a_failure_is_the_member_s_and_its_sentence_reaches_the_person(tmp_path):
    refusal = EngineError(Text("no", "non"))
    told = run(tmp_path, Scripted((0, Ended(refusal)), (1, picture()), (1, Ended())), "a", "b")

    assert ends(told)["a"].failure.message_fr == "non"
    assert not ends(told)["a"].failure.retryable
    assert isinstance(ends(told)["b"], Done)


@pytest.mark.parametrize("script", [[(0, HALF), RuntimeError("secret")], [(0, HALF)]], ids=["raises", "falls silent"])
@pytest.mark.filterwarnings("default")
def test_what_breaks_the_whole_batch_is_tried_again(tmp_path, script):
    told = run(tmp_path, Scripted(*script), "a", "b")

    assert {type(end) for end in ends(told).values()} == {Refused}
    assert all(end.failure.retryable for end in ends(told).values())
    assert "secret" not in str(told)


def test_a_refusal_of_the_whole_batch_blames_who_was_alone_only(tmp_path):
    refusal = EngineError(Text("no", "non"))

    assert not ends(run(tmp_path, Scripted(refusal), "a"))["a"].failure.retryable
    assert ends(run(tmp_path, Scripted(refusal), "b", "c"))["b"].failure.retryable


def test_an_output_that_cannot_be_written_is_the_member_s_failure(tmp_path):
    broken = Output(position=0, frames=np.zeros((1, 0, 0, 3), np.uint8), seed=1)
    told = run(tmp_path, Scripted((0, broken), (1, picture()), (1, Ended())), "a", "b")

    assert isinstance(ends(told)["a"], Refused)
    assert isinstance(ends(told)["b"], Done)


def test_who_is_stopped_ends_at_the_next_event_whoever_s_it_is_with_what_was_not_saved_yet(tmp_path):
    stopped = set()
    engine = Scripted((0, Checkpoint(b"so far")), (1, HALF), (1, HALF), (1, picture()), (1, Ended()))
    told = run(tmp_path, engine, "a", "b", stops=lambda job: job in stopped or bool(job == "a" and stopped.add("a")))

    assert [type(report) for report in told if report.job == "a"] == [Saved, Stopped]
    assert isinstance(ends(told)["b"], Done)


def test_when_nobody_is_left_the_engine_is_closed(tmp_path):
    engine = Scripted((0, HALF), (0, HALF), (0, picture()))
    told = run(tmp_path, engine, "a", stops=lambda job: True)

    assert [type(report) for report in told] == [messages.Advanced, Stopped]
    assert engine.closed


def test_a_checkpoint_too_large_to_keep_is_dropped(tmp_path):
    engine = Scripted((0, Checkpoint(b"x" * (LARGEST_CHECKPOINT + 1))), (0, HALF))

    assert not [report for report in run(tmp_path, engine, "a", stops=lambda job: True) if isinstance(report, Saved)]


def test_time_is_shared_by_those_who_have_begun_and_not_ended(tmp_path, monkeypatch):
    now = 0.0

    def passes(seconds):
        nonlocal now
        now += seconds

    monkeypatch.setattr(workshop.time, "perf_counter", lambda: now)
    alone, shared, after = (partial(passes, seconds) for seconds in (1.0, 2.0, 4.0))
    turns = [(0, HALF), alone, (0, picture()), (1, HALF), shared, (0, Ended()), after, (1, picture()), (1, Ended())]
    told = run(tmp_path, Scripted(*turns), "a", "b")

    assert (ends(told)["a"].seconds, ends(told)["b"].seconds) == (1.0 + 1.0, 1.0 + 4.0)


class Slow(plugins.load("media", "image")):
    """Writes a file once it is let."""

    def __init__(self):
        self.let = threading.Event()
        self.was_let = []

    def encode(self, *given):
        self.was_let.append(self.let.wait(10))
        return super().encode(*given)


def test_the_engine_goes_on_while_files_are_written_and_each_end_comes_after_its_files(tmp_path):
    slow = Slow()
    engine = Scripted((0, picture()), (0, Ended()), (1, HALF), slow.let.set, (1, picture()), (1, Ended()))
    told = run(tmp_path, engine, "a", "b", kind=slow)

    assert slow.was_let == [True, True]
    assert [type(report) for report in told if report.job == "a"] == [messages.Made, Done]
    assert isinstance(ends(told)["b"], Done)


def test_after_an_output_that_could_not_be_written_nothing_more_is_told_of_its_job(tmp_path):
    broken = Output(position=0, frames=np.zeros((1, 0, 0, 3), np.uint8), seed=1)
    told = run(tmp_path, Scripted((0, broken), (0, picture(1)), (0, Ended())), "a")

    assert [type(report) for report in told] == [Refused]


@pytest.mark.parametrize(("seconds", "seen"), [(0.0, {messages.Seen}), (60.0, set())])
def test_a_look_is_written_of_what_takes_long_and_not_of_what_is_soon_there(tmp_path, monkeypatch, seconds, seen):
    monkeypatch.setattr(workshop, "PREVIEW_SECONDS", seconds)
    look = Preview(position=0, frames=np.zeros((1, 8, 8, 3), np.uint8))
    told = run(tmp_path, Scripted((0, look), (0, look), (0, look), (0, picture()), (0, Ended())), "a")

    assert {type(report) for report in told} == {messages.Made, Done} | seen


@pytest.mark.parametrize(
    "script",
    [[(0, picture(0)), (0, Ended())], [(0, picture(0)), (0, picture(0)), (0, Ended())], [(0, Ended())]],
    ids=["one of two", "one twice", "none"],
)
def test_an_end_without_all_that_was_asked_is_a_fault_of_the_engine(tmp_path, script):
    refused = ends(run(tmp_path, Scripted(*script), "a", num_outputs=2))["a"].failure

    assert (refused.code, refused.retryable) == ("engine_failed", True)


def test_where_no_number_is_asked_one_is_enough_and_none_is_not(tmp_path):
    assert isinstance(ends(run(tmp_path, Scripted((0, picture()), (0, Ended())), "a"))["a"], Done)
    assert isinstance(ends(run(tmp_path, Scripted((0, Ended())), "b"))["b"], Refused)


def test_who_is_not_wanted_any_more_may_end_with_less(tmp_path):
    assert isinstance(ends(run(tmp_path, Scripted((0, Ended())), "a", stops=lambda job: True))["a"], Stopped)
