"""The model card: what it is, what it learned from, how good it is, and where it fails."""

from pathlib import Path

from atelier.evaluating import GUIDANCE, STEPS, Report
from atelier.exporting import FILES
from atelier.recipe import Recipe
from estampe.engines._vignette.lexicon import lexicon

_MOST_LISTED = 60


def write_card(path: Path, report: Report, recipe: Recipe, weights: Path) -> None:
    size = sum((weights / name).stat().st_size for name in FILES)
    subjects = len(lexicon(weights).subjects)
    lines = [
        "# Vignette",
        "",
        f"A small model that draws {subjects} subjects, like stickers, from English and French words, on a CPU.",
        f"Rectified flow in a code of pictures of {recipe.side} pixels a side, shown as {recipe.shown} by its decoder,",
        "with their own transparency.",
        f"{size / 1e6:.1f} MB in {', '.join(FILES)}. Recipe `{recipe.name}`.",
        "",
        "**Licence**: Apache-2.0, as Estampe. What it learned from, and under which licences, is in ATTRIBUTION.md.",
        "",
        "**For** first pictures without a GPU, tests and demonstrations. **Not for** photographs, people, written",
        "words, or scenes with more than two sorts of things: it cannot draw them.",
        "",
        *_measured(report),
        *_failed(report),
        "The contact sheet (`sheet.webp`) shows every prompt; those in red failed.",
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _measured(report: Report) -> list[str]:
    told = report.told()
    asked = len({answer.row["prompt"] for answer in report.answers})
    compared = f"guess {told['chance']:.2%}, real pictures {told['real']:.1%}"
    halves = f"real halves {told['distance_of_real_halves']:.3f}"
    return [
        "## How good it is",
        "",
        f"{asked} prompts of `prompts.json`, half English and half French, {len(report.answers)} pictures,",
        f"{STEPS} steps, guidance {GUIDANCE}. What each prompt asks for together (a subject with a colour, style,",
        "ground, number or neighbour) was never shown together in training. The judge is an encoder that learned",
        "from other styles than the model draws.",
        "",
        "| measured | here | to compare with |",
        "|---|---|---|",
        f"| nearest concept | {told['concept']:.1%} | {compared} |",
        f"| among the five nearest | {told['concept_in_five']:.1%} | |",
        f"| colour | {told['colour']:.1%} | guess 12.5% |",
        f"| English and French agree | {told['agreement']:.1%} | |",
        f"| distance from real ones | {told['distance']:.3f} | {halves} |",
        "",
        "| prompts with | nearest concept |",
        "|---|---|",
        *(f"| {kind} | {value:.1%} |" for kind, value in told["by_kind"].items()),
        "",
    ]


def _failed(report: Report) -> list[str]:
    failures = report.told()["failures"]
    more = len(failures) - _MOST_LISTED
    return [
        "## Where it fails",
        "",
        f"{len(failures)} prompts have fewer than half of their pictures, or of their colours, right:",
        "",
        *(f"- “{failure['prompt']}”: {failure['right']:.0%} right" for failure in failures[:_MOST_LISTED]),
        *([f"- and {more} more, in `report.json`"] if more > 0 else []),
        "",
    ]
