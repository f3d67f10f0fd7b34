"""The process that owns the engine: it runs one job at a time, speaks in messages, and may die alone."""

import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from estampe import plugins
from estampe.domain import Failure, Model, Progress
from estampe.engines import Engine, Event, Notes, Output, Preview
from estampe.errors import EngineError, EstampeError
from estampe.media import Kind, Label, still
from estampe.worker import messages
from estampe.worker.messages import Command, Report, Run, Stop

PREVIEW_PIXELS = 192

Send = Callable[[Report], None]


class Commands:
    """What the worker asks, read by a thread so that `Stop` is heard in the middle of a run."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._runs: queue.Queue[Run] = queue.Queue()
        self._stopped: set[str] = set()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while (body := messages.next_body(self._stream)) is not None:
            command: Command = messages.read_command(body)
            if isinstance(command, Stop):
                self._stopped.add(command.job)
            else:
                self._runs.put(command)
        os._exit(0)  # the worker is gone: nobody is left to tell

    def __iter__(self) -> Iterator[Run]:
        while True:
            run = self._runs.get()
            yield run
            self._stopped.discard(run.job)

    def stops(self, job: str) -> bool:
        return job in self._stopped


class Studio:
    """Runs jobs on the loaded engines and turns what they yield into files and reports."""

    def __init__(self, engines: dict[str, Engine], kinds: dict[str, Kind], send: Send) -> None:
        self._engines, self._kinds, self._send = engines, kinds, send

    def run(self, run: Run, commands: Commands) -> None:
        """Run to the end, whatever it is; the last report says which."""
        started = time.perf_counter()
        events = self._engines[run.engine].run(run.model, {**run.parameters, **_paths(run.inputs)})
        try:
            for event in events:
                if commands.stops(run.job):
                    self._send(messages.Stopped(time.perf_counter() - started))
                    return
                self._report(run, event)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything, and the child must live
            self._send(_refusal(error, time.perf_counter() - started))
        else:
            self._send(messages.Done(time.perf_counter() - started))
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()

    def _report(self, run: Run, event: Event) -> None:
        match event:
            case Progress():
                self._send(messages.Advanced(event))
            case Preview():
                self._send(messages.Seen(still(event.frames[0], PREVIEW_PIXELS)))
            case Notes():
                self._send(messages.Noted(event.values))
            case Output():
                self._send(self._made(run, event))

    def _made(self, run: Run, output: Output) -> Report:
        parameters = run.parameters
        label = Label(
            job_id=run.job,
            model=run.model,
            prompt=parameters["prompt"],
            seed=output.seed,
            parameters=parameters,
        )
        wants_label = parameters.get("embed_metadata", True)
        path = Path(run.scratch) / f"{output.position}.{parameters['output_format']}"
        facts = self._kinds[run.kind].encode(output.frames, parameters, label if wants_label else None, path)
        return messages.Made(position=output.position, path=str(path), seed=output.seed, facts=facts)


def _paths(inputs: dict[str, str]) -> dict[str, Path]:
    return {name: Path(path) for name, path in inputs.items()}


def _refusal(error: Exception, seconds: float) -> Report:
    if not isinstance(error, EstampeError):
        traceback.print_exception(error)
        error = EngineError(retryable=True)
    retryable = isinstance(error, EngineError) and error.retryable
    en, fr = error.detail or error.title
    failure = Failure(code=error.code, message=en, message_fr=fr, retryable=retryable)
    return messages.Refused(failure=failure, seconds=seconds)


def _load(names: list[str]) -> dict[str, Engine]:
    engines: dict[str, Engine] = {}
    for name in names:
        engines[name] = plugins.load("engines", name)()
        engines[name].setup()
    return engines


def _reporter() -> Send:
    # Libraries print: reports get a descriptor of their own, and what is printed goes to the log.
    reports = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    lock = threading.Lock()

    def send(report: Report) -> None:
        with lock:
            reports.write(messages.frame(report))
            reports.flush()

    return send


def _offered(engines: dict[str, Engine]) -> Iterator[Model]:
    """Every model; of each kind the first engine that has a default gives it."""
    given: set[str] = set()
    for name, engine in engines.items():
        models = engine.models()
        for model in models:
            default = model.default and model.kind not in given
            yield msgspec.structs.replace(model, engine=name, default=default)
        given |= {model.kind for model in models if model.default}


def main(names: list[str]) -> None:
    """Load the engines called `names`, say what they can make, then run what comes until the worker is gone."""
    send = _reporter()
    commands = Commands(sys.stdin.buffer)
    try:
        engines = _load(names)
        models = [
            msgspec.structs.replace(model, engine=name) for name, engine in engines.items() for model in engine.models()
        ]
        kinds: dict[str, Kind] = {kind: plugins.load("media", kind)() for kind in plugins.names("media")}
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker must be told why
        send(messages.Failed(f"{type(error).__name__}: {error}"))
        return
    send(messages.Ready(models))
    studio = Studio(engines, kinds, send)
    for run in commands:
        studio.run(run, commands)


if __name__ == "__main__":
    main(sys.argv[1:])
