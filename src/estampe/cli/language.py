"""The language of the person's terminal."""

import os
from typing import Literal

from estampe.errors import EstampeError


def language() -> Literal["en", "fr"]:
    said = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "fr" if said.startswith("fr") else "en"


def in_words(error: EstampeError) -> str:
    text = error.detail or error.title
    return text.fr if language() == "fr" else text.en
