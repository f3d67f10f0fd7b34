"""The process that owns the engines: it runs one batch at a time, speaks in messages, and may die alone."""

import gc
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import msgspec

from estampe import plugins
from estampe.domain import Model
from estampe.engines import Engine
from estampe.media import Kind, kinds
from estampe.traces import trace
from estampe.worker import messages
from estampe.worker.messages import Command, Report, Run, Stop
from estampe.worker.workshop import Send, Workshop

# How long the engine waits for the interpreter while files are written beside it.
SWITCH_SECONDS = 0.0005


def _die() -> None:
    """With what the engines forked, where this process leads a group, as the worker starts it."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


class Commands:
    """What the worker asks, read by a thread so that `Stop` is heard in the middle of a run."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._runs: queue.Queue[Run] = queue.Queue()
        self._wanted: set[str] = set()  # of the latest run: the worker asks for one at a time
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while (body := messages.next_body(self._stream)) is not None:
            command: Command = messages.read_command(body)
            if isinstance(command, Stop):
                self._wanted.discard(command.job)
            else:
                self._wanted = {member.job for member in command.members}
                self._runs.put(command)
        _die()  # the worker is gone: nobody is left to tell

    def __iter__(self) -> Iterator[Run]:
        while True:
            yield self._runs.get()

    def stops(self, job: str) -> bool:
        return job not in self._wanted


def _reporter() -> Send:
    # Libraries print: reports get a descriptor of their own, and what is printed goes to the log.
    reports = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    lock = threading.Lock()

    def send(report: Report) -> None:
        framed = messages.report_frame(report)
        with lock:
            reports.write(framed)
            reports.flush()

    return send


def _load(names: list[str], wanted: frozenset[str], made: Mapping[str, Kind]) -> tuple[dict[str, Engine], list[Model]]:
    """The engines that make what is wanted, and nothing else: everything where nothing is named.

    Of each kind the first engine that has a default gives it. Raises `LookupError` for a model that none makes,
    or whose outputs no file could hold.
    """
    engines: dict[str, Engine] = {}
    models: list[Model] = []
    for name in names:
        engine: Engine = plugins.load("engines", name)()
        given = {model.kind for model in models if model.default}
        own = [model for model in engine.models() if not wanted or model.name in wanted]
        models += [
            msgspec.structs.replace(model, engine=name, default=model.default and model.kind not in given)
            for model in own
        ]
        if own:
            engines[name] = engine
    missing = wanted - {model.name for model in models}
    if missing:
        raise LookupError(f"no engine of {', '.join(names)} makes {', '.join(sorted(missing))}")
    for model in models:
        if model.kind not in made:
            raise LookupError(f"{model.name} is of the kind {model.kind}: there is {', '.join(made)}")
        made[model.kind].require_writable(model)
    for engine in engines.values():
        engine.setup()
    return engines, models


def _tell_no_messages() -> None:
    """What nobody caught quotes prompts as well."""
    sys.excepthook = lambda _, error, __: _write(error)
    threading.excepthook = lambda failed: _write(failed.exc_value)


def _write(error: BaseException | None) -> None:
    if error is not None:
        print(trace(error), file=sys.stderr, flush=True)  # noqa: T201 - the log of this process


def main(names: list[str], wanted: list[str]) -> None:
    """Load the engines called `names`, say what they can make, then run what comes until the worker is gone."""
    _tell_no_messages()
    send = _reporter()
    commands = Commands(sys.stdin.buffer)
    try:
        made = kinds()
        engines, models = _load(names, frozenset(wanted), made)
        for kind in made.values():
            kind.warm()
        workshop = Workshop(engines, made, send)
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker must be told why
        send(messages.Failed(f"{type(error).__name__}: {error}"))
        sys.stderr.flush()
        os._exit(1)  # the thread that reads holds standard input: the interpreter's own end would abort on it
    gc.freeze()  # the engines stay: collections need not walk them
    send(messages.Ready(models))
    sys.setswitchinterval(SWITCH_SECONDS)
    for run in commands:
        workshop.run(run, commands.stops)
        send(messages.Drawn())


if __name__ == "__main__":
    engines_and_models = sys.argv[1:]
    split = engines_and_models.index("--")
    main(engines_and_models[:split], engines_and_models[split + 1 :])
