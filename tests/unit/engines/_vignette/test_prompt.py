from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from estampe.engines._vignette import prompt as reader
from estampe.engines._vignette.lexicon import Lexicon, grammar, lexicon
from estampe.engines._vignette.prompt import LONGEST_REPORTED_WORD, MOST_REPORTED_WORDS

# Forty subjects that do not change with the weights.
FORTY = lexicon(Path(__file__).parent)


def read(prompt, *, known=FORTY, **given):
    return reader.read(prompt, known=known, **given)


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


@pytest.mark.parametrize(
    ("prompt", "expected", "spelled"),
    [
        ("pommme", "apple", "pomme"),
        ("pomem", "apple", "pomme"),
        ("voitur", "car", "voiture"),
        ("une voitrue bleue", "car", "voiture"),
        ("l'éléphnat", "elephant", "elephant"),
        ("elephents", "elephant", "elephant"),
        ("sailbaot", "sailboat", "sailboat"),
        ("birthdy cake", "birthday cake", "birthday cake"),
        ("chateua", "castle", "chateau"),
    ],
)
def test_a_slip_of_the_pen_is_mended_and_said(prompt, expected, spelled):
    reading = read(prompt)

    assert reading.subject.name == expected
    assert [told.split(" → ")[1] for told in reading.read_as] == [spelled]
    assert reading.ignored == ()


@pytest.mark.parametrize("prompt", ["kat", "elefant", "cta", "mouse", "horde", "houses of cards", "coat"])
def test_what_is_another_word_or_further_away_is_no_slip(prompt):
    assert read(prompt).read_as == ()


@pytest.mark.parametrize("prompt", ["kat", "elefant", "cta", "mouse", "horde", "pommade", "planet", "marine"])
def test_an_unknown_word_is_reported_not_guessed(prompt):
    assert read(prompt).ignored == (prompt,)
    assert read(prompt).subject is None


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


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", [("cat", None, 1)]),
        ("two cats", [("cat", None, 2)]),
        ("3 chats", [("cat", None, 3)]),
        ("trois pommes vertes", [("apple", "green", 3)]),
        ("two big red cars", [("car", "red", 2)]),
        ("a pair of blue fish", [("fish", "blue", 2)]),
        ("one owl", [("owl", None, 1)]),
        ("seven owls", [("owl", None, 1)]),
        ("a cat and a dog", [("cat", None, 1), ("dog", None, 1)]),
        ("a red apple and a blue car", [("apple", "red", 1), ("car", "blue", 1)]),
        ("une pomme rouge et une voiture bleue", [("apple", "red", 1), ("car", "blue", 1)]),
        ("une pomme et une voiture bleue", [("apple", None, 1), ("car", "blue", 1)]),
        ("deux pommes rouges et une voiture", [("apple", "red", 2), ("car", None, 1)]),
        ("the apple and the car are blue", [("apple", None, 1), ("car", "blue", 1)]),
        ("a red apple and a green apple", [("apple", "red", 1), ("apple", "green", 1)]),
        ("a red apple, une pomme", [("apple", "red", 1)]),
        ("a cat, a dog and a fox", [("cat", None, 1), ("dog", None, 1)]),
        ("two red apples on a blue background", [("apple", "red", 2)]),
        ("three zebras and a cat", [("cat", None, 1)]),
        ("une rose et un chat", [("rose", None, 1), ("cat", None, 1)]),
        ("une rose rose", [("rose", "pink", 1)]),
        ("un chat rose", [("cat", "pink", 1)]),
        ("rose house", [("house", "pink", 1)]),
    ],
)
def test_up_to_three_of_up_to_two_subjects_are_read_each_with_its_colour(prompt, expected):
    assert [(part.subject.name, part.colour, part.count) for part in read(prompt).parts] == expected


def test_what_is_not_drawn_is_said_to_be_ignored():
    reading = read("seven cats, a dog and a fox")

    assert reading.ignored == ("seven", "fox")


def test_a_word_that_only_goes_with_a_few_subjects_stands_for_one_of_them_where_nothing_is_named():
    known = Lexicon(
        {
            "subjects": {
                name: {"tokens": [name], "en": name, "fr": name, "emoji": "", "hints": "fruit"}
                for name in ("apple", "pear", "plum")
            },
            "colours": ["red"],
            "styles": [],
        },
        grammar(),
    )

    drawn = {read("a red fruit", choice=choice, known=known).subject.name for choice in range(9)}

    assert drawn == {"apple", "pear", "plum"}
    assert read("a red fruit", choice=1, known=known).read_as == ("fruit → pear",)
    assert read("a pear is a fruit", known=known).ignored == ("fruit",)


def test_a_colour_that_the_weights_do_not_know_is_left_to_backgrounds():
    reading = read("a black cat on a black background")

    assert (reading.colour, reading.background) == (None, "black")


def test_words_are_reported_as_they_were_written():
    reading = read("Trois Gâteaux d\u2019Anniversaire très BLEUS, zèbre!")
    assert reading.understood == ("Trois", "Gâteaux d\u2019Anniversaire", "BLEUS")
    assert reading.ignored == ("zèbre",)


def test_reports_hold_no_control_characters():
    assert read("birthday\x00\ncake\x1b[31m").understood == ("birthday cake",)


def test_right_to_left_words_are_reported():
    assert read("قطة cat חתול").ignored == ("قطة", "חתול")


def test_a_long_prompt_gives_a_short_report():
    reading = read(" ".join(f"w{index}" for index in range(900)) + " cat" + "x" * 200)
    assert len(reading.ignored) == MOST_REPORTED_WORDS
    assert max(map(len, read("x" * 4000).ignored)) == LONGEST_REPORTED_WORD


@given(st.text(max_size=4000))
@example("\U0001f8b2")  # a sign that is younger than Python's tables
def test_any_text_is_read(text):
    reading = read(text, moving=True)
    assert all(word.isprintable() and word for word in reading.understood + reading.ignored)
