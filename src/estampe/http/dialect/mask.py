"""OpenAI's masks say by transparency where to draw anew; ours say it in white."""

import io

from PIL import Image

from estampe.errors import FieldError, InvalidRequestBody, Text

HALF = 128


def in_white(content: bytes) -> bytes:
    """The same mask as a PNG, white where it was transparent; `content` is known to decode within limits.

    Raises `InvalidRequestBody` for a mask that is opaque everywhere: nothing would be drawn.
    """
    with Image.open(io.BytesIO(content)) as picture:
        alpha = picture.convert("RGBA").getchannel("A")
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
