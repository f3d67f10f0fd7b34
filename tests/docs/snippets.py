"""Snippets of a page, as they stand there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def snippets(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
