"""A line takes what its client takes, and never waits for it."""

import asyncio

import pytest

from estampe.http.wire.line import Line


class Client:
    """What a server gives an application: it may stop taking, leave, or hang up while it is written to."""

    def __init__(self) -> None:
        self.took: list[bytes] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self.left = asyncio.Event()
        self.breaks = False

    async def send(self, message):
        if self.breaks:
            raise OSError("reset")
        await self.takes.wait()
        self.took.append(message["body"])

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}


def said(number):
    return {"type": "http.response.body", "body": b"%d" % number, "more_body": True}


@pytest.fixture
async def client():
    return Client()


async def attended(client, act):
    """The line's own task, and the line once `act` was done to it."""
    lines = []

    async def attend():
        lines.append(Line(client.send))
        await lines[0].until_gone(client.receive)

    task = asyncio.create_task(attend())
    await asyncio.sleep(0)
    await act(lines[0])
    return task, lines[0]


async def nothing(line):
    return None


async def test_what_is_written_is_taken_at_once(client):
    async def write(line):
        for number in range(3):
            line.write(said(number))
            assert not line.is_full

    task, _ = await attended(client, write)
    assert client.took == [b"0", b"1", b"2"]
    client.left.set()
    await task


async def test_a_client_that_stops_reading_fills_its_line_and_is_told_when_there_is_room(client):
    room = asyncio.Event()

    async def fill(line):
        line.has_room = room.set
        client.takes.clear()
        line.write(said(1))

    task, line = await attended(client, fill)
    assert line.is_full
    client.takes.set()
    await room.wait()
    assert not line.is_full
    assert client.took == [b"1"]
    client.left.set()
    await task


async def test_an_ended_line_lets_its_task_go_once_the_last_word_is_taken(client):
    async def end(line):
        client.takes.clear()
        line.write(said(1))
        line.end()

    task, _ = await attended(client, end)
    await asyncio.sleep(0)
    assert not task.done()
    client.takes.set()
    await task
    assert not task.cancelled()
    assert client.took == [b"1"]


async def test_a_last_word_that_is_never_taken_is_not_waited_for_long(client, monkeypatch):
    monkeypatch.setattr("estampe.http.wire.line.LAST_WORD_SECONDS", 0.05)

    async def end(line):
        client.takes.clear()
        line.write(said(1))
        line.end()

    task, line = await attended(client, end)
    await task
    line.close()
    assert client.took == []


async def test_who_cancels_the_task_cancels_it(client):
    task, _ = await attended(client, nothing)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_line_that_was_ended_before_anyone_waited_is_over(client):
    line = Line(client.send)
    line.end()
    await line.until_gone(client.receive)
    assert asyncio.current_task().cancelling() == 0


async def test_a_client_that_hung_up_is_no_error(client):
    async def write(line):
        client.breaks = True
        line.write(said(1))
        assert not line.is_full

    task, _ = await attended(client, write)
    client.left.set()
    await task
