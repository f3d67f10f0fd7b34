"""Writes src/generated.ts from the API's own description: `.venv/bin/python web/client/generate.py`."""

# ruff: noqa: INP001 - a script, not a package

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from estampe.http import table

TARGET = Path(__file__).parent / "src" / "generated.ts"
TAGS = {"about", "assets", "generate", "jobs", "keys", "operator", "sign-in", "usage"}
PLACES = ("/api/", "/auth/")
REF = "#/components/schemas/"
HEAD = "/** The wire shapes, made from the server's OpenAPI document by generate.py. Not written by hand. */\n"
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

Schema = dict[str, Any]


def generated() -> str:
    """The file as it ought to be."""
    document = table(max_upload_bytes=1).document()
    operations = [operation for path, operation in _operations(document) if path.startswith(PLACES)]
    operations = [operation for operation in operations if TAGS & set(operation["tags"])]
    schemas = document["components"]["schemas"]
    shapes = [_declared(name, schemas[name]) for name in sorted(_reached(operations, schemas))]
    queries = [_query(operation) for operation in sorted(operations, key=lambda one: one["operationId"])]
    codes = {code for operation in operations for code in _codes(operation)}
    union = _commented(f"export type ErrorCode =\n{_union(codes)}", "What a refusal says in `code`: stable.")
    return "\n".join([HEAD, *shapes, *filter(None, queries), union])


def _operations(document: Schema) -> Iterator[tuple[str, Schema]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def _reached(operations: Iterable[Schema], schemas: Schema) -> set[str]:
    """The shapes that these operations speak of, and those that they speak of."""
    found: set[str] = set()
    waiting: list[Any] = [*operations]
    while waiting:
        for name in set(re.findall(rf'"{REF}(\w+)"', json.dumps(waiting.pop()))) - found:
            found.add(name)
            waiting.append(schemas[name])
    return found


def _declared(name: str, schema: Schema) -> str:
    if "properties" not in schema:
        return _commented(f"export type {name} = {_type(schema)}\n", schema.get("description"))
    required = set(schema.get("required", ()))
    fields = [(field, kind, field in required) for field, kind in schema["properties"].items()]
    return _commented(_interface(name, fields), schema.get("description"))


def _query(operation: Schema) -> str:
    fields = [
        (parameter["name"], parameter["schema"], parameter["required"])
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    ]
    name = "".join(word.capitalize() for word in operation["operationId"].split("_")) + "Query"
    return _commented(_interface(name, fields), operation["summary"]) if fields else ""


def _interface(name: str, fields: Iterable[tuple[str, Schema, bool]]) -> str:
    lines = [f"  {field}{'' if needed else '?'}: {_type(schema)}\n" for field, schema, needed in fields]
    return f"export interface {name} {{\n{''.join(lines)}}}\n"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_type(side) for side in schema["anyOf"])
    match schema.get("type"):
        case "array":
            inner = _type(schema["items"])
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case "object":
            values = schema.get("additionalProperties")
            return f"Record<string, {_type(values) if values else 'unknown'}>"
        case kind:
            return PLAIN.get(str(kind), "unknown")


def _codes(operation: Schema) -> Iterator[str]:
    for answer in operation["responses"].values():
        refusal = answer.get("content", {}).get("application/problem+json", {})
        for part in refusal.get("schema", {}).get("allOf", ()):
            yield from part.get("properties", {}).get("code", {}).get("enum", ())


def _union(words: Iterable[str]) -> str:
    return "".join(f"  | {json.dumps(word)}\n" for word in sorted(words))


def _commented(declaration: str, said: str | None) -> str:
    if not said:
        return declaration
    lines = [line.strip() for line in said.strip().splitlines()]
    if len(lines) == 1:
        return f"/** {lines[0]} */\n{declaration}"
    return "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + f" */\n{declaration}"


if __name__ == "__main__":
    TARGET.write_text(generated(), "utf-8")
