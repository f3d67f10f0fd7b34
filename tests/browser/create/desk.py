"""The page where things are made, as the tests look for what is on it."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from PIL import Image
from tests.browser.expecting import expect
from tests.browser.visit import PATIENCE_MS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


LOADED = "image => image.complete && image.naturalWidth > 0"
DROPPED = """([type, name, bytes]) => {
    const held = new DataTransfer()
    held.items.add(new File([Uint8Array.from(bytes)], name, { type }))
    for (const name of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(name, { dataTransfer: held, bubbles: true, cancelable: true }))
}"""
PASTED = """([type, name, bytes]) => {
    const held = new DataTransfer()
    held.items.add(new File([Uint8Array.from(bytes)], name, { type }))
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true }))
}"""
ALONE = "localStorage.setItem('estampe.organization', '')"


def until(locator: Locator, question: str) -> None:
    """Wait until `question`, a function in JavaScript, is true of the element."""
    locator.page.wait_for_function(question, arg=locator.element_handle())


def is_done(made: Locator) -> None:
    expect(made).to_have_attribute("data-status", "succeeded", timeout=2 * PATIENCE_MS)


def words(page: Page) -> Locator:
    return page.get_by_role("textbox", name=re.compile("^(Describe|Décrivez)"))


def picture(width: int = 96, height: int = 64) -> list[Any]:
    """A file as `DROPPED` wants it: type, name, bytes."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 40, 40)).save(file, "PNG")
    return ["image/png", "start.png", list(file.getvalue())]
