import json
from fractions import Fraction

import av
import numpy as np
import pytest

from estampe.errors import LimitExceeded, MediaTypeUnsupported
from estampe.media import Label, _film, _untrusted
from estampe.media.video import Video

LABEL = Label(job_id="jb_1", model="vignette-clip", prompt="un chat\nqui saute", seed=5, parameters={"fps": 12})
RATES = [4, 7, 12, 23.976, 24]


def clip(count=16, height=64, width=96):
    pixels = np.zeros((count, height, width, 3), np.uint8)
    for index in range(count):
        pixels[index, :, :, index % 3] = 255 - index * 8
    return pixels


def encoded(path, frames, format_="mp4", fps=12, label=None):
    return Video().encode(frames, {"output_format": format_, "fps": fps}, label, path)


@pytest.mark.parametrize("fps", RATES)
def test_an_mp4_lasts_exactly_its_frames(fps, tmp_path):
    encoded(tmp_path / "file", clip(), fps=fps)
    rate = Fraction(fps).limit_denominator(1001)
    with av.open(str(tmp_path / "file")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == rate
        assert stream.frames == 16
        assert stream.duration * stream.time_base == 16 / rate
        times = [frame.pts * frame.time_base for frame in container.decode(stream)]
    assert times == [index / rate for index in range(16)]
    assert Video().inspect(tmp_path / "file").duration_s == float(16 / rate)


@pytest.mark.parametrize("fps", RATES)
def test_a_webm_lasts_its_frames_to_the_millisecond(fps, tmp_path):
    encoded(tmp_path / "file", clip(), "webm", fps)
    with av.open(str(tmp_path / "file")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "vp9"
        assert sum(1 for _ in container.decode(stream)) == 16
    assert Video().inspect(tmp_path / "file").duration_s == pytest.approx(16 / fps, abs=0.002)


def test_an_mp4_starts_playing_before_it_is_all_there(tmp_path):
    encoded(tmp_path / "file", clip())
    content = tmp_path.joinpath("file").read_bytes()
    assert content.find(b"moov") < content.find(b"mdat")


@pytest.mark.parametrize("format_", Video.formats)
def test_colours_come_back_as_they_were(format_, tmp_path):
    frames = clip(3)
    encoded(tmp_path / "file", frames, format_)
    with av.open(str(tmp_path / "file")) as container:
        for shown, meant in zip(container.decode(video=0), frames, strict=True):
            back = shown.to_ndarray(format="rgb24").astype(int)
            assert np.abs(back - meant).mean() < 4


@pytest.mark.parametrize("format_", Video.formats)
def test_an_odd_side_becomes_even(format_, tmp_path):
    facts = encoded(tmp_path / "file", clip(2, 33, 65), format_)
    assert (facts.width, facts.height) == (66, 34)
    assert Video().inspect(tmp_path / "file").width == 66


def test_the_container_tells_how_it_was_made(tmp_path):
    encoded(tmp_path / "file", clip(), label=LABEL)
    with av.open(str(tmp_path / "file")) as container:
        assert container.metadata["title"] == "un chat qui saute"
        assert json.loads(container.metadata["comment"])["prompt"] == "un chat\nqui saute"


def test_a_clip_is_priced_by_the_second():
    assert Video().units({"num_outputs": 2, "num_frames": 18, "fps": 12}) == 3


def test_an_audio_file_is_no_video(tmp_path):
    with av.open(str(tmp_path / "file"), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.rate = 48_000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(MediaTypeUnsupported):
        Video().inspect(tmp_path / "file")


def test_an_unusual_codec_is_refused(tmp_path):
    with av.open(str(tmp_path / "file"), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=12)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(clip(1, 64, 64)[0], format="rgb24")))
        container.mux(stream.encode(None))
    with pytest.raises(MediaTypeUnsupported):
        Video().inspect(tmp_path / "file")


def test_large_frames_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    encoded(tmp_path / "file", clip(2))
    monkeypatch.setattr(_untrusted, "LARGEST_PIXELS", 96 * 64 - 1)
    with pytest.raises(LimitExceeded):
        Video().inspect(tmp_path / "file")
    with pytest.raises(LimitExceeded):
        Video().poster(tmp_path / "file", 64)


def test_a_video_that_goes_on_is_refused(tmp_path, monkeypatch):
    encoded(tmp_path / "file", clip())
    monkeypatch.setattr(_film, "MOST_DECODED_PIXELS", 96 * 64 * 15)
    with pytest.raises(LimitExceeded):
        Video().inspect(tmp_path / "file")


def test_a_webm_without_its_last_frame_is_refused(tmp_path):
    encoded(tmp_path / "file", np.random.default_rng(0).integers(0, 256, (16, 64, 64, 3)).astype(np.uint8), "webm")
    content = (tmp_path / "file").read_bytes()
    (tmp_path / "file").write_bytes(content[:-400])
    with pytest.raises(MediaTypeUnsupported):
        Video().inspect(tmp_path / "file")
