"""What can be made now: workers announce their models, and the API chooses among them without knowing engines."""

import time

import msgspec

from estampe.db import Database
from estampe.domain import Model
from estampe.errors import NoWorker, Text, UnknownModel

ALIVE_SECONDS = 10
FRESH_SECONDS = 1.0


class Announced:
    """The models of the workers seen in the last `ALIVE_SECONDS`; `all` reads them at most once a second."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._models: list[Model] = []
        self._read_at = float("-inf")

    async def all(self) -> list[Model]:
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            async with self._db.system() as scope:
                rows = await scope.all("live_models", alive_seconds=ALIVE_SECONDS)
            self._models = [msgspec.convert(row["model"], Model) for row in rows]
            self._read_at = time.monotonic()
        return self._models

    async def choose(self, kind: str, name: str | None) -> Model:
        """The model asked for, or the kind's default. Raises `NoWorker` or `UnknownModel`."""
        offered = [model for model in await self.all() if model.kind == kind]
        if not offered:
            raise NoWorker(retry_after_seconds=5)
        if name is None:
            return min(offered, key=lambda model: (not model.default, model.name))
        chosen = next((model for model in offered if model.name == name), None)
        if chosen is None:
            known = ", ".join(model.name for model in offered)
            en = f"There is no {kind} model “{name}”; there are: {known}."
            raise UnknownModel(Text(en, f"Il n'y a pas de modèle {kind} « {name} » ; il y a : {known}."))
        return chosen

    async def withdraw(self, worker: str) -> None:
        """`worker` leaves, and has handed back what it ran."""
        async with self._db.system() as scope:
            await scope.run("withdraw_worker", id=worker)

    async def forget(self) -> None:
        """Workers that died without a word long ago."""
        async with self._db.system() as scope:
            await scope.run("forget_workers")
