"""`/v1`, in OpenAI's words: its clients make pictures and clips here, as jobs like any others."""

from estampe.http.dialect import images, models, videos
from estampe.http.dialect.waiting import Waiting
from estampe.http.route import Route


def routes(max_upload_bytes: int) -> list[Route]:
    waiting = Waiting()
    return [
        *images.routes(waiting, max_upload_bytes),
        *videos.routes(waiting, max_upload_bytes),
        *models.ROUTES,
    ]
