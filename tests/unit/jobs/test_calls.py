"""The same call made again: which of the earlier ones it is."""

import msgspec
from tests.unit.jobs.conftest import ANA

from estampe.jobs.calls import Calls

SORT = "a sort of call"


async def begun(house):
    call = Calls(house.database).begin(ANA, SORT)
    job = await house.submit(idempotency_key=call.key, asked=b"a cat")
    return call, job.id


async def again(house):
    return await Calls(house.database).take_over(Calls(house.database).begin(ANA, SORT))


async def test_when_all_were_cut_each_is_taken_over_once(house):
    begun_before = {(await begun(house))[1] for _ in range(3)}

    assert {await again(house) for _ in range(3)} == begun_before


async def test_a_call_that_is_cut_a_second_time_is_found_again(house):
    _, job = await begun(house)

    assert [await again(house) for _ in range(3)] == [job] * 3


async def test_who_left_comes_before_who_may_still_be_there_and_who_was_answered_last(house):
    (answered, told), (left, abandoned), (_, fresh) = [await begun(house) for _ in range(3)]
    await Calls(house.database).answered(answered)
    assert await Calls(house.database).left(left)

    first, second = await again(house), await again(house)

    assert (first, second) == (abandoned, fresh)
    assert told not in {await again(house), await again(house)}


async def test_a_call_of_another_sort_or_person_is_none_of_its_own(house):
    await begun(house)
    calls = Calls(house.database)

    assert await calls.take_over(calls.begin(ANA, "another sort")) is None
    assert await calls.take_over(calls.begin(msgspec.structs.replace(ANA, user_id="bob"), SORT)) is None
