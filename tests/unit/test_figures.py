from tests.bench.figures import Figure, Figures, at_least, at_most


def found(subject, figure):
    figures = Figures()
    figures.add(subject, figure, about="How.")
    return figures


def test_a_goal_says_whether_it_is_met():
    assert str(at_most(30, 22.2, " ms")) == "≤ 30 ms: met"
    assert str(at_least(0.4, 0.39)) == "≥ 0.4: **not met**"


def test_a_subject_that_is_measured_again_takes_its_own_place_and_the_others_stay():
    page = found("Queue", Figure("submit", "1 ms")).page("", "a machine")
    page = found("Line", Figure("claim", "2 ms", "1.00", at_most(2, 1.0))).page(page, "a machine")
    page = found("Queue", Figure("submit", "3 ms")).page(page, "another")

    assert page.count("# Performance") == 1
    assert page.index("## Queue") < page.index("## Line")
    assert "| submit | 3 ms |  |  |" in page
    assert "1 ms" not in page
    assert "| claim | 2 ms | 1.00 | ≤ 2: met |" in page
    assert page.count("Measured on another.") == page.count("Measured on a machine.") == 1
