"""A place to run in: one child, the model it ran last, and the batch it runs now."""

import asyncio
from collections.abc import Sequence

from estampe.domain import Job
from estampe.worker.batch import Batch
from estampe.worker.bench import Bench
from estampe.worker.process import Child


class Slot:
    """Runs one batch at a time; the child stays, models loaded, between them."""

    def __init__(self, bench: Bench, child: Child) -> None:
        self.child = child
        self.held: str | None = None
        self.is_free = True
        self._bench = bench
        self._batch: Batch | None = None

    @property
    def jobs(self) -> list[Job]:
        """What runs here."""
        return self._batch.jobs if self._batch else []

    async def run(self, jobs: Sequence[Job]) -> None:
        self._batch = Batch(self._bench, self.child, jobs)
        self.held = self._batch.model
        try:
            await self._batch.run()
        finally:
            self._batch = None

    async def hand_back(self) -> None:
        """What runs here waits again."""
        if self._batch is not None:
            await self._batch.hand_back()


async def load(slots: Sequence[Slot]) -> None:
    """Start the children, one after the other: each may need all of the machine for it. Raises `EngineError`."""
    for slot in slots:
        await slot.child.start()


async def end(slots: Sequence[Slot]) -> None:
    await asyncio.gather(*(slot.child.kill() for slot in slots))
