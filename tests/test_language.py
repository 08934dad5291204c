"""English or not, judged by function words."""

import pytest

from assistant.language import looks_english

ENGLISH = "The queen of the hive is the mother of all the bees, and she lays up to two thousand eggs in a day. "
GERMAN = "Die Königin des Bienenstocks ist die Mutter aller Bienen und legt bis zu zweitausend Eier an einem Tag. "
FRENCH = "La reine de la ruche est la mère de toutes les abeilles et elle pond jusqu'à deux mille œufs par jour. "
JAPANESE = "女王蜂は巣の中で唯一の産卵する蜂であり、一日に二千個の卵を産むことがあります。" * 8


@pytest.mark.parametrize(
    "text, english",
    [
        (ENGLISH * 5, True),
        (GERMAN * 5, False),
        (FRENCH * 5, False),
        (JAPANESE, False),
        ((ENGLISH * 5).upper(), True),
        ("Guten Tag", True),
        ("", True),
        ("17.5 | 22.1 | 9 | 100 %\n" * 50, True),
        (ENGLISH * 4 + GERMAN, True),
    ],
    ids=["english", "german", "french", "japanese", "capitals", "too short", "empty", "numbers", "mostly english"],
)
def test_the_language_is_judged_by_its_small_words(text, english):
    assert looks_english(text) is english


def test_only_the_first_pages_count():
    assert looks_english(ENGLISH * 300 + GERMAN * 300)
    assert not looks_english(GERMAN * 300 + ENGLISH * 300)
