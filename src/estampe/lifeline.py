"""A process of ours ends when the one that started it does, even by kill -9: nothing is left behind on a port."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable

GRACE_SECONDS = 8.0


def follow_pipe(descriptor: int) -> None:
    """End soon after the other end of the pipe is gone."""
    _follow(lambda: _until_closed(descriptor))


def follow_parent() -> None:
    """End soon after the process that spawned this one through `multiprocessing`; otherwise do nothing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        _follow(parent.join)


def _follow(wait: Callable[[], None]) -> None:
    def watch() -> None:
        wait()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def _until_closed(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
