import asyncio

import pytest
from tests.unit.http.tiny import Line, one, scope

from estampe.http.table import Reply, Stream
from estampe.http.wire.endpoint import StreamBroken


class Source:
    """Chunks that remember whether they were let go."""

    def __init__(self, chunks=(b"one", b"two"), *, then=None):
        self.closed = asyncio.Event()
        self.given = 0
        self._chunks, self._then = chunks, then

    async def __aiter__(self):
        try:
            for chunk in self._chunks:
                self.given += 1
                yield chunk
            if isinstance(self._then, Exception):
                raise self._then
            if self._then == "wait":
                await asyncio.Event().wait()
        finally:
            self.closed.set()

    def stream(self, **more):
        async def handler(call):
            return Stream(aiter(self), **more)

        return one(handler)


async def test_each_chunk_is_sent_as_it_comes_and_the_last_ends_the_answer():
    line, source = Line(), Source()
    await source.stream(media_type="text/event-stream")(scope(), line.receive, line.send)
    assert [(sent["body"], sent.get("more_body", False)) for sent in line.sent[1:]] == [
        (b"one", True),
        (b"two", True),
        (b"", False),
    ]
    assert (b"content-type", b"text/event-stream") in line.sent[0]["headers"]
    assert source.closed.is_set()


async def test_a_first_chunk_does_not_wait_for_the_second():
    line, source = Line(), Source([b"one"], then="wait")
    task = asyncio.create_task(source.stream()(scope(), line.receive, line.send))
    await asyncio.sleep(0.02)
    assert line.body == b"one"
    line.left.set()
    await task


async def test_a_client_that_leaves_ends_a_stream_that_waits_for_news():
    line, source = Line(), Source(then="wait")
    task = asyncio.create_task(source.stream()(scope(), line.receive, line.send))
    await asyncio.sleep(0.02)
    assert not source.closed.is_set()
    line.left.set()
    await asyncio.wait_for(task, 30)
    assert source.closed.is_set()
    assert line.sent[-1].get("more_body") is True


async def test_a_client_that_leaves_ends_a_stream_that_never_waits():
    def forever():
        while True:
            yield b"x"

    line, source = Line(), Source(forever())
    line.left.set()
    await asyncio.wait_for(source.stream()(scope(), line.receive, line.send), 30)
    assert source.closed.is_set()
    assert source.given < 100


async def test_a_line_that_breaks_while_sending_is_no_error(caplog):
    class Cut(Line):
        async def send(self, message):
            await super().send(message)
            if len(self.sent) == 2:
                raise OSError("cut")

    line, source = Cut(), Source()
    await source.stream()(scope(), line.receive, line.send)
    assert source.closed.is_set()
    assert source.given == 1

    async def plain(call):
        return Reply(body=1)

    line = Cut()
    await one(plain)(scope(), line.receive, line.send)
    assert not caplog.records


@pytest.mark.parametrize("error", [RuntimeError("by bob"), OSError("disk"), TimeoutError("late")])
async def test_a_source_that_breaks_cuts_the_line_so_that_the_client_can_tell(error, caplog):
    line, source = Line(), Source(then=error)
    with pytest.raises(StreamBroken):
        await source.stream()(scope(), line.receive, line.send)
    assert line.sent[-1].get("more_body") is True
    assert source.closed.is_set()
    assert len(caplog.records) == 1
    assert str(error) not in caplog.text


async def test_a_known_length_is_said_and_head_sends_none_of_it():
    line, source = Line(), Source([b"12345"])
    await source.stream(length=5, status=206, headers={"Content-Range": "bytes 0-4/9"})(
        scope("HEAD"), line.receive, line.send
    )
    headers = dict(line.sent[0]["headers"])
    assert (line.status, line.body) == (206, b"")
    assert (headers[b"content-length"], headers[b"content-range"]) == (b"5", b"bytes 0-4/9")
    assert source.given == 0


async def test_a_stream_whose_answer_cannot_be_begun_is_let_go_too():
    class Closing:
        closed = False

        def __aiter__(self):
            return self

        async def aclose(self):
            self.closed = True

    source = Closing()

    async def handler(call):
        return Stream(source, headers={"X": "a\nb"})

    line = Line()
    await one(handler)(scope(), line.receive, line.send)
    assert (line.status, source.closed) == (500, True)


async def test_a_source_that_is_no_generator_needs_no_aclose():
    class Plain:
        def __init__(self):
            self.left = [b"a", b"b"]

        def __aiter__(self):
            return self

        async def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop(0)

    async def handler(call):
        return Stream(Plain())

    line = Line()
    await one(handler)(scope(), line.receive, line.send)
    assert line.body == b"ab"


async def test_a_server_that_stops_a_stream_stops_its_source():
    line, source = Line(), Source(then="wait")
    task = asyncio.create_task(source.stream()(scope(), line.receive, line.send))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.closed.is_set()


@pytest.mark.parametrize(
    ("reply", "status", "length", "body"),
    [
        (Reply(204), 204, None, b""),
        (Reply(304, b"ignored"), 304, None, b""),
        (Reply(), 200, b"0", b""),
        (Reply(body=b"raw", media_type="text/plain"), 200, b"3", b"raw"),
        (Reply(201, [1]), 201, b"3", b"[1]"),
        (Reply(body="é"), 200, b"4", '"é"'.encode()),
    ],
)
async def test_a_reply_carries_what_its_status_may(reply, status, length, body):
    async def handler(call):
        return reply

    line = Line()
    await one(handler)(scope(), line.receive, line.send)
    assert (line.status, line.body) == (status, body)
    assert dict(line.sent[0]["headers"]).get(b"content-length") == length
