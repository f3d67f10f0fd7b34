"""Forms, as clients send them and as nobody should."""

from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estampe.errors import InvalidRequestBody
from estampe.http.wire import forms

TYPE = "multipart/form-data; boundary=edge"


def sent(data: dict, files: list | None = None) -> tuple[bytes, str]:
    request = httpx.Request("POST", "http://here", data=data, files=files or [("unused", ("f", b""))])
    return request.read(), request.headers["content-type"]


def part(*headers: str, content: bytes = b"x") -> bytes:
    return b"--edge\r\n" + "\r\n".join(headers).encode() + b"\r\n\r\n" + content + b"\r\n"


def named(name: str, content: bytes = b"x") -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', content=content)


END = b"--edge--\r\n"


def test_what_a_client_sends_is_what_is_read():
    body, kind = sent({"prompt": "un été", "n": "2"}, [("image", ("cat.png", b"\x89PNG\r\n--\r\n", "image/png"))])

    assert forms.read(body, kind) == {"prompt": "un été", "n": "2", "image": b"\x89PNG\r\n--\r\n"}


@given(st.binary(max_size=300), st.text(max_size=50).filter(lambda text: "\0" not in text))
def test_bytes_and_texts_come_through_unchanged(content: bytes, text: str):
    body, kind = sent({"text": text}, [("file", ("f", content))])

    assert forms.read(body, kind) == {"text": text, "file": content}


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["a[]", "a[]"], {"a": ["x", "x"]}),
        (["a[0]", "a[1]"], {"a": ["x", "x"]}),
        (["a", "a", "a"], {"a": ["x", "x", "x"]}),
        (["a[b]", "a[c]"], {"a": {"b": "x", "c": "x"}}),
        (["a[b][c]"], {"a[b][c]": "x"}),
        (["a[]"], {"a": ["x"]}),
    ],
)
def test_brackets_and_repeats_make_lists_and_maps(names: list[str], found: dict):
    assert forms.read(b"".join(map(named, names)) + END, TYPE) == found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--edge",
        b"--edg--",
        b"--edge\r\n",
        named("a"),
        named("a")[:-2] + b"--edge--",
        part("Content-Disposition: form-data") + END,
        part('Content-Disposition: attachment; name="a"') + END,
        part("X: " + "y" * 5000, 'Content-Disposition: form-data; name="a"') + END,
        named("a", b"\xff") + END,
        named("a", b"\0") + END,
        named("a") * 65 + END,
        named("a") + named("a[b]") + END,
        named("a[b]") + named("a[]") + END,
    ],
)
def test_what_is_no_form_is_refused(body: bytes):
    with pytest.raises(InvalidRequestBody):
        forms.read(body, TYPE)


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=", "x; boundary=" + "a" * 71])
def test_a_boundary_is_needed(kind: str):
    with pytest.raises(InvalidRequestBody):
        forms.read(named("a") + END, kind)


def test_what_stands_before_the_first_and_after_the_last_part_is_nothing():
    assert forms.read(b"hello\r\n" + named("a") + END + b"bye", 'multipart/form-data; boundary="edge"') == {"a": "x"}


@given(st.binary(max_size=200))
def test_noise_is_refused_or_read(noise: bytes):
    for body in (noise, b"--edge\r\n" + noise + b"\r\n--edge--", named("a") + noise + END):
        with suppress(InvalidRequestBody):
            assert isinstance(forms.read(body, TYPE), dict)
