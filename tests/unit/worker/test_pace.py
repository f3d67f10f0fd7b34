import math

from estampe.worker.pace import Pace


def test_one_look_says_nothing_of_the_pace():
    pace = Pace(1)
    pace.advance("a", 0.1, 100)

    assert pace.seconds_left(100) == math.inf


def test_a_member_that_came_so_far_in_so_long_needs_as_long_again():
    pace = Pace(1)
    pace.advance("a", 0.0, 100)
    pace.advance("a", 0.5, 103)

    assert pace.seconds_left(103) == 3


def test_what_was_done_before_this_run_is_not_its_pace():
    pace = Pace(1)
    pace.advance("a", 0.6, 100)
    pace.advance("a", 0.7, 101)

    assert round(pace.seconds_left(101), 6) == 3


def test_while_a_member_has_not_begun_nothing_is_known():
    pace = Pace(2)
    pace.advance("a", 0.0, 100)
    pace.advance("a", 1.0, 102)

    assert pace.seconds_left(102) == math.inf


def test_a_short_member_says_nothing_of_a_long_one():
    pace = Pace(2)
    for at in (0, 1):
        pace.advance("short", at, 100 + at)
        pace.advance("long", at / 100, 100 + at)

    assert round(pace.seconds_left(101)) == 99


def test_who_has_ended_early_holds_up_nobody():
    pace = Pace(2)
    pace.advance("a", 0.0, 100)
    pace.advance("a", 0.5, 101)
    pace.end("b")

    assert pace.seconds_left(101) == 1
