"""Writes types.py from the service's openapi.json: `python generate_types.py openapi.json`, or `-` for the input."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from keyword import iskeyword
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "src" / "estampe_client" / "types.py"
REF = "#/components/schemas/"
ANSWERS = (
    *("Accepted", "Allowance", "AssetPage", "JobPage", "KeyPage", "Me", "ModelList"),
    *("Problem", "Result", "ShownKey", "Snapshot", "StoredFile", "UsageReport"),
)
# What a call takes beside its own arguments: the name here, a schema, and the fields that are arguments already.
ASKED = {
    "ImageParameters": ("GenerateImage", {"prompt", "user_id", "organization_id"}),
    "KeyParameters": ("NewKey", {"name"}),
    "VideoParameters": ("GenerateVideo", {"prompt", "user_id", "organization_id"}),
}
FILTERS = {"AssetFilter": ("list_assets", {"cursor"}), "JobFilter": ("list_jobs", {"cursor"})}
PURPOSES = {
    "AssetFilter": "Which files to list; `limit` is the size of a page.",
    "ImageParameters": "What a picture can be asked with; what a model takes, and its limits, are in `models.list()`.",
    "JobFilter": "Which jobs to list; `q` are words of the prompt, `limit` is the size of a page.",
    "KeyParameters": "What an API key can be asked with.",
    "VideoParameters": "What a clip can be asked with; what a model takes, and its limits, are in `models.list()`.",
}
# A repr ends in logs: none shows a secret, a link that opens without a token, or a prompt.
UNSHOWN = frozenset({"key", "url", "thumbnail_url", "placeholder", "parameters"})
HEADER = '''"""What the service takes and answers. Written by generate_types.py from openapi.json: do not edit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

from typing_extensions import TypedDict

'''
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
NULL = {"type": "null"}

Schema = Mapping[str, Any]


def written(document: Schema) -> str:
    """The module's text. Raises `KeyError` where the document lacks what this client is made of."""
    schemas = document["components"]["schemas"]
    wanted = [*ANSWERS, *(ref for schema, _ in ASKED.values() for ref in _refs(schemas[schema]))]
    parts = {name: "\n".join(_answer(name, schemas[name])) for name in _reached(wanted, schemas)}
    for name, (schema, known) in ASKED.items():
        fields = {key: kind for key, kind in schemas[schema]["properties"].items() if key not in known}
        parts[name] = "\n".join(_asked(name, fields))
    for name, (operation, known) in FILTERS.items():
        fields = {one["name"]: one["schema"] for one in _query(document, operation) if one["name"] not in known}
        parts[name] = "\n".join(_asked(name, fields))
    names = "".join(f'    "{name}",\n' for name in sorted(parts))
    return HEADER + f"__all__ = [\n{names}]\n\n\n" + "\n\n\n".join(parts[name] for name in sorted(parts)) + "\n"


def _reached(names: Iterable[str], schemas: Schema) -> list[str]:
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += _refs(schemas[name])
    return list(found)


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].removeprefix(REF)
        for value in schema.values():
            yield from _refs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _refs(value)


def _answer(name: str, schema: Schema) -> Iterator[str]:
    if "enum" in schema:
        yield f"{name} = Literal["
        yield from (f"    {json.dumps(value)}," for value in schema["enum"])
        yield "]"
        return
    yield "@dataclass(frozen=True, kw_only=True, slots=True)"
    yield f"class {name}:"
    yield from _docstring(schema["description"])
    required = set(schema["required"])
    for key, value in schema["properties"].items():
        options = [] if key in required else [_default(key, value)]
        options += ["repr=False"] if key in UNSHOWN else []
        options += [f'metadata={{"wire": "{key}"}}'] if iskeyword(key) else []
        told = f" = field({', '.join(options)})" if options else ""
        yield f"    {key}_: {_kind(key, value)}{told}" if iskeyword(key) else f"    {key}: {_kind(key, value)}{told}"


def _default(key: str, schema: Schema) -> str:
    default = schema["default"]
    if isinstance(default, dict | list):
        kind, _, inner = _kind(key, schema).removesuffix("]").partition("[")
        return f'default_factory={kind}["{inner}"]'
    return f"default={json.dumps(default) if isinstance(default, str) else repr(default)}"


def _asked(name: str, fields: Schema) -> Iterator[str]:
    yield f"class {name}(TypedDict, total=False):"
    yield from _docstring(PURPOSES[name])
    for key, value in fields.items():
        yield f"    {key}: {_kind(key, _without_null(value))} | None"


def _query(document: Schema, operation: str) -> list[Schema]:
    for methods in document["paths"].values():
        for told in methods.values():
            if told["operationId"] == operation:
                return [one for one in told.get("parameters", ()) if one["in"] == "query"]
    raise KeyError(operation)


def _docstring(text: str) -> Iterator[str]:
    first, *more = text.strip().split("\n")
    yield f'    """{first}' + ("" if more else '"""')
    yield from (f"    {line.strip()}".rstrip() for line in more)
    if more:
        yield '    """'
    yield ""


def _without_null(schema: Schema) -> Schema:
    return schema | {"anyOf": [side for side in schema["anyOf"] if side != NULL]} if "anyOf" in schema else schema


def _kind(key: str, schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    if "anyOf" in schema:
        return " | ".join("None" if side == NULL else _kind(key, side) for side in schema["anyOf"])
    match schema.get("type"):
        case None if "enum" in schema:
            kind = f"Literal[{', '.join(json.dumps(value) for value in schema['enum'])}]"
        case "array":
            kind = f"list[{_kind(key, schema['items'])}]"
        case "object":
            values = schema.get("additionalProperties")
            kind = f"dict[str, {_kind('', values) if values else 'Any'}]"
        case "string":
            kind = _text(key, schema)
        case plain:
            kind = PLAIN.get(plain or "", "Any")
    return kind


def _text(key: str, schema: Schema) -> str:
    """The document gives moments no format of their own; their names do: `…_at`, `at`, `from`, `to`."""
    moment = key.endswith("_at") or key in {"at", "from", "to", "created_after", "created_before"}
    if schema.get("format") == "date":
        return "dt.date"
    return "dt.datetime" if moment or schema.get("format") == "date-time" else "str"


if __name__ == "__main__":
    source = sys.stdin.read() if sys.argv[1:] == ["-"] else Path(sys.argv[1]).read_text("utf-8")
    TARGET.write_text(written(json.loads(source)), "utf-8")
