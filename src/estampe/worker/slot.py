"""A place to run in: one child, the model it ran last, and the batches in it: one drawn, others before and after."""

import asyncio
from collections.abc import Sequence

from estampe.domain import Job
from estampe.worker.batch import Batch
from estampe.worker.bench import Bench
from estampe.worker.process import Child

# The files of one are kept while the next is drawn, and the one after it is claimed.
BATCHES = 3


class Slot:
    """One batch has the engine at a time; the child stays, models loaded, between them."""

    def __init__(self, bench: Bench, child: Child) -> None:
        self.child = child
        self.held: str | None = None
        self.is_claiming = False
        self._bench = bench
        self._batches: list[Batch] = []
        # Where a loss ends a job, nobody's loss may be another's.
        self._most = 1 if bench.max_attempts == 1 else BATCHES
        self._is_late = False
        self._turned = asyncio.Event()

    @property
    def jobs(self) -> list[Job]:
        """What runs here."""
        return [job for batch in self._batches for job in batch.jobs]

    @property
    def is_idle(self) -> bool:
        return not (self._batches or self.is_claiming)

    @property
    def is_free(self) -> bool:
        """Whether it can take another batch: it does nothing, or will soon have drawn all it has."""
        if self.child.broken or self.is_claiming or len(self._batches) >= self._most:
            return False
        if not self._batches:
            return True
        is_to_be_alone = self._is_late or any(batch.is_suspect or batch.was_late for batch in self._batches)
        return not is_to_be_alone and self._batches[-1].is_nearly_drawn

    async def freed(self) -> None:
        """Wait until it can take another batch."""
        while not self.is_free:
            self._turned.clear()
            await self._turned.wait()

    def look(self) -> None:
        """Something moved."""
        self._turned.set()

    async def run(self, jobs: Sequence[Job]) -> None:
        batch = Batch(self._bench, self.child, jobs, earlier=tuple(self._batches), turned=self.look)
        self._batches.append(batch)
        self.held = batch.model
        try:
            await batch.run()
        finally:
            self._batches.remove(batch)
            self._is_late = bool(self._batches) and (self._is_late or batch.was_late)
            self.look()

    async def hand_back(self) -> None:
        """What runs here waits again."""
        await asyncio.gather(*(batch.hand_back() for batch in self._batches))
        await self.child.kill()


async def load(slots: Sequence[Slot]) -> None:
    """Start the children, one after the other: each may need all of the machine for it. Raises `EngineError`."""
    for slot in slots:
        await slot.child.start()


async def end(slots: Sequence[Slot]) -> None:
    await asyncio.gather(*(slot.child.kill() for slot in slots))
