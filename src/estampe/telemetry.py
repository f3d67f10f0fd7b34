"""What a process says about itself: one verb for its numbers, and its log. Never a prompt, a token or a key."""

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
# Libraries that tell every step; their warnings are enough.
CHATTY = ("procrastinate", "httpx", "httpcore", "PIL", "psycopg.pool", "granian")
# Where it is set, the processes of one API count into one folder; prometheus-client gave it its name.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FAST_TO_SLOW = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)


class _Meter(NamedTuple):
    kind: type[Counter] | type[Gauge] | type[Histogram]
    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    options: dict[str, Any] = {}  # noqa: RUF012 - a tuple's default, never written


METERS = {
    "auth": _Meter(
        Counter,
        "estampe_auth",
        "Credentials accepted, and refused by the code of the refusal",
        ("reason", "issuer", "route"),
    ),
    "requests": _Meter(Counter, "estampe_requests", "Requests answered", ("method", "route", "status")),
    "request_seconds": _Meter(
        Histogram,
        "estampe_request_seconds",
        "Seconds until the answer began",
        ("method", "route"),
        {"buckets": FAST_TO_SLOW},
    ),
    "token_cache": _Meter(
        Counter, "estampe_token_cache", "Tokens found among those verified a moment ago, or not", ("result",)
    ),
    "slowed": _Meter(Counter, "estampe_refusals_slowed", "Refusals answered 429: too many from one source"),
    "unkept_events": _Meter(
        Counter, "estampe_auth_events_merged", "Refusals of a minute too full, kept without their source"
    ),
    "webhooks": _Meter(Counter, "estampe_webhooks", "Clerk's webhooks, by what became of them", ("outcome",)),
    "webhooks_sent": _Meter(
        Counter, "estampe_webhooks_sent", "Tries at telling a job's end, by what became of them", ("outcome",)
    ),
    "watchers": _Meter(Gauge, "estampe_watchers", "Open streams and waits", options={"multiprocess_mode": "livesum"}),
}


@cache
def _meters() -> tuple[CollectorRegistry, dict[str, Any]]:
    """Made by the process that counts: whether it counts alone was not known yet where it was forked."""
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    return registry, {
        name: meter.kind(meter.name, meter.meaning, meter.labels, registry=registry, **meter.options)
        for name, meter in METERS.items()
    }


# Looking a labelled number up costs more than counting it.
_numbers: dict[tuple[str, ...], Callable[[float], None]] = {}
# And counting it there costs more than counting it here until somebody reads: what a process shares, it shares at once.
_unread: dict[tuple[str, ...], float] = {}

Sampled = tuple[str, str, str, Mapping[str, float]]


def configure(level: str) -> None:
    logging.basicConfig(level=level.upper(), format=FORMAT, datefmt="%H:%M:%S")
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def note(what: str, *labels: str, value: float = 1) -> None:
    """Count, time or weigh `what`: one of the metrics above, its labels in their order.

    Every label is from a closed set: a route's template, an error's code, an issuer we know. What a client
    chooses would let it fill the memory.
    """
    key = (what, *labels)
    if key in _unread:
        _unread[key] += value
        return
    count = _numbers.get(key)
    if count is None:
        metric = _meters()[1][what]
        number = metric.labels(*labels) if labels else metric
        count = _numbers[key] = number.observe if isinstance(number, Histogram) else number.inc
        if isinstance(number, Counter) and SHARED_FOLDER not in os.environ:
            _unread[key] = 0.0
    count(value)


def exposition(sampled: Iterable[Sampled] = ()) -> bytes:
    """Everything noted, as Prometheus reads it; `sampled` are gauges known elsewhere: name, meaning, label, values.

    The value of a gauge without a label stands under "".

    Of several processes of one API any gives the sum of all, those that ended included.
    """
    for key, value in _unread.items():
        _numbers[key](value)
        _unread[key] = 0.0
    folder = os.environ.get(SHARED_FOLDER)
    shown = _meters()[0]
    if folder:
        _forget_the_dead(Path(folder))
        shown = CollectorRegistry()
        MultiProcessCollector(shown, folder)  # type: ignore[no-untyped-call]
    looked_up = CollectorRegistry()
    for sample in sampled:
        gauge = _Sample(*sample)
        looked_up.register(gauge)
    return generate_latest(shown) + generate_latest(looked_up)


class _Sample:
    """A gauge whose values were read a moment ago."""

    def __init__(self, name: str, meaning: str, label: str, counts: Mapping[str, float]) -> None:
        self._told = (name, meaning, label, counts)

    def collect(self) -> Iterable[Any]:
        name, meaning, label, counts = self._told
        family = GaugeMetricFamily(name, meaning, labels=[label] if label else [])
        for key, value in counts.items():
            family.add_metric([key] if label else [], value)
        return [family]


def _forget_the_dead(folder: Path) -> None:
    """A process killed outright never took back its share of what is open now."""
    for file in folder.glob("gauge_live*.db"):
        number = file.stem.rpartition("_")[2]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            mark_process_dead(int(number), str(folder))  # type: ignore[no-untyped-call]
