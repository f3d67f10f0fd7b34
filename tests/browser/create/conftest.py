"""What was asked of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.visit import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Request


@pytest.fixture
def sent(ana: Visitor) -> list[dict[str, Any]]:
    """The bodies of what ana asked to be made."""
    bodies: list[dict[str, Any]] = []

    def note(asked: Request) -> None:
        if asked.method == "POST" and asked.url.endswith("/generate"):
            bodies.append(asked.post_data_json)

    ana.page.on("request", note)
    return bodies
