"""What people are told of a job as it stands: encoded once, however many ask or follow."""

import base64
from typing import NamedTuple

import msgspec

from estampe.assets.links import Links
from estampe.domain import JobId, Progress, Status, TenantId
from estampe.http import views
from estampe.http.route import Language
from estampe.http.schemas import Snapshot
from estampe.http.wire.line import Message
from estampe.jobs.queue import Placed
from estampe.jobs.reader import Reader, Standing
from estampe.jobs.sender import Tell

# What a struct weighs beside its bytes on the wire.
STRUCT_BYTES, TIMES_ITS_BYTES = 2048, 3

_encode = msgspec.json.Encoder().encode


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What a `progress` event says."""

    job_id: str
    status: str
    queue_position: int | None
    progress: Progress | None


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a `preview` event says; `data` is base64."""

    job_id: str
    media_type: str
    data: str


class Told(NamedTuple):
    """What somebody was told last of a job."""

    version: int
    status: Status | None
    progress: Progress | None
    queue_position: int | None
    preview: bytes | None = None

    @classmethod
    def of(cls, placed: Placed, preview: bytes | None = None) -> "Told":
        job = placed.job
        return cls(job.version, job.status, job.progress, placed.queue_position, preview)


_NOTHING = Told(0, None, None, None)


class Scene:
    """A job as it stood at one moment."""

    def __init__(self, standing: Standing, links: Links) -> None:
        self._standing, self._links = standing, links
        self.placed, self.preview = standing.placed, standing.preview
        self.job = standing.placed.job
        self.version = self.job.version
        self.etag = f'"v{self.version}"'
        self.etag_field = (b"etag", self.etag.encode())
        self.told = Told.of(self.placed, self.preview)
        self._messages: dict[tuple[bool, bool, bool, Language], Message] = {}
        self._bodies: dict[Language, bytes] = {}
        self._turn = links.turn
        size = len(self.body("en"))
        self.weight_bytes = STRUCT_BYTES + TIMES_ITS_BYTES * size + len(self.preview or b"")

    def body(self, language: Language) -> bytes:
        """The snapshot, as JSON."""
        if not self._links.is_before(self._turn):
            self._bodies.clear()
            self._turn = self._links.turn
        # Only a failure is told in words.
        said: Language = language if self.job.error else "en"
        known = self._bodies.get(said)
        if known is None:
            known = self._bodies[said] = _encode(self.snapshot(said))
        return known

    def snapshot(self, language: Language) -> Snapshot:
        return views.snapshot(self.placed, self._standing.outputs, self._links, language)

    def whole(self, name: str, language: Language) -> bytes:
        """The event `name`, with the snapshot in it."""
        return event(name, self.body(language), self.version)

    def since(self, told: "Told | None", language: Language) -> Message | None:
        """What whoever was told that has to be told now, ready to be sent; None when it is nothing.

        Made once, for nearly all who follow a job were told the same.
        """
        now = self.told
        before = told or _NOTHING
        is_other = before.status != now.status
        has_moved = not is_other and (before.progress, before.queue_position) != (now.progress, now.queue_position)
        has_look = bool(now.preview) and before.preview != now.preview
        if not (is_other or has_moved or has_look):
            return None
        key = (is_other, has_moved, has_look, language)
        known = self._messages.get(key)
        if known is None:
            said = b""
            if is_other:
                said = self.whole("done" if self.job.status.ended else "status", language)
            elif has_moved:
                said = self._moved()
            said += self._looks() if has_look else b""
            known = self._messages[key] = message(said)
        return known

    def _moved(self) -> bytes:
        place, progress = self.placed.queue_position, self.job.progress
        moved = Moved(job_id=self.job.id, status=self.job.status, queue_position=place, progress=progress)
        return event("progress", _encode(moved), self.version)

    def _looks(self) -> bytes:
        data = base64.b64encode(self.preview or b"").decode()
        look = Look(job_id=self.job.id, media_type="image/webp", data=data)
        return event("preview", _encode(look), self.version)


def teller(reader: Reader[Scene]) -> Tell:
    """What webhooks say of a job: what a status says."""

    async def tell(tenant: TenantId, wanted: JobId) -> bytes | None:
        scene = await reader.now(tenant, wanted)
        return scene.body("en") if scene else None

    return tell


def message(said: bytes) -> Message:
    return {"type": "http.response.body", "body": said, "more_body": True}


def event(name: str, data: bytes, version: int | None = None) -> bytes:
    number = b"" if version is None else b"id: %d\n" % version
    return number + b"event: %s\ndata: %s\n\n" % (name.encode(), data)
