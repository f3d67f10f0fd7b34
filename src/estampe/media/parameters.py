"""From what was asked to what will be made: shorthands spelled out, defaults filled, limits held, seed drawn."""

import math
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

from estampe.domain import Model
from estampe.errors import FieldError, LimitExceeded, Text

LARGEST_SEED = 2**53 - 1

_PHRASES: Mapping[str, tuple[str, str]] = {
    "minimum": ("must be at least {0}", "doit être au moins {0}"),
    "maximum": ("must be at most {0}", "doit être au plus {0}"),
    "multipleOf": ("must be a multiple of {0}", "doit être un multiple de {0}"),
    "enum": ("must be one of {0}", "doit être l'une des valeurs {0}"),
    "type": ("must be of type {0}", "doit être de type {0}"),
    "minLength": ("must have at least {0} characters", "doit avoir au moins {0} caractères"),
    "maxLength": ("must have at most {0} characters", "doit avoir au plus {0} caractères"),
}


def resolve(asked: Mapping[str, Any], model: Model) -> dict[str, Any]:
    """Every parameter the model takes, as it will be used, `seed` included.

    `aspect_ratio` becomes a width and height of about the model's default area, `duration_s` a number
    of frames. Raises `LimitExceeded`, one `FieldError` for each fault.
    """
    fields: Mapping[str, Any] = model.parameters["properties"]
    wanted = dict(asked)
    ratio, duration = wanted.pop("aspect_ratio", None), wanted.pop("duration_s", None)
    if ratio is not None:
        wanted |= _sized(str(ratio), wanted, fields)
    if duration is not None:
        wanted |= _timed(float(duration), wanted, fields)
    faults = tuple(_faults(wanted, model))
    if faults:
        raise LimitExceeded(faults[0].detail, errors=faults)
    defaults = {name: field["default"] for name, field in fields.items() if "default" in field}
    return {"seed": _drawn(fields.get("seed", {})), **defaults, **wanted}


def _drawn(field: Mapping[str, Any]) -> int:
    """Any seed that the model takes."""
    least, most = int(field.get("minimum", 0)), min(LARGEST_SEED, int(field.get("maximum", LARGEST_SEED)))
    return least + secrets.randbelow(most - least + 1)


def _faults(wanted: Mapping[str, Any], model: Model) -> Iterator[FieldError]:
    fields = model.parameters["properties"]
    for name in wanted.keys() - fields.keys():
        yield _fault(name, f"{model.title} does not take {name}", f"{model.title} n'accepte pas {name}")
    known = {name: value for name, value in wanted.items() if name in fields}
    for error in jsonschema.Draft202012Validator(model.parameters).iter_errors(known):
        if error.validator == "required":
            for name in set(error.validator_value) - known.keys():
                yield _fault(name, f"{name} is required", f"{name} est requis")
        else:
            en, fr = _PHRASES.get(str(error.validator), ("is not valid", "n'est pas valide"))
            name = "/".join(map(str, error.absolute_path))
            bound = error.validator_value
            yield _fault(name, f"{name} {en.format(bound)}", f"{name} {fr.format(bound)}")


def _fault(name: str, en: str, fr: str) -> FieldError:
    return FieldError(f"/{name}", Text(en, fr))


def _refused(name: str, en: str, fr: str) -> LimitExceeded:
    fault = _fault(name, en, fr)
    return LimitExceeded(fault.detail, errors=(fault,))


def _sized(ratio: str, wanted: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, int]:
    if "width" in wanted or "height" in wanted:
        raise _refused(
            "aspect_ratio",
            "give aspect_ratio or width and height, not both",
            "donnez aspect_ratio, ou width et height, pas les deux",
        )
    if not {"width", "height"} <= fields.keys():
        raise _refused("aspect_ratio", "this model has no sizes", "ce modèle n'a pas de dimensions")
    across, down = map(int, ratio.split(":"))
    area = fields["width"].get("default", 512) * fields["height"].get("default", 512)
    width = math.sqrt(area * across / down)
    return {"width": _near(width, fields["width"]), "height": _near(width * down / across, fields["height"])}


def _near(pixels: float, field: Mapping[str, Any]) -> int:
    step = field.get("multipleOf", 1)
    rounded = max(step, round(pixels / step) * step)
    return int(min(max(rounded, field.get("minimum", step)), field.get("maximum", rounded)))


def _timed(seconds: float, wanted: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, int]:
    if "num_frames" in wanted:
        raise _refused(
            "duration_s", "give duration_s or num_frames, not both", "donnez duration_s ou num_frames, pas les deux"
        )
    if not {"num_frames", "fps"} <= fields.keys():
        raise _refused("duration_s", "this model makes no clips", "ce modèle ne fait pas de vidéo")
    fps = wanted.get("fps", fields["fps"].get("default"))
    return {"num_frames": round(seconds * fps) if isinstance(fps, int | float) else 0}
