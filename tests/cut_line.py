"""A line between a client and the service that a test can cut: TCP, both ways, and nothing understood."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial


class Line:
    """Carries bytes to the port `target` and back; the first `deaf` calls carry the request and lose the answer."""

    def __init__(self, port: int) -> None:
        self.target = port
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.calls = 0
        self.deaf = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                self._open |= {client, server}
                self.calls += 1
                loses = self.calls <= self.deaf
                for source, sink in ((client, server), (server, client)):
                    lost = loses and source is server
                    carry = partial(self._carry, source, sink, lost=lost)
                    threading.Thread(target=carry, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, *, lost: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if lost:
                    break
                sink.sendall(piece)
        for end in (source, sink):
            _close(end)

    def cut(self) -> None:
        """Every call under way loses its line, in the middle of whatever it was."""
        for end in list(self._open):
            _close(end)
        self._open.clear()

    def close(self) -> None:
        _close(self._listener)
        self.cut()


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    line = Line(port)
    try:
        yield line
    finally:
        line.close()
