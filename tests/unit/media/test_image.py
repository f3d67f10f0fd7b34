import io
import json
import struct
import zlib

import msgspec
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from estampe.errors import LimitExceeded, MediaTypeUnsupported
from estampe.media import Label, brought
from estampe.media.image import Image

LABEL = Label(job_id="jb_1", model="vignette", prompt="un chat", seed=5, parameters={"prompt": "un chat", "width": 64})
FRAME = np.full((1, 64, 64, 3), 200, np.uint8)


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb(width, height):
    """A small PNG that claims to be large."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


def test_a_png_tells_how_it_was_made_as_json(tmp_path):
    Image().encode(FRAME, {"output_format": "png"}, LABEL, tmp_path / "file")
    with Pillow.open(tmp_path / "file") as picture:
        told = json.loads(picture.info["estampe"])
        assert picture.info["Description"] == "un chat"
    assert told["prompt"] == "un chat"
    assert told["seed"] == 5
    assert told["parameters"] == {"width": 64}


def test_a_file_says_what_its_picture_was_enlarged_from(tmp_path):
    label = msgspec.structs.replace(LABEL, enlarged_from=(32, 32))
    for name, wanted in (("plain", LABEL), ("large", label)):
        Image().encode(FRAME, {"output_format": "png"}, wanted, tmp_path / name)

    with Pillow.open(tmp_path / "plain") as plain, Pillow.open(tmp_path / "large") as large:
        assert "enlarged_from" not in json.loads(plain.info["estampe"])
        assert json.loads(large.info["estampe"])["enlarged_from"] == [32, 32]


@pytest.mark.parametrize("format_", Image.formats)
def test_every_format_carries_the_same_xmp(format_, tmp_path):
    Image().encode(FRAME, {"output_format": format_}, LABEL, tmp_path / "file")
    with Pillow.open(tmp_path / "file") as picture:
        packet = picture.info.get("xmp") or picture.info["XML:com.adobe.xmp"]
    text = packet.decode() if isinstance(packet, bytes) else packet
    assert '<rdf:li xml:lang="x-default">un chat</rdf:li>' in text
    assert "<estampe:generation>{" in text


def test_png_keeps_every_pixel_and_its_transparency(tmp_path):
    frame = np.random.default_rng(0).integers(0, 256, (1, 20, 30, 4)).astype(np.uint8)
    Image().encode(frame, {"output_format": "png"}, None, tmp_path / "file")
    with Pillow.open(tmp_path / "file") as picture:
        assert np.array_equal(np.asarray(picture), frame[0])


def test_jpeg_shows_transparency_as_white(tmp_path):
    Image().encode(np.zeros((1, 8, 8, 4), np.uint8), {"output_format": "jpeg"}, None, tmp_path / "file")
    with Pillow.open(tmp_path / "file") as picture:
        assert picture.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(("width", "height"), [(8000, 8000), (60_000, 60_000), (2**31 - 1, 2**31 - 1), (50_000_001, 1)])
def test_a_bomb_is_refused_for_its_size(width, height, tmp_path):
    (tmp_path / "file").write_bytes(bomb(width, height))
    with pytest.raises(LimitExceeded):
        Image().inspect(tmp_path / "file")
    with pytest.raises(LimitExceeded):
        Image().poster(tmp_path / "file", 64)


def jpeg(**said):
    content = io.BytesIO()
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    Pillow.fromarray(noise).save(content, "JPEG", **said)
    return content.getvalue()


def with_last_scan(content, times):
    """The same picture: it is drawn over and over, as it was."""
    start = content.rindex(b"\xff\xda")
    return content[:start] + content[start:-2] * times + content[-2:]


@pytest.mark.parametrize("rest", [{}, {"restart_marker_blocks": 1}])
def test_a_jpeg_that_draws_its_picture_over_and_over_is_refused(rest, tmp_path):
    content = jpeg(progressive=True, **rest)
    (tmp_path / "file").write_bytes(with_last_scan(content, 54))
    assert Image().inspect(tmp_path / "file").width == 64

    (tmp_path / "file").write_bytes(with_last_scan(content, 100))
    with pytest.raises(LimitExceeded):
        Image().inspect(tmp_path / "file")
    with pytest.raises(LimitExceeded):
        Image().poster(tmp_path / "file", 32)


def test_scans_do_not_hide_where_a_decoder_goes_on_from_restart_to_restart(tmp_path):
    content = jpeg(progressive=True, restart_marker_blocks=1)
    last = content.rindex(b"\xff\xda")
    within = content.index(b"\xff\xd0", last)
    hidden = b"\xff\x02\xf0\x00" + content[last:-2] * 100
    (tmp_path / "file").write_bytes(content[:within] + hidden + content[within:])

    with pytest.raises(LimitExceeded):
        Image().inspect(tmp_path / "file")


def test_a_jpeg_in_a_million_parts_is_refused(tmp_path):
    content = jpeg()
    (tmp_path / "file").write_bytes(content[:2] + b"\xff\xe1\x00\x02" * 1_000_000 + content[2:])

    with pytest.raises(LimitExceeded):
        Image().inspect(tmp_path / "file")


def test_what_looks_like_scans_in_the_notes_of_a_jpeg_is_none(tmp_path):
    thumbnail = with_last_scan(jpeg(progressive=True), 100)[:60_000]
    (tmp_path / "file").write_bytes(jpeg(progressive=True, comment=thumbnail, icc_profile=b"\xff\xda" * 50_000))

    assert Image().inspect(tmp_path / "file").media_type == "image/jpeg"


@pytest.mark.parametrize("said", [{}, {"progressive": True}, {"quality": 100, "subsampling": 0}, {"keep_rgb": True}])
def test_an_ordinary_jpeg_is_read_whatever_follows_it(said, tmp_path):
    (tmp_path / "file").write_bytes(jpeg(**said) + b"\xff\xda" * 1000)

    assert Image().inspect(tmp_path / "file").media_type == "image/jpeg"


def test_a_picture_with_no_pixels_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(bomb(0, 10))
    with pytest.raises(MediaTypeUnsupported):
        Image().inspect(tmp_path / "file")


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP"])
def test_an_animation_is_refused(format_, tmp_path):
    shades = [Pillow.new("RGB", (8, 8), (shade, 0, 0)) for shade in (0, 120, 255)]
    shades[0].save(tmp_path / "file", format_, save_all=True, append_images=shades[1:])
    with pytest.raises(MediaTypeUnsupported):
        Image().inspect(tmp_path / "file")


@pytest.mark.parametrize("format_", Image.formats)
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_phone_held_upright_gives_an_upright_picture(mode, format_, tmp_path):
    exif = Pillow.Exif()
    exif[0x0112] = 6
    lying = Pillow.new("L", (40, 20))
    lying.paste(255, (0, 0, 20, 20))
    kept = mode if format_ == "png" or (mode, format_) == ("L", "jpeg") else "RGB"
    lying.convert(kept).save(tmp_path / "file", format_.upper(), exif=exif)
    facts = Image().inspect(tmp_path / "file")
    assert (facts.width, facts.height) == (20, 40)
    for side, size in ((64, (20, 40)), (20, (10, 20))):
        with Pillow.open(io.BytesIO(Image().poster(tmp_path / "file", side))) as poster:
            assert poster.size == size
            top, bottom = (poster.convert("L").getpixel((5, at)) for at in (3, size[1] - 4))
            assert (top > 240, bottom < 15) == (True, True)


def test_a_jpeg_with_a_second_picture_inside_is_a_jpeg(tmp_path):
    first, second = Pillow.new("RGB", (40, 20)), Pillow.new("RGB", (10, 5))
    first.save(tmp_path / "file", "MPO", save_all=True, append_images=[second])
    assert Image().inspect(tmp_path / "file").media_type == "image/jpeg"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBA", "CMYK"])
def test_a_poster_is_made_of_every_mode(mode, tmp_path):
    Pillow.new(mode, (40, 20)).save(tmp_path / "file", "JPEG" if mode == "CMYK" else "PNG")
    with Pillow.open(io.BytesIO(Image().poster(tmp_path / "file", 16))) as poster:
        assert poster.size == (16, 8)


def test_the_shades_of_sixteen_bits_are_kept_in_eight(tmp_path):
    levels = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    transparent = PngInfo()
    transparent.add(b"tRNS", struct.pack(">H", 30_000))
    for name, more in (("file", {}), ("with a transparent level", {"pnginfo": transparent})):
        Pillow.fromarray(levels).save(tmp_path / name, "PNG", **more)
        with Pillow.open(io.BytesIO(Image().poster(tmp_path / name, 64))) as poster:
            shown = np.asarray(poster.convert("L")).astype(int)
        assert abs(shown - levels // 257).mean() < 2
        assert np.array_equal(np.asarray(brought(tmp_path / name))[..., 0], np.round(levels / 257))


def test_a_file_that_is_not_there_is_refused_like_one_that_cannot_be_read(tmp_path):
    with pytest.raises(MediaTypeUnsupported):
        Image().inspect(tmp_path / "nothing")


def test_a_picture_is_one_unit():
    assert Image().units({"num_outputs": 4}) == 4
