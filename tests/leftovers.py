"""What a run of the tests starts ends with it, even where it is killed; but for PostgreSQL, which knows no run."""

import os
import secrets
import sys

import psutil

RUN = "TESTS_RUN"
"""Names the run in the environment of all that it starts, and of what that starts in turn."""

_held: list[int] = []


def sweep_at_the_end() -> None:
    """Begin a process that outlives this one by a moment, to end what is left. Inside a run that has one: nothing."""
    if RUN in os.environ:
        return
    os.environ[RUN] = secrets.token_hex(8)
    theirs, ours = os.pipe()
    command = [sys.executable, __file__]
    # In a group of its own: an interrupt from the keyboard is not for it.
    os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, theirs, 0)], setpgroup=0)
    os.close(theirs)
    _held.append(ours)  # closed by the end of this process, whichever it is


def sweep(run: str) -> None:
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(RUN) == run:
                process.kill()
        except psutil.Error:
            continue


if __name__ == "__main__":
    sys.stdin.buffer.read()
    sweep(os.environ[RUN])
