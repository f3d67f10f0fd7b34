"""Every kind of media keeps the contract, whichever it is."""

import io

import numpy as np
import pytest
from PIL import Image

from estampe import plugins
from estampe.errors import LimitExceeded, MediaTypeUnsupported
from estampe.media import Label, placeholder, still

LABEL = Label(
    job_id="jb_example",
    model="vignette",
    prompt="une voiture « bleue » & <rapide> 🚗",
    seed=2**53 - 1,
    parameters={"width": 64, "prompt": "repeated", "negative_prompt": "rouge"},
)
FORMATS = [
    pytest.param(kind, format_, id=f"{kind}/{format_}")
    for kind in plugins.names("media")
    for format_ in plugins.load("media", kind).formats
]
every_kind = pytest.mark.parametrize("name", plugins.names("media"))
every_format = pytest.mark.parametrize(("name", "format_"), FORMATS)


def kind(name):
    return plugins.load("media", name)()


def frames(name, channels=3, height=48, width=64):
    count = 1 if name == "image" else 9
    slope = np.add.outer(np.arange(height), np.arange(width))[None, ..., None]
    turn = np.arange(count)[:, None, None, None] * 9
    return ((slope + turn + np.arange(channels) * 60) % 256).astype(np.uint8)


def parameters(format_):
    return {"output_format": format_, "num_outputs": 1, "num_frames": 9, "fps": 12}


@every_kind
def test_a_kind_names_itself_and_its_unit(name):
    assert kind(name).name == name
    assert kind(name).unit
    assert all(media_type.startswith(f"{name}/") for media_type in kind(name).formats.values())


@every_kind
def test_units_grow_with_the_outputs(name):
    one = kind(name).units({"num_outputs": 1, "num_frames": 16, "fps": 12})
    assert kind(name).units({"num_outputs": 3, "num_frames": 16, "fps": 12}) == pytest.approx(3 * one)


@every_kind
def test_what_a_model_that_takes_no_number_of_outputs_makes_is_one(name):
    clip = {"num_frames": 16, "fps": 12}
    assert kind(name).units(clip) == kind(name).units({"num_outputs": 1, **clip})


@every_format
@pytest.mark.parametrize("channels", [3, 4])
def test_what_is_encoded_is_inspected_alike(name, format_, channels, tmp_path):
    path = tmp_path / "file"
    told = kind(name).encode(frames(name, channels), parameters(format_), LABEL, path)
    read = kind(name).inspect(path)
    assert (read.media_type, read.width, read.height, read.frames) == (kind(name).formats[format_], 64, 48, told.frames)
    assert (read.media_type, read.width, read.height) == (told.media_type, told.width, told.height)
    assert read.duration_s == (told.duration_s and pytest.approx(told.duration_s, abs=0.001))


@every_format
def test_the_same_input_gives_the_same_bytes(name, format_, tmp_path):
    for copy in ("one", "two"):
        kind(name).encode(frames(name), parameters(format_), LABEL, tmp_path / copy)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@every_format
def test_a_label_is_written_inside_and_only_when_there_is_one(name, format_, tmp_path):
    kind(name).encode(frames(name), parameters(format_), LABEL, tmp_path / "labelled")
    kind(name).encode(frames(name), parameters(format_), None, tmp_path / "bare")
    labelled, bare = (tmp_path / "labelled").read_bytes(), (tmp_path / "bare").read_bytes()
    for word in (b"jb_example", b"vignette", b"9007199254740991", "« bleue »".encode(), b"trainedAlgorithmicMedia"):
        assert word in labelled
        assert word not in bare


@every_format
@pytest.mark.parametrize("prompt", ["\x00\x07\x1b", "\ud800", "🚗" * 4000, "&" * 4000, "]]><x>", '"\\' * 2000])
def test_any_prompt_can_be_written(name, format_, prompt, tmp_path):
    label = Label(job_id="j", model="m", prompt=prompt, seed=0, parameters={"negative_prompt": prompt})
    kind(name).encode(frames(name), parameters(format_), label, tmp_path / "file")
    kind(name).inspect(tmp_path / "file")


@every_format
def test_a_poster_is_a_small_webp_of_the_same_shape(name, format_, tmp_path):
    kind(name).encode(frames(name), parameters(format_), None, tmp_path / "file")
    with Image.open(io.BytesIO(kind(name).poster(tmp_path / "file", 32))) as poster:
        assert (poster.format, poster.size) == ("WEBP", (32, 24))
    with Image.open(io.BytesIO(kind(name).poster(tmp_path / "file", 512))) as poster:
        assert poster.size == (64, 48)


@every_format
@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.9])
def test_a_cut_file_is_refused(name, format_, share, tmp_path):
    path = tmp_path / "file"
    kind(name).encode(frames(name), parameters(format_), LABEL, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(MediaTypeUnsupported):
        kind(name).inspect(path)


@every_format
def test_a_damaged_file_is_read_or_refused_and_nothing_else(name, format_, tmp_path):
    path = tmp_path / "file"
    kind(name).encode(frames(name), parameters(format_), LABEL, path)
    content = bytearray(path.read_bytes())
    generator = np.random.default_rng(5)
    for _ in range(40):
        damaged = bytearray(content)
        for at in generator.integers(0, len(content), 12):
            damaged[at] = int(generator.integers(0, 256))
        path.write_bytes(damaged)
        for look in (kind(name).inspect, lambda file: kind(name).poster(file, 32)):
            try:
                look(path)
            except (MediaTypeUnsupported, LimitExceeded):
                continue


@every_kind
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"#EXTM3U\nfile:///etc/passwd\n",
        b"GIF89a" + bytes(40),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"\x00\x00\x00\x18ftypisom" + bytes(100),
        b"\x1a\x45\xdf\xa3" + bytes(100),
        b"RIFF\xff\xff\xff\x7fWEBPVP8X" + bytes(100),
        b"\xff\xd8\xff\xe0" + bytes(100),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
    ],
)
def test_what_is_not_its_own_is_refused(name, content, tmp_path):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(MediaTypeUnsupported):
        kind(name).inspect(tmp_path / "file")
    with pytest.raises(MediaTypeUnsupported):
        kind(name).poster(tmp_path / "file", 64)


@every_kind
def test_a_placeholder_is_a_tiny_url(name, tmp_path):
    format_ = next(iter(kind(name).formats))
    noise = np.random.default_rng(1).integers(0, 256, frames(name, height=200, width=200).shape).astype(np.uint8)
    kind(name).encode(noise, parameters(format_), None, tmp_path / "file")
    url = placeholder(kind(name).poster(tmp_path / "file", 384))
    assert url.startswith("data:image/webp;base64,")
    assert len(url) < 300


def test_a_still_is_webp_of_a_frame():
    with Image.open(io.BytesIO(still(frames("image", channels=4)[0], 32))) as shown:
        assert (shown.format, shown.size) == ("WEBP", (32, 24))
