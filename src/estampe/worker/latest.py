"""What a run last told: only the newest of each is kept until it is written."""

import time
from typing import Any

import msgspec

from estampe.domain import Progress
from estampe.worker import messages


class Latest:
    """What the attempt last told, by the name it is written under."""

    def __init__(self) -> None:
        self._told: dict[str, Any] = {}
        self._since: tuple[float, float] | None = None

    def hear(self, news: messages.News) -> None:
        match news:
            case messages.Advanced(progress=progress):
                self._told["progress"] = self._timed(progress)
            case messages.Seen(preview=preview):
                self._told["preview"] = preview
            case messages.Noted(values=values):
                self._told["notes"] = values
            case messages.Saved(data=data):
                self._told["checkpoint"] = data

    def take(self) -> dict[str, Any]:
        told, self._told = self._told, {}
        return told

    def put_back(self, **told: Any) -> None:
        """What was taken and could not be written; what came meanwhile is newer."""
        self._told = {name: value for name, value in told.items() if value is not None} | self._told

    def _timed(self, progress: Progress) -> Progress:
        """From the pace since the first news: a run may begin at a checkpoint, or wait for others of its batch."""
        now = time.monotonic()
        if self._since is None:
            self._since = (now, progress.fraction)
        began, from_ = self._since
        advanced = progress.fraction - from_
        if progress.eta_s is not None or advanced <= 0:
            return progress
        return msgspec.structs.replace(progress, eta_s=round((now - began) * (1 - progress.fraction) / advanced, 1))
