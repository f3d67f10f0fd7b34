"""A judge of what pictures show, trained on styles that the drawer never saw, and what can be measured with it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from atelier.colours import HUES, hsv, nearest
from atelier.networks import Judge
from atelier.paint import Pose, colour_table, ground_table, grounded, on_white, placed, recoloured
from atelier.pool import Pool

Seen = NDArray[np.float32]
_BATCH = 64
_ON_GROUNDS = 0.3
_RECOLOURED = 0.6


class Prototypes(NamedTuple):
    """What each concept looks like to the judge: (concepts, seen), of pictures in the styles that are drawn."""

    codes: list[str]
    seen: Seen


def train_judge(pool: Pool, path: Path, steps: int, *, seed: int = 0, say: Callable[[str], None] = print) -> Judge:
    """Once: a judge that lies at `path` and knows these concepts is taken as it is."""
    side = pool.stills.shape[-1]
    torch.manual_seed(seed)
    device = pool.stills.device
    judge = Judge(side, len(pool.codes)).to(device, memory_format=torch.channels_last)
    kept = torch.load(path, weights_only=True) if path.exists() else {}
    if kept.get("codes") == pool.codes and kept["steps"] == steps:
        judge.load_state_dict(kept["judge"])
        return judge.eval()
    optimiser = torch.optim.AdamW(judge.parameters(), lr=2e-3, weight_decay=0.05)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 50) * (1 - 0.98 * step / steps)
        pictures, concept = _shown_to_judge(pool, np.random.default_rng((seed, 7, step)))
        with torch.autocast(device.type, torch.bfloat16):
            likeness = judge(pictures.contiguous(memory_format=torch.channels_last))
        loss = functional.cross_entropy(likeness.float(), concept, label_smoothing=0.1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 100 == 99:
            say(f"judge step {step + 1} of {steps}  loss {loss.item():.3f}")
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"judge": judge.state_dict(), "codes": pool.codes, "steps": steps}, path)
    return judge.eval()


def _shown_to_judge(pool: Pool, dice: np.random.Generator) -> tuple[Tensor, Tensor]:
    """In any colour, about anywhere, on white or another ground: none of that shall matter to it."""
    device = pool.stills.device
    rows = pool.some(dice, _BATCH)
    pictures = pool.stills[torch.from_numpy(rows).to(device)].float() / 255
    colours, grounds = colour_table(device), ground_table(device)
    turned = np.flatnonzero((pool.hue[rows] >= 0) & (dice.random(_BATCH) < _RECOLOURED))
    at = torch.from_numpy(turned).to(device)
    wanted = colours[torch.from_numpy(dice.integers(0, len(colours), len(turned))).to(device)]
    hues = torch.from_numpy(pool.hue[rows][turned]).to(device)
    pictures = pictures.index_copy(0, at, recoloured(pictures[at], hues, wanted))
    spots = torch.from_numpy(dice.normal(0, 1, (5, _BATCH)).astype(np.float32)).to(device)
    size = 0.9 + 0.1 * spots[2]
    pose = Pose(
        0.05 * spots[0],
        0.05 * spots[1],
        0.15 * spots[3],
        size.clamp(0.7, 1.2),
        (size + 0.05 * spots[4]).clamp(0.7, 1.2),
    )
    pictures = placed(pictures, pose)
    if dice.random() < 0.5:
        pictures = pictures.flip(3)
    ground = np.where(dice.random(_BATCH) < _ON_GROUNDS, dice.integers(0, len(grounds), _BATCH), 0)
    shown = grounded(pictures, grounds[torch.from_numpy(ground).to(device)])[:, :3]
    return shown * 2 - 1, torch.from_numpy(pool.concept[rows]).to(device)


@torch.no_grad()
def seen_by(judge: Judge, pictures: Tensor) -> Seen:
    """(n, seen) of pictures on white (n, 3, side, side) in 0..1."""
    device = judge.concepts.device
    parts = [judge.see(pictures[at : at + 256].to(device) * 2 - 1).cpu() for at in range(0, len(pictures), 256)]
    return torch.cat(parts).numpy()


def seen_of_pool(judge: Judge, pool: Pool) -> Seen:
    parts = [
        seen_by(judge, on_white(pool.stills[at : at + 256].float() / 255)) for at in range(0, len(pool.stills), 256)
    ]
    return np.concatenate(parts)


def prototypes(pool: Pool, seen: Seen) -> Prototypes:
    return Prototypes(pool.codes, _means(seen, pool.concept, len(pool.codes)))


def _means(seen: Seen, concept: NDArray[np.int64], count: int) -> Seen:
    total = np.zeros((count, seen.shape[1]), np.float32)
    np.add.at(total, concept, seen)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-6)


def nearest_concepts(seen: Seen, known: Prototypes, most: int = 5) -> list[list[str]]:
    """The concepts each picture is most like, the likest first."""
    order = np.argsort(-seen @ known.seen.T, axis=1)[:, :most]
    return [[known.codes[place] for place in row] for row in order]


def real_accuracy(pool: Pool, seen: Seen) -> float:
    """How often real pictures are known by the other styles' pictures: about the most that drawn ones can reach."""
    right = total = 0
    for style in np.unique(pool.style):
        here = pool.style == style
        others = _means(seen[~here], pool.concept[~here], len(pool.codes))
        known = np.isin(pool.concept, np.unique(pool.concept[~here])) & here
        right += int(((seen[known] @ others.T).argmax(1) == pool.concept[known]).sum())
        total += int(known.sum())
    return right / max(total, 1)


def distance(one: Seen, other: Seen) -> float:
    """Fréchet's, between two crowds that are seen as normal distributions; as FID, with this judge."""
    means = one.mean(0) - other.mean(0)
    spreads = [np.cov(crowd.astype(np.float64), rowvar=False) for crowd in (one, other)]
    common = np.linalg.eigvals(spreads[0] @ spreads[1])
    shared = np.sqrt(np.maximum(common.real, 0)).sum()
    return float(means @ means + np.trace(spreads[0]) + np.trace(spreads[1]) - 2 * shared)


def seen_colour(picture: NDArray[np.uint8]) -> str | None:
    """The name of the hue that most of a premultiplied RGBA picture has; None where it is all gray."""
    layers = picture.astype(np.float32) / 255
    alpha = layers[..., 3]
    hue, saturation, value = hsv(layers[..., :3] / np.maximum(alpha, 1e-3)[..., None])
    weight = np.where((alpha > 0.5) & (saturation > 0.25) & (value > 0.2), saturation, 0)
    if weight.sum() < 0.05 * (alpha > 0.5).sum() or not weight.sum():
        return None
    totals = dict.fromkeys(HUES, 0.0)
    for degrees, much in zip(hue[weight > 0].tolist(), weight[weight > 0].tolist(), strict=True):
        totals[nearest(degrees)] += much
    return max(totals, key=lambda name: totals[name])


def share(right: Sequence[bool]) -> float:
    return sum(right) / max(len(right), 1)
