"""The JSON Schema that local models share, so that one field means one thing everywhere."""

from typing import Any

from estampe import plugins

SEEDS = 2**53
PROMPT_CHARACTERS = 4000


def number(minimum: float, maximum: float, default: float, **more: Any) -> dict[str, Any]:
    """An integer field when all bounds are integers, else a number field."""
    whole = all(isinstance(value, int) for value in (minimum, maximum, default))
    kind = "integer" if whole else "number"
    return {"type": kind, "minimum": minimum, "maximum": maximum, "default": default, **more}


def schema(kind: str, **own: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a model of `kind`, in the order a form shows them; `own` fields go last or replace."""
    formats = list(plugins.load("media", kind).formats)
    side = number(64, 1024, 512, multipleOf=64)
    properties: dict[str, Any] = {
        "prompt": {"type": "string", "minLength": 1, "maxLength": PROMPT_CHARACTERS},
        "negative_prompt": {"type": "string", "maxLength": PROMPT_CHARACTERS, "default": ""},
        "width": side,
        "height": side,
        "num_outputs": number(1, 4, 1),
        "seed": {"type": "integer", "minimum": 0, "maximum": SEEDS - 1},
        "output_format": {"type": "string", "enum": formats, "default": formats[0]},
        "embed_metadata": {"type": "boolean", "default": True},
    }
    if kind == "video":
        properties |= {"num_frames": number(8, 32, 16), "fps": number(4, 24, 12)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties | own,
        "required": ["prompt"],
        "additionalProperties": False,
    }


def seeds(first: int, count: int) -> list[int]:
    """The seed of each output, so that any of them can be asked for alone."""
    return [(first + position) % SEEDS for position in range(count)]
