"""Takes a picture of every page of the studio: `make screenshots` writes all to build/, the best to docs/images/."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from tests.browser.conftest import FLAGS
from tests.browser.visit import ROOT, Installation, Visitor, chromium, installed, playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from tests.service import Person

ALL, BEST = ROOT / "build" / "screenshots", ROOT / "docs" / "images" / "studio"
MOST_BYTES = 60_000
QUALITIES = (82, 74, 66, 58, 50, 42, 34)
WINDOWS = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
SETTLED = """async () => {
    await document.fonts.ready
    const shown = [...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight)
    await Promise.allSettled(shown.map((one) => one.decode()))
}"""

PICTURES = (
    "a red fox", "un chat sur fond jaune", "purple butterfly", "une baleine bleue sur fond rose", "a penguin",
    "yellow sunflower", "un hibou", "green turtle", "une pomme rouge", "a rocket", "un papillon orange",
    "a blue whale", "un tournesol", "a sailboat",
)  # fmt: skip
CLIPS = ("a bouncing red apple", "un papillon qui vole", "a rocket")


@dataclass(frozen=True)
class Shot:
    """A page, what must be on it and what is done there; `best` are the windows and appearances that are committed."""

    name: str
    path: str
    shown: str = "main h1"
    prepare: Callable[[Page], None] = lambda page: None
    best: frozenset[tuple[str, str]] = frozenset()
    signed_in: bool = True


def shots(job_id: str) -> list[Shot]:
    both = frozenset({("wide", "light"), ("wide", "dark")})
    return [
        Shot("gate", "/", signed_in=False, best=frozenset({("wide", "light")})),
        Shot("images", "/generate-images", "main article img", _words("a red fox"), best=both | {("phone", "light")}),
        Shot("videos", "/generate-videos", "main article", _words("a rocket")),
        Shot("gallery", "/gallery", "main img", best=both | {("phone", "dark")}),
        Shot("detail", f"/gallery/{job_id}", "img[src*=content]", best=frozenset({("wide", "light")})),
        Shot("usage", "/usage", "main svg", best=frozenset({("wide", "light")})),
        Shot("keys", "/keys", "main table"),
        Shot("sign-ins", "/sign-ins", "main h2"),
        Shot("operator", "/operator", "main table", best=frozenset({("wide", "dark")})),
        Shot("nowhere", "/nowhere"),
    ]


def _words(prompt: str) -> Callable[[Page], None]:
    def fill(page: Page) -> None:
        place = page.get_by_role("textbox").first
        if place.count():
            place.fill(prompt)

    return fill


def work(person: Person, stranger: Person) -> str:
    """Fills the installation as a day of work would; gives a job that looks well."""
    person.ended(person.ask("zorg"))  # no model knows it
    made = [person.make(prompt, model="vignette", seed=number) for number, prompt in enumerate(PICTURES)]
    for prompt in CLIPS:
        person.ended(person.ask(prompt, "video", model="vignette-clip"))
    for name in ("atelier", "site web"):
        person.post("/api/keys", json={"name": name})
    for _ in range(6):
        stranger.get("/api/me")
    return made[0]["job_id"]


def taken(page: Page, shot: Shot, url: str) -> Image.Image:
    page.goto(url + shot.path)
    page.locator(shot.shown).filter(visible=True).first.wait_for()
    shot.prepare(page)
    page.wait_for_load_state("load")
    page.wait_for_timeout(700)  # a page is looked at once its pictures and plots have come in
    page.evaluate(SETTLED)
    return Image.open(io.BytesIO(page.screenshot()))


def kept(picture: Image.Image, path: Path) -> None:
    """As a WebP of the best quality that is small enough."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for quality in QUALITIES:
        packed = io.BytesIO()
        picture.convert("RGB").save(packed, "WEBP", quality=quality, method=6)
        if packed.tell() <= MOST_BYTES:
            break
    path.write_bytes(packed.getvalue())
    print(path.relative_to(ROOT), f"{packed.tell() / 1000:.0f} kB")  # noqa: T201 - a script tells what it made


@contextmanager
def looking(browser: Browser, window: str, appearance: str, session: Any) -> Iterator[Page]:
    context = browser.new_context(
        locale="fr-FR" if appearance == "dark" else "en-US",
        color_scheme=appearance,
        viewport=WINDOWS[window],
        reduced_motion="reduce",
        storage_state=session,
    )
    yield context.new_page()
    context.close()


def take(browser: Browser, installation: Installation, which: list[Shot]) -> None:
    context = browser.new_context()
    Visitor(context, installation.url).signs_in(installation.new_link())
    session = context.storage_state()
    context.close()
    for window in WINDOWS:
        for appearance in ("light", "dark"):
            for shot in which:
                known = session if shot.signed_in else None
                with looking(browser, window, appearance, known) as page:
                    picture = taken(page, shot, installation.url)
                name = f"{shot.name}-{window}-{appearance}.webp"
                kept(picture, ALL / name)
                if (window, appearance) in shot.best:
                    kept(picture, BEST / name)


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, playwright().sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS.split())
        with installed(Path(folder), engines="vignette", token_seconds=60) as installation:
            with installation.person() as person, installation.person("user_gone") as stranger:
                stranger.headers["Authorization"] += "x"
                found = shots(work(person, stranger))
            take(browser, installation, [one for one in found if not names or one.name in names])
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
