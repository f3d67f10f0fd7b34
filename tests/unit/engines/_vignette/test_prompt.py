import pytest
from hypothesis import given
from hypothesis import strategies as st

from estampe.engines._vignette.lexicon import lexicon
from estampe.engines._vignette.prompt import LONGEST_REPORTED_WORD, MOST_REPORTED_WORDS, read


def subject(prompt):
    found = read(prompt).subject
    return found and found.name


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a car", "car"),
        ("auto", "car"),
        ("une voiture", "car"),
        ("l'éléphant", "elephant"),
        ("L\u2019ÉLÉPHANT", "elephant"),
        ("ELEPHANT", "elephant"),
        ("e\u0301le\u0301phant", "elephant"),
        ("gâteau d'anniversaire", "birthday cake"),
        ("gâteau d\u2019anniversaire", "birthday cake"),
        ("un bateau à voile", "sailboat"),
        ("boat", "sailboat"),
        ("arc-en-ciel", "rainbow"),
        ("ice cream", "ice cream"),
        ("glace à l'italienne", "ice cream"),
        ("a cat's face", "cat face"),
        ("tête de chat", "cat face"),
        ("🚀", "rocket"),
        ("⛵\ufe0f", "sailboat"),
        ("rose", "rose"),
        ("une rose rose", "rose"),
        ("a cat and a dog", "cat"),
    ],
)
def test_a_subject_is_known_by_many_names(prompt, expected):
    assert subject(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("butterflies", "butterfly"),
        ("strawberries", "strawberry"),
        ("foxes", "fox"),
        ("buses", "bus"),
        ("octopuses", "octopus"),
        ("chevaux", "horse"),
        ("châteaux", "castle"),
        ("bateaux à voiles", "sailboat"),
        ("gâteaux d'anniversaire", "birthday cake"),
        ("birthday cakes", "birthday cake"),
        ("arcs-en-ciel", "rainbow"),
        ("grape", "grapes"),
    ],
)
def test_plurals_are_the_same_subject(prompt, expected):
    assert subject(prompt) == expected


@pytest.mark.parametrize("prompt", ["kat", "pommme", "voitur", "elefant", "cta"])
def test_a_typo_is_reported_not_guessed(prompt):
    assert read(prompt).ignored == (prompt,)


@pytest.mark.parametrize(
    ("prompt", "colour"),
    [
        ("voitures bleues", "blue"),
        ("blue car", "blue"),
        ("une maison violette", "purple"),
        ("une voiture rose", "pink"),
        ("a rose", None),
        ("une rose rose", "pink"),
        ("a red apple and a green one", "red"),
        ("chat noir", None),
        ("fox on a blue background", None),
    ],
)
def test_colours_agree_in_gender_and_number(prompt, colour):
    assert read(prompt).colour == colour


@pytest.mark.parametrize(
    ("prompt", "background"),
    [
        ("fox", "white"),
        ("fox on a blue background", "blue"),
        ("fox, plain blue background", "blue"),
        ("fox, blue plain background", "blue"),
        ("un renard sur fond bleu", "blue"),
        ("un renard sur un fond uni bleu", "blue"),
        ("un renard, arrière-plan noir", "black"),
        ("voiture rose sur fond rose", "pink"),
        ("red car background", "white"),
        ("fox background", "white"),
    ],
)
def test_a_background_is_read_in_both_languages(prompt, background):
    assert read(prompt).background == background


def test_the_natural_colour_stands_where_none_is_asked():
    assert read("pomme").tokens == ["apple", "c:red"]
    assert read("pomme verte").tokens == ["apple", "c:green"]


@pytest.mark.parametrize(
    ("prompt", "motion"),
    [
        ("rebondit", "bounce"),
        ("jumping", "bounce"),
        ("qui roule", "cross"),
        ("se balance", "sway"),
        ("volante", "cross"),
    ],
)
def test_motions_are_read_where_the_result_moves(prompt, motion):
    assert read(f"pomme {prompt}", moving=True).motion == motion
    assert read(f"pomme {prompt}").motion is None


def test_words_are_reported_as_they_were_written():
    reading = read("Trois Gâteaux d\u2019Anniversaire très BLEUS, zèbre!")
    assert reading.understood == ("Gâteaux d\u2019Anniversaire", "BLEUS")
    assert reading.ignored == ("Trois", "zèbre")


def test_reports_hold_no_control_characters():
    assert read("birthday\x00\ncake\x1b[31m").understood == ("birthday cake",)


def test_right_to_left_words_are_reported():
    assert read("قطة cat חתול").ignored == ("قطة", "חתול")


def test_a_long_prompt_gives_a_short_report():
    reading = read(" ".join(f"w{index}" for index in range(900)) + " cat" + "x" * 200)
    assert len(reading.ignored) == MOST_REPORTED_WORDS
    assert max(map(len, read("x" * 4000).ignored)) == LONGEST_REPORTED_WORD


def test_every_name_in_the_lexicon_is_its_own_subject():
    known = lexicon()
    for names in known.names.values():
        assert [subject(name) for name in names] == list(known.subjects)


@given(st.text(max_size=4000))
def test_any_text_is_read(text):
    reading = read(text, moving=True)
    assert all(word.isprintable() and word for word in reading.understood + reading.ignored)
