"""OpenAI's own client, pointed at the service, as one of the people of a test."""

import io

import openai
from PIL import Image
from tests.service import Person

MIDDLE = (32, 32)


def openai_for(person: Person, key: str | None = None, **more) -> openai.OpenAI:
    """`key` instead of the person's token; what fails once is not tried again, unless `max_retries` says so."""
    client = openai.DefaultHttpxClient(trust_env=False, headers=more.pop("headers", None))
    said = {"base_url": f"{person.base_url}/v1", "max_retries": 0, "timeout": 60} | more
    return openai.OpenAI(api_key=key or person.token, http_client=client, **said)


def picture(color: tuple[int, ...], size: tuple[int, int] = (64, 64), *, hole: bool = False) -> io.BytesIO:
    """A PNG of one colour; with a `hole`, its left half is transparent."""
    drawn = Image.new("RGBA", size, color)
    if hole:
        drawn.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    file = io.BytesIO()
    drawn.save(file, "PNG")
    file.seek(0)
    file.name = "picture.png"
    return file
