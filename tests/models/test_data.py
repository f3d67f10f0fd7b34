import json

import pytest

from estampe.engines._vignette.lexicon import lexicon
from estampe.engines._vignette.prompt import read

from .conftest import MISSING, SHAPES

pytest.importorskip("resvg_py", reason=MISSING)

from atelier.concepts import Concept
from atelier.dataset import build, read_dataset
from atelier.places import PROMPTS, SOURCES
from atelier.refusals import SourceRefused
from atelier.sources import fetch, read_sources
from atelier.split import held_out, read_prompts
from atelier.wording import lexicon_of


def test_every_shape_is_drawn_in_every_style_and_its_colour_known(inputs):
    data = read_dataset(inputs.data)

    assert data.stills.shape == (18, 128, 128, 4)
    assert {row["code"] for row in data.still_rows} == set(SHAPES)
    natives = {row["code"]: row["native"] for row in data.still_rows}
    assert natives == {
        "1f34e": "red",
        "1f697": "blue",
        "1f333": "green",
        "2b50": "yellow",
        "1f40b": "purple",
        "2601": "gray",
    }


def test_only_what_moves_becomes_a_clip(inputs):
    data = read_dataset(inputs.data)

    assert [row["code"] for row in data.clip_rows] == ["1f697"]
    assert data.clips.shape == (1, 16, 128, 128, 4)
    middle = data.clips[0, :, 64, :, 3].astype(int).argmax(axis=1)
    assert (middle[1:] >= middle[:-1]).all()


def test_what_is_built_is_not_built_again(inputs):
    before = {path.name: path.stat().st_mtime_ns for path in inputs.data.glob("*.npy")}

    build(inputs, lambda _: None)

    assert {path.name: path.stat().st_mtime_ns for path in inputs.data.glob("*.npy")} == before


def test_names_in_both_languages_stand_for_one_concept(inputs):
    known = lexicon(inputs.data)

    told = {prompt: read(prompt, known=known).drawn for prompt in ("apple", "pomme rouge", "car", "une bagnole", "🚗")}

    assert told["apple"] == (("k:1f34e",),)
    assert told["pomme rouge"] == (("k:1f34e", "c:red"),)
    assert told["car"] == told["une bagnole"] == told["🚗"] == (("k:1f697",),)


def concept(sign, label, *hints):
    return Concept(sign, sign, "travel", label, {"en": [label], "fr": [label]}, {"en": list(hints), "fr": []})


def test_what_cannot_be_drawn_hints_at_nothing_that_can():
    house, robot = concept("🏠", "house", "heart", "robot", "home"), concept("🤖", "robot")

    row = lexicon_of([house], {"❤": {"en": "heart"}}, others=[robot])["subjects"]["house"]

    assert row["hints"] == "home"


def test_a_colour_and_a_name_are_two_words_unless_they_are_a_label_of_something_by_hand():
    concepts = [concept("🚗", "car"), concept("🚙", "blue car"), concept("🥇", "gold medal"), concept("🏅", "medal")]

    known = lexicon_of(concepts, {"🚙": {"en": "jeep"}, "🥇": {"en": "gold medal"}})["subjects"]

    assert (known["jeep"]["en"], known["gold medal"]["en"]) == ("jeep", "gold medal")


def test_a_real_word_is_no_slip_of_the_pen(inputs):
    known = lexicon(inputs.data)

    assert read("whael", known=known).read_as == ("whael → whale",)
    assert read("stare", known=known).ignored == ("stare",)


def test_everyone_is_thanked_where_their_pictures_were_used(inputs):
    thanks = inputs.attribution.read_text("utf-8")

    learned, judged = thanks.split("Pictures that only the judge learned from")
    assert "@iconify-json/emojione" not in learned
    assert "CC-BY-4.0" in learned
    assert "Changed:" in judged


def test_a_licence_that_is_not_allowed_is_refused(tmp_path):
    line = json.loads(SOURCES.read_text("utf-8"))["packages"][0] | {"licence": "CC-BY-SA-4.0"}
    (tmp_path / "sources.json").write_text(json.dumps({"licences": ["MIT"], "packages": [line]}), "utf-8")

    with pytest.raises(SourceRefused, match="CC-BY-SA"):
        read_sources(tmp_path / "sources.json")


def test_a_package_that_was_changed_is_refused(inputs, tmp_path):
    source = read_sources(inputs.sources)[0]
    (tmp_path / source.file_name).write_bytes(b"something else")

    with pytest.raises(SourceRefused, match="not the file"):
        fetch(source, tmp_path)


def test_every_source_is_pinned_by_its_hash():
    assert all(source.integrity.startswith("sha512-") and source.version for source in read_sources(SOURCES))


def test_two_hundred_prompts_say_the_same_in_english_and_french():
    prompts = read_prompts(PROMPTS)

    asked = [{key: value for key, value in row.items() if key not in ("prompt", "language")} for row in prompts]
    assert len({row["prompt"] for row in prompts}) == len(prompts) == 200
    assert [row["language"] for row in prompts] == ["en", "fr"] * 100
    assert asked[::2] == asked[1::2]
    assert len(held_out(prompts).colours) == 45
