"""Averaged weights as small files that travel: 16 bits a number, none larger than 15 MiB."""

import shutil
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

LARGEST = 15 * 2**20


def write_weights(folder: Path, name: str, weights: dict[str, Tensor]) -> list[Path]:
    """Whole parts: a reader never finds half of one."""
    parts: list[dict[str, np.ndarray]] = [{}]
    size = 0
    for key, value in weights.items():
        number = value.detach().cpu()
        array = (number.half() if number.is_floating_point() and number.numel() > 1 else number).numpy()
        if size + array.nbytes > LARGEST and parts[-1]:
            parts.append({})
            size = 0
        parts[-1][key] = array
        size += array.nbytes
    paths = []
    for number, part in enumerate(parts):
        path = folder / f"{name}-{number}.npz"
        half = path.with_suffix(".half.npz")
        np.savez(half, **part)  # type: ignore[arg-type]
        half.rename(path)
        paths.append(path)
    return paths


def read_weights(folder: Path, name: str) -> dict[str, Tensor]:
    """Nothing where there is none."""
    weights: dict[str, Tensor] = {}
    for path in sorted(folder.glob(f"{name}-[0-9].npz")):
        with np.load(path) as part:
            for key in part:
                value = torch.from_numpy(part[key])
                weights[key] = value.float() if value.is_floating_point() else value
    return weights


def copy_weights(folder: Path, out: Path) -> None:
    """The averages and what they are numbered by: enough to export, or to go on from, elsewhere."""
    out.mkdir(parents=True, exist_ok=True)
    for path in (*folder.glob("coder-[0-9].npz"), *folder.glob("drawer-[0-9].npz"), folder / "vocabulary.json"):
        shutil.copy(path, out / path.name)
