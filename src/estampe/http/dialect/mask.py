"""OpenAI's masks say by transparency where to draw anew; ours say it in white."""

import io
from pathlib import Path

from estampe.errors import FieldError, InvalidRequestBody, Text
from estampe.media import brought

HALF = 128


def in_white(path: Path) -> bytes:
    """The same mask as an upright PNG, white where it was transparent; the file is known to decode within limits.

    Raises `InvalidRequestBody` for a mask that is opaque everywhere: nothing would be drawn.
    """
    alpha = brought(path).convert("RGBA").getchannel("A")
    white = alpha.point(lambda value: 255 if value < HALF else 0)
    if white.getbbox() is None:
        why = Text(
            "the mask has no transparent pixels: those say where to draw anew",
            "le masque n'a aucun pixel transparent : ce sont eux qui disent où redessiner",
        )
        raise InvalidRequestBody(why, errors=(FieldError("/mask", why),))
    kept = io.BytesIO()
    white.save(kept, "PNG")
    return kept.getvalue()
