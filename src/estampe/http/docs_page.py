"""The /docs page: the OpenAPI document as one file a person can read, with nothing fetched and no script."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from typing import Any

STYLE = """
:root{color-scheme:light dark;--ink:#1c1917;--soft:#6b645d;--line:#e0dbd4}
:root{--paper:#fbfaf7;--card:#fff;--mark:#a63d1f}
@media(prefers-color-scheme:dark){
:root{--ink:#ece8e1;--soft:#a39b91;--line:#3a3632;--paper:#171513;--card:#1f1c1a;--mark:#f0946f}
}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:2rem 1rem 6rem;font:16px/1.5 system-ui,sans-serif}
body{background:var(--paper);color:var(--ink)}
h1{font-size:1.75rem;margin:0}h2{font-size:1.125rem;margin:2.5rem 0 .5rem}
h3{font-size:.9375rem;margin:1rem 0 .25rem}
a{color:var(--mark)}p,.soft{color:var(--soft)}nav a{margin-right:1rem}
code{font:.875em ui-monospace,monospace;overflow-wrap:anywhere}
details{background:var(--card);border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0;padding:.5rem .75rem}
summary{cursor:pointer}summary b{color:var(--mark);display:inline-block;min-width:4.5rem}
table{border-collapse:collapse;width:100%;font-size:.875rem;display:block;overflow-x:auto}
td,th{border-top:1px solid var(--line);padding:.375rem .5rem;text-align:left;vertical-align:top}
td:first-child{white-space:nowrap}td:nth-child(2){min-width:8rem}
:focus-visible{outline:2px solid var(--mark);outline-offset:2px}
"""

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
MEDIA_TYPE = "text/html; charset=utf-8"

_REF = "#/components/schemas/"
_BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "pattern",
    "format",
    "default",
)


def docs_page(document: dict[str, Any]) -> bytes:
    """Served with `HEADERS`: the style's hash is in their policy."""
    info = document["info"]
    tags = [tag["name"] for tag in document["tags"]]
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in tags)
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} API</h1><p>{escape(info['summary'])} Version {escape(info['version'])}. "
        f'The machine form of this page is <a href="openapi.json">openapi.json</a>.</p><nav>{links}'
        f'<a href="#shapes">shapes</a></nav><main>{"".join(_tag(document, tag) for tag in tags)}'
        f'<h2 id="shapes">shapes</h2>{"".join(_shapes(document))}</main></body></html>'
    )
    return page.encode()


def _tag(document: dict[str, Any], tag: str) -> str:
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag in operation["tags"]
    ]
    return f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(operations)}'


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = [
        (
            found["name"],
            found["in"],
            _kind(found["schema"]),
            found.get("description", ""),
            found.get("required", False),
        )
        for found in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {})
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b>{method.upper()}</b> '
        f'<code>{escape(path)}</code> <span class="soft">{escape(operation["summary"])}</span></summary>'
        f"<p>May: <code>{escape(operation['x-permission'])}</code></p>"
        + (f"<h3>Parameters</h3>{_table(_parameter(*row) for row in parameters)}" if parameters else "")
        + (f"<h3>Body</h3>{_table(_content(body))}" if body else "")
        + f"<h3>Answers</h3>{_table(_answers(operation['responses']))}</details>"
    )


def _parameter(name: str, where: str, kind: str, description: str, required: bool) -> list[str]:  # noqa: FBT001 - a row
    said = " ".join([where, "required" if required else "", description])
    return [f"<code>{escape(name)}</code>", kind, escape(said)]


def _content(content: dict[str, Any]) -> Iterable[list[str]]:
    for media_type, found in content.items():
        yield [f"<code>{escape(media_type)}</code>", _kind(found["schema"])]


def _answers(responses: dict[str, Any]) -> Iterable[list[str]]:
    for status, response in responses.items():
        said = [
            _kind(found["schema"]) if media_type.endswith("json") else f"<code>{escape(media_type)}</code>"
            for media_type, found in response.get("content", {}).items()
        ]
        yield [f"<code>{status}</code>", escape(response["description"]), "<br>".join(said)]


def _shapes(document: dict[str, Any]) -> Iterable[str]:
    for name, schema in document["components"]["schemas"].items():
        required = schema.get("required", ())
        rows = (
            [
                f"<code>{escape(field)}</code>",
                _kind(found),
                "required" if field in required else "",
                escape(found.get("description", "")),
            ]
            for field, found in schema.get("properties", {}).items()
        )
        said = escape(schema.get("description", "").partition("\n\n")[0])
        shown = _table(rows) if "properties" in schema else f"<p>{_kind(schema)}</p>"
        # The id lies inside: a browser opens what encloses the target of a link, not the target itself.
        yield (
            f"<details><summary><code>{escape(name)}</code> "
            f'<span class="soft">{said}</span></summary><div id="shape-{escape(name)}">{shown}</div></details>'
        )


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words, other shapes as links."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(_REF))
        return f'<a href="#shape-{name}">{name}</a>'
    if "allOf" in schema:
        return " ".join(_kind(side) for side in schema["allOf"])
    if "code" in schema.get("properties", {}) and "type" not in schema:
        return "with " + _kind(schema["properties"]["code"])
    if "anyOf" in schema:
        said = " or ".join(_kind(side) for side in schema["anyOf"])
    elif "enum" in schema:
        said = " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    elif schema.get("type") == "array":
        said = f"list of {_kind(schema.get('items', {}))}"
    else:
        said = escape(str(schema.get("type", "anything")))
    bounds = ", ".join(f"{bound} {schema[bound]}" for bound in _BOUNDS if schema.get(bound) not in (None, "", [], {}))
    return said + (f' <span class="soft">({escape(bounds)})</span>' if bounds else "")


def _table(rows: Iterable[list[str]]) -> str:
    return "<table>" + "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows) + "</table>"
