"""Where files are written beside the engine, so that it draws on: one after the other, in the order asked."""

import queue
import threading
from collections.abc import Callable

# Finished outputs that may wait in memory: then the engine waits too.
AT_MOST = 2

Act = Callable[[], None]


class Press:
    """A thread that does what it is handed, in order. What is handed over raises nothing."""

    def __init__(self) -> None:
        self._acts: queue.Queue[Act] = queue.Queue(AT_MOST)
        threading.Thread(target=self._work, name="press", daemon=True).start()

    @property
    def is_idle(self) -> bool:
        return not self._acts.unfinished_tasks

    def then(self, act: Act) -> None:
        """After all that was handed over before; waits while too much is."""
        self._acts.put(act)

    def finish(self) -> None:
        """Wait until all is done."""
        self._acts.join()

    def _work(self) -> None:
        while True:
            act = self._acts.get()
            try:
                act()
            finally:
                self._acts.task_done()
