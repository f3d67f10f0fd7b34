"""How far running jobs are, kept where another worker finds it."""

from estampe.db import Database
from estampe.domain import Job, JobId


class Checkpoints:
    """The newest of each job, until it ends."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def put(self, job: Job, data: bytes) -> None:
        """Nothing is kept of an attempt that is not the job's any more."""
        async with self._db.system() as scope:
            await scope.run("put_checkpoint", job_id=job.id, attempt=job.attempt, data=data)

    async def find(self, wanted: JobId) -> bytes | None:
        async with self._db.system() as scope:
            row = await scope.one("find_checkpoint", job_id=wanted)
        return bytes(row["data"]) if row else None
