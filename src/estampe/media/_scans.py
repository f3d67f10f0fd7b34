"""How often a JPEG goes over its picture, told without decoding: each time costs all its pixels, not its bytes."""

import mmap
import re
from pathlib import Path

from estampe.errors import LimitExceeded, Text

MOST_SCANS = 64  # progressive files have ten or so
MOST_PARTS = 4096  # of 64 KiB each at most: an album's worth of notes

_BEGINNING = b"\xff\xd8\xff"
# The end, and what says how long it is: frames, tables, scans, notes. Decoders look for the next marker behind others.
_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd9-\xdd\xe0-\xef\xfe])")
_END, _SCAN = 0xD9, 0xDA


def hold_to_scans(path: Path) -> None:
    """Raises `LimitExceeded` for a JPEG of too many scans, or too many parts of any sort."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[: len(_BEGINNING)] != _BEGINNING:
            return
        at = len(_BEGINNING) - 1
        parts = scans = 0
        while (marker := _MARKER.search(content, at)) is not None and (code := marker[1][0]) != _END:
            at = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2], "big")
            parts += 1
            scans += code == _SCAN
            if scans > MOST_SCANS or parts > MOST_PARTS:
                raise LimitExceeded(
                    Text(
                        f"The JPEG has too many parts: {MOST_SCANS} scans at most, and {MOST_PARTS} segments in all.",
                        f"Le JPEG a trop de parties : {MOST_SCANS} passes au plus, et {MOST_PARTS} segments en tout.",
                    )
                )
