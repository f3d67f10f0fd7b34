"""Where a body or a query is wrong, in both languages: msgspec's sentence → a JSON pointer and a text."""

import re
from typing import Any

import msgspec

from estampe.errors import FieldError, Text

LONGEST_DETAIL = 300
MOST_FAULTS = 20

_PLACE = re.compile(r"^(?P<said>.*) - at `(?P<key>key` in `)?\$(?P<path>[^`]*)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_NAMED = re.compile(r"^Object (missing required|contains unknown) field `(?P<name>.*)`$", re.DOTALL)

_FRENCH = [
    (re.compile(pattern, re.DOTALL), text)
    for pattern, text in (
        (r"^Object missing required field `(.*)`$", r"Le champ « \1 » est obligatoire."),
        (r"^Object contains unknown field `(.*)`$", r"Le champ « \1 » est inconnu."),
        (r"^Expected `([^`]*)`, got `([^`]*)`$", r"Type attendu : \1 ; reçu : \2."),
        (r"^Expected `[^`]*` of length (<=|>=|<|>|==) (\d+)$", r"La longueur doit être \1 \2."),
        (r"^Expected `[^`]*` (<=|>=|<|>) (\S+)$", r"La valeur doit être \1 \2."),
        (r"^Expected `[^`]*` that's a multiple of (\S+)$", r"La valeur doit être un multiple de \1."),
        (r"^Expected `[^`]*` matching regex (.*)$", r"La valeur doit suivre le motif \1."),
        (r"^Invalid enum value (.*)$", r"La valeur \1 n'est pas permise."),
        (r"^JSON is malformed: .*\(byte (\d+)\)$", r"Le JSON est mal formé (octet \1)."),
        (r"^Input data was truncated$", r"Le JSON est incomplet."),
        (r"^(Integer value|Number) out of range$", r"Le nombre est hors limites."),
    )
]

NUL = Text("The character U+0000 is not allowed.", "Le caractère U+0000 n'est pas permis.")
NOT_UTF8 = Text("The body is not UTF-8.", "Le contenu n'est pas en UTF-8.")
TOO_DEEP = Text("The body is nested too deeply.", "Le contenu est trop imbriqué.")


def explain(message: str) -> Text:
    """A msgspec sentence without its place, in both languages."""
    for pattern, french in _FRENCH:
        if (found := pattern.match(message)) is not None:
            return Text(_short(_ended(message)), _short(found.expand(french)))
    return Text(_short(_ended(message)), _short(f"Valeur incorrecte : {message}"))


def fault(error: Exception, inside: str = "") -> FieldError:
    """One msgspec error; `inside` is the pointer to what was being read."""
    if isinstance(error, UnicodeDecodeError):
        return FieldError(inside, NOT_UTF8)
    if isinstance(error, RecursionError):
        return FieldError(inside, TOO_DEEP)
    message, path = str(error), ""
    if (place := _PLACE.match(message)) is not None:
        message, path = place["said"], place["path"]
    pointer = inside + "".join(_token(name or index) for name, index in _steps(path))
    if (named := _NAMED.match(message)) is not None:
        pointer += _token(named["name"])
    return FieldError(_short(pointer), explain(message))


def faults(error: Exception, body: bytes, shape: Any) -> tuple[FieldError, ...]:
    """Every faulty field of an object, not only the one where the decoder stopped."""
    if isinstance(error, msgspec.ValidationError) and _is_struct(shape):
        try:
            found = _by_field(msgspec.json.decode(body), shape)
        except (ValueError, RecursionError):
            found = []
        if found:
            return tuple(found[:MOST_FAULTS])
    return (fault(error),)


def nul(body: bytes) -> FieldError | None:
    """The first string that holds U+0000, which no database text can: `body` is known to decode."""
    if b"\\u0000" not in body:
        return None
    waiting: list[tuple[str, Any]] = [("", msgspec.json.decode(body))]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            return FieldError(_short(pointer), NUL)
        if isinstance(value, dict):
            if any("\0" in key for key in value):
                return FieldError(_short(pointer), NUL)
            waiting.extend((pointer + _token(key), item) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{pointer}/{index}", item) for index, item in enumerate(value))
    return None


def _by_field(value: Any, shape: Any) -> list[FieldError]:
    found: list[FieldError] = []
    if not isinstance(value, dict):
        return found
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    for name, field in fields.items():
        if name in value:
            try:
                msgspec.convert(value[name], field.type)
            except (ValueError, RecursionError) as error:
                found.append(fault(error, _token(name)))
        elif field.required:
            found.append(FieldError(_token(name), explain(f"Object missing required field `{name}`")))
    if shape.__struct_config__.forbid_unknown_fields:
        strangers = [name for name in value if name not in fields]
        found += [
            FieldError(_short(_token(name)), explain(f"Object contains unknown field `{name}`"))
            for name in strangers[:MOST_FAULTS]
        ]
    return found


def _is_struct(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, msgspec.Struct)


def _steps(path: str) -> list[tuple[str, str]]:
    """What lies in a map of any keys (`[...]`) has no name to point with: the pointer stops at the map."""
    return _STEP.findall(path.partition("[...]")[0])


def _token(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _ended(message: str) -> str:
    return message if message.endswith(".") else message + "."


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL - 1] + "…"
