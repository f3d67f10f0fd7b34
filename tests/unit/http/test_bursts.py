from estampe.http.bursts import WINDOW_SECONDS, Bursts


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_a_source_may_fail_so_often_a_minute_and_no_more():
    clock = Clock()
    bursts = Bursts(3, now=clock)

    assert [bursts.fail("here") for _ in range(3)] == [0, 0, 0]
    clock.now += 20
    assert bursts.fail("here") == 40
    assert bursts.fail("elsewhere") == 0

    clock.now += 40
    assert bursts.fail("here") == 0


def test_who_goes_on_failing_waits_for_the_minute_to_end_not_for_ever():
    clock = Clock()
    bursts = Bursts(1, now=clock)
    bursts.fail("here")
    waits = []
    for _ in range(6):
        waits.append(bursts.fail("here"))
        clock.now += 10

    assert waits == [60, 50, 40, 30, 20, 10]
    assert bursts.fail("here") == 0
    assert WINDOW_SECONDS == 60


def test_the_memory_does_not_grow_with_the_sources():
    bursts = Bursts(1, size=100)
    for number in range(10_000):
        bursts.fail(str(number))

    assert len(bursts) == 100


def test_without_a_measure_or_an_address_nobody_is_slowed():
    assert [Bursts(0).fail("here") for _ in range(5)] == [0] * 5
    bursts = Bursts(1)
    assert [bursts.fail(None) for _ in range(5)] == [0] * 5
