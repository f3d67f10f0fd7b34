import base64
import hashlib
import re
from html.parser import HTMLParser

from tests.unit.http.tiny import TABLE, line, who

from estampe.http.docs_page import HEADERS, docs_page
from estampe.http.table import Table

PAGE = docs_page(TABLE.document()).decode()


def test_every_route_shape_and_code_is_on_the_page():
    for route in TABLE:
        assert f"<code>{route.path}</code>" in PAGE
    for word in ("token_missing", "Wish", "prompt", "multiple", "Seconds to wait.", "images:generate", "image/*"):
        assert word in PAGE


def test_every_link_leads_somewhere():
    anchors = set(re.findall(r'id="([^"]+)"', PAGE))
    assert set(re.findall(r'href="#([^"]+)"', PAGE)) <= anchors


def test_nothing_is_fetched_or_run_and_the_style_is_the_one_allowed():
    assert "<script" not in PAGE
    assert "src=" not in PAGE
    style = re.search(r"<style>(.*)</style>", PAGE, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in HEADERS["Content-Security-Policy"]
    assert HEADERS["Content-Security-Policy"].startswith("default-src 'none'")
    assert "style=" not in PAGE
    assert "prefers-color-scheme:dark" in style


def test_a_text_of_ours_cannot_become_markup():
    page = docs_page(Table([line("GET", "/", who, summary="<b>&", tag="<i>")]).document()).decode()
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page
    assert "<i>" not in page


def test_the_page_is_well_formed():
    class Balance(HTMLParser):
        open: list[str] = []  # noqa: RUF012 - one page, one parser

        def handle_starttag(self, tag, attrs):
            if tag not in {"meta", "br"}:
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    parser = Balance()
    parser.feed(PAGE)
    assert parser.open == []
