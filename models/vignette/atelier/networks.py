"""The three networks: a coder that makes pictures small, a drawer that works on those, a judge of what is seen."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from atelier.recipe import CHANNELS, PHASES, WORD_WIDTH, Recipe

_TIMES = 64
_NORMS = 8  # groups of a group norm
_REACH = 3.0  # latents stay within, softly


class Residual(nn.Module):
    """Two convolutions that begin by adding nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(math.gcd(_NORMS, width), width)
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, shown: Tensor) -> Tensor:
        inner = self.first(functional.silu(self.norm(shown)))
        return shown + self.second(functional.silu(inner))


def _ending(width: int, out: int) -> list[nn.Module]:
    return [nn.GroupNorm(math.gcd(_NORMS, width), width), nn.SiLU(), nn.Conv2d(width, out, 3, padding=1)]


class Coder(nn.Module):
    """Pictures (n, 4, side, side) in -1..1 to latents (n, channels, side / 8, side / 8), and back to `shown` a side."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        wide, latent = recipe.coder_width, recipe.latent_channels
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(CHANNELS * 16, wide, 3, padding=1),
            Residual(wide),
            nn.Conv2d(wide, 2 * wide, 2, stride=2),
            Residual(2 * wide),
            *_ending(2 * wide, latent),
        )
        high, middle, low = 3 * wide, 3 * wide // 2, wide // 2
        self.decoder = nn.Sequential(
            nn.Conv2d(latent, high, 3, padding=1),
            Residual(high),
            Residual(high),
            nn.Conv2d(high, middle * 4, 1),
            nn.PixelShuffle(2),
            *_shaped(middle),
            nn.Conv2d(middle, low * 4, 1),
            nn.PixelShuffle(2),
            Residual(low),
            *_finer(low, recipe.shown // recipe.side),
        )

    def encode(self, pictures: Tensor) -> Tensor:
        return _REACH * torch.tanh(self.encoder(pictures) / _REACH)

    def decode(self, latents: Tensor) -> Tensor:
        shown: Tensor = self.decoder(latents)
        return shown


def _shaped(width: int) -> list[nn.Module]:
    return [Residual(width), Residual(width)]


def _finer(width: int, times: int) -> list[nn.Module]:
    """Twice as many pixels a side, then as many `times` that again as were never coded: what an edge looks like."""
    layers: list[nn.Module] = []
    while times > 1:
        narrow = width * 3 // 4
        layers += [nn.Conv2d(width, narrow * 4, 1), nn.PixelShuffle(2)]
        width, times = narrow, times // 2
    return [*layers, *_ending(width, CHANNELS * 4), nn.PixelShuffle(2)]


def _attended(asked: Tensor, known: Tensor, told: Tensor) -> Tensor:
    """In plain products where few cells meet on a CPU: what torch fuses there takes ten times as long backwards."""
    if asked.device.type != "cpu":
        return functional.scaled_dot_product_attention(asked, known, told)
    likeness = (asked * asked.shape[-1] ** -0.5) @ known.transpose(-2, -1)
    return likeness.softmax(-1).to(told.dtype) @ told


class Block(nn.Module):
    """Attention and a wide layer, both shifted and scaled by what is asked for."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width, elementwise_affine=False) for _ in range(2))
        self.ask, self.answer = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.own = nn.Parameter(torch.randn(6, width) * 0.02)
        self.told = nn.Linear(width // 4, 6 * width, bias=False)
        for layer in (self.answer, self.narrow, self.told):
            nn.init.zeros_(layer.weight)

    def forward(self, cells: Tensor, shared: Tensor, brief: Tensor) -> Tensor:
        count, places, width = cells.shape
        changes = (shared + self.own + self.told(brief).unflatten(1, (6, width))).unsqueeze(2)
        scale, shift, gate, wide_scale, wide_shift, wide_gate = changes.unbind(1)
        inner = self.norms[0](cells) * (1 + scale) + shift
        asked = self.ask(inner).view(count, places, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        seen = _attended(*asked.unbind(0))
        cells = cells + (1 + gate) * self.answer(seen.transpose(1, 2).reshape(count, places, width))
        inner = self.norms[1](cells) * (1 + wide_scale) + wide_shift
        return cells + (1 + wide_gate) * self.narrow(functional.gelu(self.widen(inner), approximate="tanh"))


class Drawer(nn.Module):
    """Which way noisy latents lie from the picture that the words ask for (rectified flow, Liu et al. 2022).

    `first` is the coded first picture where a clip is asked for, else zeros; `phase` says where in its turn.
    """

    def __init__(self, recipe: Recipe, tokens: int) -> None:
        super().__init__()
        channels, high, _ = recipe.latent
        width, self.patch = recipe.width, recipe.patch
        cell = channels * self.patch**2
        self.words = nn.Embedding(tokens, WORD_WIDTH, padding_idx=0)
        nn.init.normal_(self.words.weight[1:], std=0.3)
        self.nothing = nn.Parameter(torch.randn(WORD_WIDTH) * 0.1)
        self.by_words = nn.Sequential(nn.Linear(WORD_WIDTH, width), nn.SiLU(), nn.Linear(width, width))
        self.by_time = nn.Sequential(nn.Linear(_TIMES, width), nn.SiLU(), nn.Linear(width, width))
        self.by_phase = nn.Linear(PHASES, width)
        self.brief, self.shared = nn.Linear(width, width // 4), nn.Linear(width, 6 * width)
        self.enter, self.prompt = nn.Linear(2 * cell, width), nn.Linear(width, width)
        self.places = nn.Parameter(torch.randn(1, (high // self.patch) ** 2, width) * 0.02)
        self.blocks = nn.ModuleList(Block(width, recipe.heads) for _ in range(recipe.depth))
        self.norm, self.last = nn.LayerNorm(width, elementwise_affine=False), nn.Linear(width, 2 * width)
        self.leave = nn.Linear(width, cell)
        for layer in (self.shared, self.last, self.leave):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def condition(self, tokens: Tensor, others: Tensor) -> Tensor:
        """A bag of words (n, 256); the words of a second object are the same vectors, turned by half."""
        count = ((tokens > 0).sum(1) + (others > 0).sum(1)).clamp(min=1)
        total = self.words(tokens).sum(1) + self.words(others).sum(1).roll(WORD_WIDTH // 2, 1)
        return total / count[:, None].sqrt()

    def forward(self, noisy: Tensor, time: Tensor, words: Tensor, first: Tensor, phase: Tensor) -> Tensor:
        wish = functional.silu(self.by_words(words) + self.by_time(_waves(time)) + self.by_phase(phase))
        shared, brief = self.shared(wish).unflatten(1, (6, -1)), self.brief(wish)
        cells = self.enter(torch.cat([self._cells(noisy), self._cells(first)], -1)) + self.places
        cells = cells + self.prompt(wish)[:, None]
        for block in self.blocks:
            cells = block(cells, shared, brief)
        scale, shift = self.last(wish)[:, None].chunk(2, -1)
        return self._whole(self.leave(self.norm(cells) * (1 + scale) + shift), noisy)

    def _cells(self, latents: Tensor) -> Tensor:
        count, channels, high, wide = latents.shape
        side = self.patch
        cut = latents.reshape(count, channels, high // side, side, wide // side, side).permute(0, 2, 4, 1, 3, 5)
        return cut.reshape(count, (high // side) * (wide // side), channels * side**2)

    def _whole(self, cells: Tensor, like: Tensor) -> Tensor:
        _, channels, high, wide = like.shape
        side = self.patch
        cut = cells.view(-1, high // side, wide // side, channels, side, side).permute(0, 3, 1, 4, 2, 5)
        return cut.reshape(-1, channels, high, wide)


def _waves(time: Tensor) -> Tensor:
    half = _TIMES // 2
    rates = torch.exp(-math.log(10000) * torch.arange(half, device=time.device) / half)
    angles = time[:, None] * 1000 * rates
    return torch.cat([angles.cos(), angles.sin()], -1)


class Judge(nn.Module):
    """Sees which concept a picture on white shows; what it sees is a direction, so that likeness is an angle."""

    def __init__(self, side: int, concepts: int, width: int = 24, seen: int = 96) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 3, padding=1)]
        while side > 8:
            layers += [nn.Conv2d(width, 2 * width, 3, 2, padding=1), nn.GroupNorm(_NORMS, 2 * width), nn.SiLU()]
            width, side = 2 * width, side // 2
        layers += [nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * width, seen)]
        self.body = nn.Sequential(*layers)
        self.concepts = nn.Parameter(torch.randn(concepts, seen))
        self.sharpness = 16.0

    def see(self, pictures: Tensor) -> Tensor:
        return functional.normalize(self.body(pictures).float(), dim=1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.sharpness * self.see(pictures) @ functional.normalize(self.concepts, dim=1).T
