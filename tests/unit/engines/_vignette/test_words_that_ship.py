import pytest

from estampe.engines._vignette.lexicon import lexicon
from estampe.engines._vignette.prompt import read


def test_there_are_hundreds_and_each_name_is_its_own_subject():
    known = lexicon()
    assert len(known.subjects) >= 500
    for names in known.names.values():
        assert [read(name).subject.name for name in names] == list(known.subjects)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("a cat", "un chat"),
        ("dog", "chien"),
        ("horses", "des chevaux"),
        ("an elephant", "l'éléphant"),
        ("a butterfly", "un papillon"),
        ("birds", "oiseaux"),
        ("an owl", "un hibou"),
        ("snail", "escargot"),
        ("a whale", "une baleine"),
        ("an octopus", "une pieuvre"),
        ("a dragon", "un dragon"),
        ("a rose", "une rose"),
        ("a tree", "un arbre"),
        ("a sunflower", "un tournesol"),
        ("a mushroom", "un champignon"),
        ("an apple", "une pomme"),
        ("strawberries", "des fraises"),
        ("a cake", "un gâteau"),
        ("ice cream", "une glace"),
        ("cheese", "du fromage"),
        ("coffee", "un café"),
        ("a car", "une voiture"),
        ("a bus", "un bus"),
        ("a bicycle", "un vélo"),
        ("a rocket", "une fusée"),
        ("a boat", "un bateau"),
        ("a plane", "un avion"),
        ("a house", "une maison"),
        ("a castle", "un château"),
        ("a bridge", "un pont"),
        ("a city", "une ville"),
        ("the sun", "le soleil"),
        ("the moon", "la lune"),
        ("a star", "une étoile"),
        ("a cloud", "un nuage"),
        ("a rainbow", "un arc-en-ciel"),
        ("snow", "la neige"),
        ("fire", "le feu"),
        ("a soccer ball", "un ballon de foot"),
        ("a balloon", "un ballon"),
        ("a trophy", "un trophée"),
        ("a red apple", "une pomme rouge"),
        ("a blue car", "une voiture bleue"),
        ("two green apples", "deux pommes vertes"),
        ("a purple butterfly on a yellow background", "un papillon violet sur fond jaune"),
    ],
)
def test_everyday_words_mean_the_same_in_both_languages(english, french):
    one, other = read(english), read(french)
    assert one.drawn == other.drawn != ()
    assert (one.background, one.ignored, other.ignored) == (other.background, (), ())


@pytest.mark.parametrize("prompt", ["robot", "a heart", "un cœur", "guitar", "un livre", "happiness", "qzxv"])
def test_what_cannot_be_drawn_is_said_and_nothing_else_is_drawn(prompt):
    reading = read(prompt)
    assert reading.parts == ()
    assert reading.ignored
