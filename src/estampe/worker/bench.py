"""What the attempts of a worker have in common: where jobs, files and prices are."""

from collections.abc import Mapping

import msgspec

from estampe.assets import Shelf
from estampe.db import Database
from estampe.domain import Job, Usage
from estampe.jobs.announced import Announced
from estampe.jobs.queue import Queue
from estampe.media import Kind
from estampe.plans import EXACT, Price, price_of
from estampe.scratch import Scratch
from estampe.worker.checkpoints import Checkpoints
from estampe.worker.stops import Stops


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt works with."""

    database: Database
    queue: Queue
    announced: Announced
    checkpoints: Checkpoints
    stops: Stops
    shelf: Shelf
    scratch: Scratch
    kinds: Mapping[str, Kind]
    max_attempts: int
    silence_seconds: float
    prices: Mapping[str, Price] = {}
    currency: str = "EUR"

    def usage(self, job: Job, seconds: float, units: float | None = None) -> Usage:
        """What made nothing costs nothing, whatever time it took: `units` is None."""
        price = price_of(self.prices, job.model)
        gpu_seconds = round(seconds, EXACT)
        units = None if units is None else round(units, EXACT)
        if price is None:
            return Usage(units=units or 0, gpu_seconds=gpu_seconds)
        cost = 0.0 if units is None else price.of(units, gpu_seconds)
        return Usage(units=units or 0, gpu_seconds=gpu_seconds, cost=cost, currency=self.currency)
