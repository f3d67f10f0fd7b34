"""Where things lie: what is kept beside the code, what is fetched, and what is built from it."""

from pathlib import Path

HERE = Path(__file__).parents[1]
SOURCES = HERE / "sources.json"
RECIPES = HERE / "recipes.toml"
SYNONYMS = HERE / "synonyms.json"
PROMPTS = HERE / "prompts.json"
CACHE = HERE / ".cache"
BUILD = HERE / "build"
DATA = BUILD / "data"


def run_of(recipe: str) -> Path:
    """The folder of all that `recipe` makes."""
    return BUILD / recipe
