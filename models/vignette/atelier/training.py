"""Learning in two stages, the coder and then the drawer: stopped at any time, gone on with to the same bits."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d
from torch.optim import AdamW

from atelier.carried import read_weights, write_weights
from atelier.feed import Feed
from atelier.networks import Coder, Drawer
from atelier.pool import Pools
from atelier.recipe import Recipe

CODER, DRAWER = "coder", "drawer"
_WARM_UP = 100  # steps
_FULL = 0.35  # share of the steps at full rate, before it falls
_LAST = 0.02  # of the rate, at the end
_STILL_LEARNING = 0.1  # share of prompts left out, so that the drawer learns what no words look like
_SHIFTED = 16  # what the coder sees is moved by up to this part of a side
_NOISE = 0.25  # most noise on latents that the coder learns to see through
_MEASURED = 2048  # pictures whose latents say mean and spread
_SMOOTH = 0.98


class Learner:
    """One network, its average over time, and its optimiser; everything that the next step depends on."""

    def __init__(self, network: nn.Module, rates: list[tuple[list[nn.Parameter], float]]) -> None:
        self.network = network
        groups = [{"params": part, "lr": rate, "full": rate} for part, rate in rates]
        self.optimiser = AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01)
        self.average = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self.step, self.loss = 0, 0.0

    def learn(self, loss: Tensor, steps: int) -> None:
        share = max(0.0, (self.step / steps - _FULL) / (1 - _FULL))
        pace = min(1.0, (self.step + 1) / _WARM_UP) * max(_LAST, 1 - share)
        for group in self.optimiser.param_groups:
            group["lr"] = group["full"] * pace
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        kept = min(0.9995, self.step / (self.step + 30))
        with torch.no_grad():
            values = self.network.state_dict()
            torch._foreach_lerp_(list(self.average.values()), [values[name] for name in self.average], 1 - kept)
        self.loss = loss.item() if self.step == 1 else _SMOOTH * self.loss + (1 - _SMOOTH) * loss.item()

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "loss": self.loss,
        }

    def load(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.average = {name: value.to(self.average[name].device) for name, value in state["average"].items()}
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.loss = state["step"], state["loss"]


class Training:
    """A recipe on its way. `state.pt` in `folder` holds all of it, `coder-*` and `drawer-*` the averages, in halves."""

    def __init__(
        self,
        recipe: Recipe,
        pools: Pools,
        folder: Path,
        *,
        seed: int = 0,
        device: str = "cpu",
        compiled: bool = False,
    ) -> None:
        torch.manual_seed(seed)
        self.recipe, self.folder, self.seed, self.device = recipe, folder, seed, device
        self.feed, self.shown = (Feed(pool, recipe.shares, seed, device) for pool in pools)
        coder, drawer = Coder(recipe).to(device), Drawer(recipe, len(pools.seen.vocabulary)).to(device)
        words = [drawer.words.weight, drawer.nothing]
        rest = [value for value in drawer.parameters() if all(value is not word for word in words)]
        self._way = torch.compile(drawer.forward, dynamic=False) if compiled else drawer.forward
        self.coder = Learner(coder, [(list(coder.parameters()), recipe.coder_rate)])
        self.drawer = Learner(drawer, [(words, recipe.words_rate), (rest, recipe.rate)])
        self.mean = torch.zeros(1, recipe.latent_channels, 1, 1, device=device)
        self.spread = torch.ones_like(self.mean)

    def resume(self, say: Callable[[str], None] = print) -> None:
        path = self.folder / "state.pt"
        if path.exists():
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.coder.load(state[CODER])
            self.drawer.load(state[DRAWER])
            self.mean, self.spread = state["mean"], state["spread"]
            say(f"going on from step {self.coder.step} of the coder, {self.drawer.step} of the drawer")
        elif list(self.folder.glob(f"{CODER}-*.npz")):
            self._begin_from_averages()
            say(f"going on from the averages of step {self.drawer.step}, with a fresh optimiser: not the same bits")

    def _begin_from_averages(self) -> None:
        for name, learner in ((CODER, self.coder), (DRAWER, self.drawer)):
            carried = read_weights(self.folder, name)
            if carried:
                learner.step = int(carried.pop("step"))
                self.mean, self.spread = (carried.pop(key).to(self.device) for key in ("mean", "spread"))
                learner.network.load_state_dict(carried)
                learner.average = {key: value.clone() for key, value in learner.network.state_dict().items()}

    def save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        half = self.folder / "state.half"
        state = {CODER: self.coder.state(), DRAWER: self.drawer.state(), "mean": self.mean, "spread": self.spread}
        torch.save(state, half)
        half.rename(self.folder / "state.pt")
        for name, learner in ((CODER, self.coder), (DRAWER, self.drawer)):
            more = {"mean": self.mean, "spread": self.spread, "step": torch.tensor(learner.step)}
            write_weights(self.folder, name, learner.average | more)

    def run(self, *, steps: int | None = None, until: Callable[[], bool] = lambda: False) -> Iterator[Learner]:
        """One learner after each step, until both stages are through or `until` says so."""
        while self.coder.step < self.recipe.coder_steps:
            if until():
                return
            self.coder.learn(self._coder_loss(self.coder.step), self.recipe.coder_steps)
            if self.coder.step == self.recipe.coder_steps:
                self._measure()
            yield self.coder
        self._freeze()
        steps = steps or self.recipe.steps
        while self.drawer.step < steps and not until():
            self.drawer.learn(self._drawer_loss(self.drawer.step), steps)
            yield self.drawer

    def plan(self, learner: Learner, steps: int | None) -> tuple[str, int, int]:
        """The stage that `learner` is in, its batch and its last step."""
        if learner is self.coder:
            return CODER, self.recipe.coder_batch, self.recipe.coder_steps
        return DRAWER, self.recipe.batch, steps or self.recipe.steps

    def _dice(self, stage: str, step: int) -> torch.Generator:
        number = (self.seed * 2 + (stage == DRAWER)) * 1_000_003 + step
        return torch.Generator(self.device).manual_seed(number)

    def _half_precision(self) -> torch.autocast:
        return torch.autocast(self.device.split(":")[0], torch.bfloat16)

    def _coder_loss(self, step: int) -> Tensor:
        dice = self._dice(CODER, step)
        shown = self.shown.batch(step, self.recipe.coder_batch).pictures * 2 - 1
        if step % 2:
            shown = shown.flip(3)
        reach = self.recipe.shown // _SHIFTED
        east, south = torch.randint(-reach, reach + 1, (2,), generator=dice, device=self.device).tolist()
        shown = shown.roll((south, east), (2, 3)).contiguous(memory_format=torch.channels_last)
        with self._half_precision():
            latent = self.coder.network.encode(avg_pool2d(shown, self.recipe.shown // self.recipe.side))
            noise = torch.randn(latent.shape, generator=dice, device=self.device)
            much = torch.rand(len(latent), 1, 1, 1, generator=dice, device=self.device) * _NOISE
            seen = self.coder.network.decode(latent + much * noise).float()
        off = seen - shown
        edges = (off[..., 1:] - off[..., :-1]).abs().mean() + (off[..., 1:, :] - off[..., :-1, :]).abs().mean()
        return off.abs().mean() + 0.5 * off.square().mean() + 0.5 * edges

    @torch.no_grad()
    def _measure(self) -> None:
        """Latents are drawn around zero, about one wide."""
        self._freeze()
        count = self.recipe.coder_batch
        batches = [self.feed.batch(step, count).pictures for step in range(-(-min(_MEASURED, 64 * count) // count))]
        latents = torch.cat([self.coder.network.encode(pictures * 2 - 1) for pictures in batches])
        self.mean, self.spread = (
            value.view(1, -1, 1, 1) for value in (latents.mean((0, 2, 3)), latents.std((0, 2, 3)).clamp(min=1e-3))
        )

    def _freeze(self) -> None:
        """From here on the coder is its average."""
        self.coder.network.load_state_dict(self.coder.average)
        self.coder.network.eval().requires_grad_(requires_grad=False)

    @torch.no_grad()
    def _coded(self, pictures: Tensor) -> Tensor:
        with self._half_precision():
            latents = self.coder.network.encode((pictures * 2 - 1).contiguous(memory_format=torch.channels_last))
        return (latents.float() - self.mean) / self.spread

    def _drawer_loss(self, step: int) -> Tensor:
        dice, size = self._dice(DRAWER, step), self.recipe.batch
        batch = self.feed.batch(self.recipe.coder_steps + step, size)
        goal, moving = self._coded(batch.pictures), batch.phase[:, 0] > 0
        first = torch.zeros_like(goal)
        first[moving] = self._coded(batch.first[moving])
        start, blur = (torch.randn(goal.shape, generator=dice, device=self.device) for _ in range(2))
        first = first + 0.1 * blur * moving[:, None, None, None]
        time = torch.sigmoid(torch.randn(size, generator=dice, device=self.device) - 0.2)
        far = time[:, None, None, None]
        drawer = self.drawer.network
        words = drawer.condition(batch.tokens, batch.others)
        silent = torch.rand(size, 1, generator=dice, device=self.device) < _STILL_LEARNING
        with self._half_precision():
            way = self._way(
                (1 - far) * start + far * goal, time, torch.where(silent, drawer.nothing, words), first, batch.phase
            )
        return (way.float() - (goal - start)).square().mean()


def settle(device: str) -> None:
    """The same sums in the same order, as far as the device can."""
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # nothing here reads memory that nobody wrote
    if device.startswith("cuda"):
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True


@contextmanager
def stopped_by_signals() -> Iterator[Callable[[], bool]]:
    """Whether someone asked to stop; what runs then ends its step and saves."""
    asked: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: asked.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Pace(NamedTuple):
    """How long to learn, how often to save, and to which step of the drawer where not to the recipe's."""

    minutes: float
    save_minutes: float = 4.0
    steps: int | None = None


def train(training: Training, pace: Pace, say: Callable[[str], None] = print) -> None:
    """Learns as long as `pace` says, saves in between and at the end, and says how it goes every few seconds."""
    begun = saved = told = time.monotonic()
    done = 0
    with stopped_by_signals() as asked:
        until = begun + pace.minutes * 60
        for learner in training.run(steps=pace.steps, until=lambda: asked() or time.monotonic() > until):
            stage, size, plan = training.plan(learner, pace.steps)
            done += size
            now = time.monotonic()
            if now - told > 10 or learner.step == plan:
                each = done / (now - told)
                left = (plan - learner.step) * size / each / 60
                at = f"{stage} step {learner.step} of {plan}"
                say(f"{at}  {each:.0f} images/s  loss {learner.loss:.4f}  {left:.0f} min left")
                told, done = now, 0
            if now - saved > pace.save_minutes * 60:
                training.save()
                saved = now
    training.save()
