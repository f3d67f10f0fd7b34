"""python -m atelier data | train | export | evaluate."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from atelier import places
from atelier.dataset import HELD_OUT_STYLES, Inputs, build, read_dataset, real_word_list
from atelier.recipe import read_recipe
from atelier.refusals import Refused
from atelier.split import held_out, read_prompts


def main() -> int:
    asked = _arguments().parse_args()
    try:
        asked.run(asked)
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m atelier", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verb")
    data = verbs.add_parser("data", help="fetch the packages, draw the pictures, read the words")
    data.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    data.set_defaults(run=_data)
    for name, run, said in (
        ("train", _train, "learn, or go on learning"),
        ("export", _export, "write the files that the engine reads"),
        ("evaluate", _evaluate, "ask for 200 pictures that were held out, and measure"),
    ):
        verb = verbs.add_parser(name, help=said)
        verb.add_argument("--recipe", default="cpu-64", help="a table of recipes.toml")
        verb.add_argument("--seed", type=int, default=0)
        verb.set_defaults(run=run)
        if name == "train":
            verb.add_argument("--minutes", type=float, default=180.0, help="stop after so long, to go on later")
            verb.add_argument("--save-minutes", type=float, default=4.0)
            verb.add_argument("--steps", type=int, help="of the drawer, instead of the recipe's")
            verb.add_argument("--out", type=Path, help="a folder that gets a copy of the averages, in small files")
            verb.add_argument("--threads", type=int)
            verb.add_argument("--compile", action="store_true", help="a third faster, with a C++ compiler at hand")
        if name == "evaluate":
            verb.add_argument("--weights", type=Path, help="a folder with the four files, instead of the recipe's")
            verb.add_argument("--seeds", type=int, default=4, help="pictures a prompt")
    return parser


def _data(asked: argparse.Namespace) -> None:
    say = _since_now()
    thanks = places.HERE / "ATTRIBUTION.md"
    inputs = Inputs(places.SOURCES, places.SYNONYMS, places.CACHE, places.DATA, thanks, processes=asked.processes)
    build(inputs, say)


def _train(asked: argparse.Namespace) -> None:
    import torch

    from atelier.carried import copy_weights
    from atelier.exporting import keep_vocabulary
    from atelier.pool import pools
    from atelier.training import Pace, Training, settle, train

    say = _since_now()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if asked.threads:
        torch.set_num_threads(asked.threads)
    settle(device)
    recipe, folder = read_recipe(places.RECIPES, asked.recipe), places.run_of(asked.recipe)
    both = pools(read_dataset(places.DATA), recipe, held_out(read_prompts(places.PROMPTS)), device)
    seen = both.seen
    say(f"{len(seen.codes)} concepts, {len(seen.stills)} pictures, {len(seen.clips)} clips, on {device}")
    keep_vocabulary(folder, seen.codes, recipe.styles)
    training = Training(recipe, both, folder, seed=asked.seed, device=device, compiled=asked.compile)
    training.resume(say)
    train(training, Pace(asked.minutes, asked.save_minutes, asked.steps), say)
    if asked.out:
        copy_weights(folder, asked.out)


def _export(asked: argparse.Namespace) -> None:
    from atelier.exporting import Words, export

    say = _since_now()
    recipe, folder = read_recipe(places.RECIPES, asked.recipe), places.run_of(asked.recipe)
    concepts = read_dataset(places.DATA).concepts
    real = real_word_list(places.SOURCES, places.CACHE)
    size = export(recipe, folder, folder / "weights", Words(concepts, places.SYNONYMS, real))
    say(f"{size:,} bytes in {folder / 'weights'}")


def _evaluate(asked: argparse.Namespace) -> None:
    from dataclasses import replace

    from atelier.card import write_card
    from atelier.evaluating import Examiner
    from atelier.judging import train_judge
    from atelier.pool import Pool
    from atelier.sheet import write_sheet

    say = _since_now()
    recipe, folder = read_recipe(places.RECIPES, asked.recipe), places.run_of(asked.recipe)
    data, prompts = read_dataset(places.DATA), read_prompts(places.PROMPTS)
    drawn = Pool(data, recipe, held_out(prompts))
    kept_back = Pool(data, replace(recipe, styles=HELD_OUT_STYLES), held_out([]))
    judge = train_judge(kept_back, folder / "judge.pt", recipe.judge_steps, seed=asked.seed, say=say)
    weights = asked.weights or folder / "weights"
    examiner = Examiner(weights, judge, drawn, say)
    report = examiner.examine(prompts, seeds=asked.seeds, first=asked.seed)
    (folder / "report.json").write_text(json.dumps(report.told(), indent=2, ensure_ascii=False), "utf-8")
    write_sheet(folder / "sheet.webp", report)
    write_card(folder / "card.md", report, recipe, weights)
    say(report.line())


def _since_now() -> Callable[[str], None]:
    begun = time.monotonic()
    return lambda told: print(f"{time.monotonic() - begun:7.1f} s  {told}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
