"""Typing mistakes are mended by the words of the sources, and only there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.assembly import build_index, open_assistant
from assistant.indexes.generations import Generation
from assistant.spelling import Spelling, _one_slip_away

SOURCES = {
    "a.txt": "The Institution of Engineers met in Warsaw. Its institutions are outside. The warsaf is made up.",
    "b.txt": "Warsaw is a city on the Vistula.",
}


@pytest.fixture
def spelling(settings, make_sources):
    make_sources(SOURCES)
    build_index(settings=settings)
    generation = Generation(settings.index)
    yield Spelling(generation, {"warsan", "engines"}.__contains__)
    generation.close()


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("Where is Wasraw?", "Where is Warsaw?"),  # swapped
        ("where is warsw", "where is warsaw"),  # left out
        ("WARSSAW!", "WARSAW!"),  # one too many
        ("Is Watsaw old?", "Is Warsaw old?"),  # one wrong
        ("Which instituton?", "Which institution?"),  # the slip is in what the stemmer takes off
        ("warsax", "warsaw"),  # "warsaf" is as near, and in fewer passages
    ],
)
def test_a_slip_is_mended(spelling, typed, meant):
    assert spelling.mended(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "Where is Warsaw?",
        "Is it by the Vistulas?",  # another form of a word that is there
        "Who was outbid?",  # near no word; "outsid" is the stem of one
        "A citi, a metr",  # too short
        "Where is Xarsaw?",  # the first letter
        "Warsan engines",  # right words that the sources do not hold
        "Ist das Straßenschild grün? 日本語テキスト ١٢٣٤٥",
        "",
    ],
)
def test_other_words_are_left_alone(spelling, typed):
    assert spelling.mended(typed) == typed


@given(st.text(max_size=80))
def test_nothing_but_words_ever_changes(typed):
    class NoWords(Spelling):
        """Knows no word and has none near."""

        def __init__(self): ...

        def _is_known(self, word):
            return False

        def _is_common(self, word):
            return False

        def _near(self, words):
            return []

    assert NoWords().mended(typed) == typed


def test_the_slips_of_a_word_of_two_letters_are_those_counted_by_hand():
    # No swap keeps the first letter; 1 shorter; 25 with another second letter; 26 + 26 longer, "abb" twice.
    found = _one_slip_away("ab")
    assert len(found) == 1 + 25 + 26 + 26 - 1 and {"a", "ac", "abc", "acb"} <= found and "ab" not in found


def test_common_words_that_the_sources_lack_are_not_taken_for_slips(settings, make_sources):
    make_sources({"a.txt": "The speed of the bridge train is measured daily."})
    build_index(settings=settings)
    assistant = open_assistant(settings=settings)
    for asked in ("How much did the bride spend?", "Do daisies have a trait?"):
        assert assistant.ask(asked).resolved_question == asked
    assert assistant.ask("What is the sped of the brigde?").resolved_question == "What is the sped of the bridge?"
    assistant.close()


def test_british_and_american_verbs_are_right_and_mended_only_to_each_other(settings, make_sources):
    make_sources(
        {"a.txt": "Its criticism of the sanctions was summarized, the organizer paralyzed, the duke idolised."}
    )
    build_index(settings=settings)
    assistant = open_assistant(settings=settings)
    asked = "Who will criticise the sanctions, criticize them, is criticising?"
    assert assistant.ask(asked).resolved_question == asked
    mended = assistant.ask("Who summarised what the organiser paralysed, and was idolized?").resolved_question
    assert mended == "Who summarized what the organizer paralyzed, and was idolised?"
    assistant.close()


def test_what_was_mended_is_told_and_can_be_declined(settings, make_sources):
    make_sources(SOURCES)
    build_index(settings=settings)
    assistant = open_assistant(settings=settings)
    mended = assistant.ask("Where is Wasraw?")
    assert (mended.question, mended.resolved_question) == ("Where is Wasraw?", "Where is Warsaw?")
    assert assistant.ask("Where is Wasraw?", bare=True).resolved_question == "Where is Wasraw?"
    assert assistant.retrieve("Visutla?")[0].document.source == "b.txt"
    assistant.close()
