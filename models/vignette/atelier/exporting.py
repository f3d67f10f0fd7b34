"""From averaged weights to the files that the engine reads: 8 bits for the drawer, 16 for the rest."""

import json
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from atelier.carried import read_weights
from atelier.colours import COLOURS
from atelier.concepts import Concept
from atelier.networks import Coder, Drawer
from atelier.recipe import PHASES, WORD_WIDTH, Recipe, Vocabulary
from atelier.refusals import NothingTrained, OtherWords, TooLarge
from atelier.training import CODER, DRAWER
from atelier.wording import lexicon_of, real_words, write_lexicon

FILES = ("step.onnx", "decoder.onnx", "tokens.npz", "lexicon.json")
LARGEST = 20 * 10**6  # bytes of all files together
_OPSET = 17
_SMALL = 256  # numbers that are not worth a cast


class _Step(nn.Module):
    """One step of `dt` along the way."""

    def __init__(self, drawer: Drawer) -> None:
        super().__init__()
        self.drawer = drawer

    def forward(self, x: Tensor, t: Tensor, dt: Tensor, *told: Tensor) -> Tensor:
        return x + dt * self.drawer(x, t, *told)


class Words(NamedTuple):
    """What the lexicon is made of: all concepts, names written by hand, and the words of both languages."""

    concepts: list[Concept]
    synonyms: Path
    real: list[str]


def export(recipe: Recipe, folder: Path, out: Path, words: Words) -> int:
    """Bytes written to `out`. Raises `NothingTrained` and `TooLarge`."""
    coder, drawer, mean, spread, vocabulary = load(recipe, folder)
    out.mkdir(parents=True, exist_ok=True)
    _write_networks(recipe, coder, drawer, out)
    told = list(vocabulary.rows)[1:]
    np.savez_compressed(
        out / "tokens.npz",
        tokens=np.array(told),
        vectors=drawer.words.weight.detach()[1:].half().numpy(),
        nothing=drawer.nothing.detach().numpy(),
        mean=mean.flatten().numpy(),
        spread=spread.flatten().numpy(),
    )
    codes = {token.removeprefix("k:") for token in told if token.startswith("k:")}
    known = lexicon_of(
        [concept for concept in words.concepts if concept.code in codes],
        json.loads(words.synonyms.read_text("utf-8")),
        others=[concept for concept in words.concepts if concept.code not in codes],
        colours=list(COLOURS),
        styles=list(recipe.styles),
    )
    known["real_words"] = real_words(known, words.real)
    write_lexicon(out / "lexicon.json", known)
    size = sum((out / name).stat().st_size for name in FILES)
    if size > LARGEST:
        raise TooLarge(f"{size:,} bytes, of {LARGEST:,} that may be carried")
    return size


def load(recipe: Recipe, folder: Path) -> tuple[Coder, Drawer, Tensor, Tensor, Vocabulary]:
    """The averages of a run, ready to draw. Raises `NothingTrained`."""
    weights = {name: read_weights(folder, name) for name in (CODER, DRAWER)}
    if not all(weights.values()):
        raise NothingTrained(f"{folder} holds no averaged weights: run train first")
    vocabulary = read_vocabulary(folder)
    coder, drawer = Coder(recipe).eval(), Drawer(recipe, len(vocabulary)).eval()
    mean, spread = weights[CODER]["mean"], weights[CODER]["spread"]
    for network, name in ((coder, CODER), (drawer, DRAWER)):
        network.load_state_dict({key: weights[name][key] for key in network.state_dict()})
    return coder, drawer, mean, spread, vocabulary


def keep_vocabulary(folder: Path, codes: list[str], styles: tuple[str, ...]) -> None:
    """Raises `OtherWords` where what was trained there was told other words."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "vocabulary.json"
    wanted = json.dumps({"codes": codes, "styles": styles})
    if path.exists() and path.read_text("utf-8") != wanted:
        raise OtherWords(f"{folder} holds a run on other concepts or styles: move it away to begin anew")
    path.write_text(wanted, "utf-8")


def read_vocabulary(folder: Path) -> Vocabulary:
    written = json.loads((folder / "vocabulary.json").read_text("utf-8"))
    return Vocabulary(written["codes"], tuple(written["styles"]))


def _write_networks(recipe: Recipe, coder: Coder, drawer: Drawer, out: Path) -> None:
    latent = torch.zeros(1, *recipe.latent)
    told = (latent, torch.zeros(1), torch.tensor(0.1), torch.zeros(1, WORD_WIDTH), latent, torch.zeros(1, PHASES))
    full = out / "step.full.onnx"
    _write(_Step(drawer).eval(), told, full, ("x", "t", "dt", "e", "ref", "ph"), "y")
    quantize_dynamic(
        full, out / "step.onnx", weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"], per_channel=True
    )
    full.unlink()
    _write(coder.decoder, (latent,), out / "decoder.onnx", ("z",), "img")
    halve(out / "decoder.onnx")


def _write(network: nn.Module, told: tuple[Tensor, ...], path: Path, names: tuple[str, ...], result: str) -> None:
    """By the older exporter, which keeps the batch free without a second library."""
    free = {name: {0: "count"} for name in (*names, result) if name != "dt"}
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            told,
            path,
            input_names=list(names),
            output_names=[result],
            dynamic_axes=free,
            opset_version=_OPSET,
            dynamo=False,
        )


def halve(path: Path) -> None:
    """Keeps large weights in 16 bits; what runs them widens them once, as it starts."""
    model = onnx.load(path)
    casts = []
    for weight in model.graph.initializer:
        array = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or array.size < _SMALL:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(array.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)
