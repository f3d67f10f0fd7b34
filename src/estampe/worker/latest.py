"""What a run last told: only the newest of each is kept until it is written."""

import time
from typing import Any

import msgspec

from estampe.domain import Progress
from estampe.worker import messages


class Latest:
    """What the attempt last told; only the newest of each is kept until it is written."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.preview: bytes | None = None
        self.notes: dict[str, list[str]] | None = None
        self._started = time.monotonic()

    def hear(self, report: messages.Report) -> None:
        match report:
            case messages.Advanced(progress):
                self.progress = self._timed(progress)
            case messages.Seen(preview):
                self.preview = preview
            case messages.Noted(values):
                self.notes = values

    def take(self) -> dict[str, Any]:
        told = {"progress": self.progress, "preview": self.preview, "notes": self.notes}
        self.progress = self.preview = self.notes = None
        return {name: value for name, value in told.items() if value is not None}

    def _timed(self, progress: Progress) -> Progress:
        if progress.eta_s is not None or progress.fraction <= 0:
            return progress
        spent = time.monotonic() - self._started
        eta = round(spent * (1 - progress.fraction) / progress.fraction, 1)
        return msgspec.structs.replace(progress, eta_s=eta)
