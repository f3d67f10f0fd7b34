"""Files that came from outside: a size is refused before a pixel is decoded, and any failure is one answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from estampe.errors import EstampeError, LimitExceeded, MediaTypeUnsupported, Text

LARGEST_PIXELS = 50_000_000


@contextmanager
def judged() -> Iterator[None]:
    """Turns whatever a decoder says of hostile bytes into `MediaTypeUnsupported`."""
    try:
        yield
    except EstampeError:
        raise
    except Exception as error:
        raise unreadable() from error


def unreadable() -> MediaTypeUnsupported:
    return MediaTypeUnsupported(
        Text("The file cannot be read to its end.", "Le fichier ne peut pas être lu jusqu'au bout.")
    )


def refuse_kind(accepted: str) -> MediaTypeUnsupported:
    return MediaTypeUnsupported(
        Text(f"Only {accepted} files are read here.", f"Seuls les fichiers {accepted} sont lus ici.")
    )


def hold_to_size(width: int, height: int) -> None:
    """Raises `LimitExceeded`."""
    if width * height > LARGEST_PIXELS:
        most = LARGEST_PIXELS // 1_000_000
        raise LimitExceeded(
            Text(
                f"{width} by {height} pixels are too many: {most} million at most.",
                f"{width} sur {height} pixels, c'est trop : {most} millions au plus.",
            )
        )
    if width < 1 or height < 1:
        raise unreadable()
