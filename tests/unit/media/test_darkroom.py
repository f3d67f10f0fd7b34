import asyncio
import queue
import threading

import pytest

from estampe.media import decoded


async def test_two_files_are_decoded_at_a_time_and_no_more():
    both, lock, inside, most = threading.Barrier(2), threading.Lock(), 0, 0

    def look(number):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        both.wait(60)
        with lock:
            inside -= 1
        return number

    assert await asyncio.gather(*(decoded(look, number) for number in range(8))) == list(range(8))
    assert most == 2


async def test_who_gives_up_leaves_the_line_and_a_look_that_has_begun_keeps_its_place():
    go, begun, looked = threading.Event(), threading.Semaphore(0), queue.Queue()

    def look(name):
        begun.release()
        go.wait(60)
        looked.put(name)

    going = [asyncio.ensure_future(decoded(look, name)) for name in ("one", "two")]
    for _ in going:
        await asyncio.to_thread(begun.acquire)
    waiting = asyncio.ensure_future(decoded(look, "three"))
    await asyncio.sleep(0)  # it stands in line
    for task in (going[0], waiting):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    last = asyncio.ensure_future(decoded(look, "four"))
    assert not begun.acquire(blocking=False)
    go.set()
    await asyncio.gather(going[1], last)

    assert sorted([await asyncio.to_thread(looked.get) for _ in range(3)]) == ["four", "one", "two"]
    assert looked.empty()


async def test_what_a_look_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        await decoded(lambda: 1 // 0)
