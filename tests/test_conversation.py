"""Follow-ups get the words they lean on, in brackets; questions that stand alone are searched with as they are."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.conversation import (
    LEANING_SIGNALS,
    LEANS_FROM,
    WORDS_ADDED,
    Conversation,
    Exchange,
    LeaningWeights,
    exchanges,
    fused,
    recalled,
    resolve,
    telling_words,
)
from assistant.datamodel import Turn


class PlainWords:
    """Words are their own terms, and equally rare, save those a test names."""

    def __init__(self, **rarities):
        self.rarities = rarities

    def terms(self, text):
        return [word.strip("?.,()").lower() for word in text.split()]

    def rarity(self, term):
        return self.rarities.get(term, 1.0)


def exchanged(*asked, answer="It said so."):
    return [Exchange(question, answer) for question in asked]


def turns(*asked, answer="Zanzibar exports cloves."):
    return [turn for question in asked for turn in (Turn("user", question), Turn("assistant", answer))]


@pytest.mark.parametrize(
    "before, question, resolved",
    [
        ((), "Where is it?", "Where is it?"),
        (("What is Eager Lion?",), "Where was it held?", "Where was it held? (Eager Lion)"),
        (("What is Eager Lion?",), "And when?", "And when? (Eager Lion)"),
        (("Who are the allies of Japan?",), "How many are there?", "How many are there? (allies Japan)"),
        (("What is Eager Lion?", "Where was it held?"), "And how often?", "And how often? (Eager Lion held)"),
        (("What is Eager Lion?",), "Is it the largest lion?", "Is it the largest lion? (Eager)"),
        (("it?",), "And that?", "And that?"),
    ],
)
def test_a_follow_up_is_completed_in_the_order_of_what_was_said(before, question, resolved):
    assert resolve(question, exchanged(*before), PlainWords()) == resolved


@pytest.mark.parametrize(
    ("first", "second", "resolved"),
    [
        # A new topic: nothing of the antenna comes again.
        (("Who put up an antenna?", "Two soldiers."), ("How many members has NATO?", "It has 29."), "(members NATO)"),
        # The same word comes again in the second question, or in its answer.
        (
            ("Which pact is NATO?", "One."),
            ("Which members joined NATO late?", "Some."),
            "(pact members joined NATO late)",
        ),
        (("What is Eager Lion?", "One."), ("Who trains in Jordan?", "Eager troops."), "(Eager Lion trains Jordan)"),
        # The second question points back to the first.
        (("What is Eager Lion?", "One."), ("Where was it held?", "In Jordan."), "(Eager Lion held)"),
    ],
)
def test_questions_on_other_topics_give_no_words(first, second, resolved):
    assert resolve("And when?", [Exchange(*first), Exchange(*second)], PlainWords()) == f"And when? {resolved}"


def test_rare_words_words_of_the_last_answer_and_late_words_come_first():
    before = exchanged("alpha beta gamma delta epsilon", "zeta eta theta iota kappa", answer="about beta")
    rarities = {"alpha": 1.0, "beta": 1.0, "gamma": 0.5, "delta": 0.5, "epsilon": 3.0}
    # Worth: alpha 0.9, beta 0.9 * 2 = 1.8, gamma and delta 0.45, epsilon 2.7; the later question's words 1 each.
    chosen = telling_words("which?", before, PlainWords(**rarities))
    assert chosen == ["alpha", "beta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
    assert len(chosen) == WORDS_ADDED


def test_thanks_and_greetings_around_a_question_add_no_words():
    assert exchanges(turns("Good morning! What is Eager Lion? Thanks.")) == exchanges(turns("What is Eager Lion?"))


def test_what_the_assistant_said_adds_no_words():
    assert "Zanzibar" not in resolve("Where is it?", exchanges(turns("What is Eager Lion?")), PlainWords())
    assert exchanges([Turn("assistant", "Zanzibar exports cloves.")]) == []


def test_talk_and_abstentions_are_nothing_to_lean_on():
    said = (
        turns("What is wax?") + [Turn("user", "Who won the chess cup?")] + turns("Thanks!", answer="You are welcome.")
    )
    assert exchanges(said) == [Exchange("What is wax?", "Zanzibar exports cloves.")]
    told = turns("What is wax?") + turns("Who won the chess cup?", answer="Your sources don't say (confidence 0.1).")
    assert [each.question for each in exchanges(told)] == ["What is wax?"]


def test_an_unanswered_follow_up_still_counts_and_so_does_an_only_question():
    assert exchanges([*turns("What is wax?"), Turn("user", "And honey?")])[-1] == Exchange("And honey?", "")
    assert exchanges([Turn("user", "Who won the chess cup?")]) == [Exchange("Who won the chess cup?", "")]


def test_recalled_puts_the_last_exchange_in_front():
    assert (
        recalled("Why?", exchanged("What is wax?", "Who makes it?", answer="Bees do.")) == "Who makes it? Bees do. Why?"
    )


def test_fusion_adds_the_three_scores_by_how_likely_it_leans():
    scores = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 2.0, 0.0]])
    assert fused(scores, 0.5).tolist() == [1.0, 1.5, 0.75]
    assert fused(scores, 0.0).tolist() == [1.0, 0.0, 0.5]


def test_what_the_question_alone_finds_best_stays_among_the_first_five():
    alone = np.array([1.0, 0, 0, 0, 0, 0, 0])
    resolved = np.array([0, 9.0, 8, 7, 6, 5, 4])
    order = np.argsort(-fused(np.array([alone, resolved, resolved]), 1.0)).tolist()
    assert order == [1, 2, 3, 4, 0, 5, 6]


def test_probability_is_logistic_in_the_signals():
    weights = LeaningWeights(np.array([1.0, 0, 0, 0, 0, -1.0]))
    assert weights.probability([1.0, 5.0, 0.3, 0.3, 0.1]) == 0.5
    assert LeaningWeights.shipped().values.shape == (len(LEANING_SIGNALS) + 1,)
    assert LeaningWeights.shipped().probability([1.0, 1.0, 0.5, 0.5, 0.1]) > 0.9
    assert LeaningWeights.shipped().probability([0.0, 6.0, 0.02, 0.0, -0.1]) < LEANS_FROM


texts = st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=60)


@given(texts, st.lists(texts, max_size=4))
def test_the_question_stays_word_for_word(question, asked):
    resolved = resolve(question, exchanged(*asked), PlainWords())
    assert resolved == question or resolved.startswith(f"{question.strip()} (") and resolved.endswith(")")
    assert resolve(question, [], PlainWords()) == question


@given(st.lists(st.lists(st.floats(-4, 2), min_size=8, max_size=8), min_size=3, max_size=3), st.floats(0, 1))
def test_fusion_never_loses_what_the_question_alone_finds_best(scores, leaning):
    sums = fused(np.array(scores), leaning)
    assert (sums > sums[int(np.argmax(scores[0]))]).sum() < 5


class TestRetrieving:
    """A made-up retriever of two passages; each text has a row of scores, cosines with them, and a vector."""

    @pytest.fixture
    def searched(self):
        return []

    @pytest.fixture
    def conversation(self, searched):
        class TwoPassages:
            near = 0.0

            def rank(self, texts, sources=(), beside=()):
                searched.append((*texts, *beside))
                vectors = np.eye(4)[: len(texts) + len(beside)]
                rows = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]][: len(texts)]
                return SimpleNamespace(
                    numbers=np.arange(2), scores=np.array(rows), vectors=vectors, cosines=np.full((4, 2), self.near)
                )

            def passages(self, ranking, scores, k, text=0):
                return [(int(at), text) for at in np.argsort(-scores, kind="stable")[:k]]

        return lambda bias: Conversation(TwoPassages(), PlainWords(), LeaningWeights(np.array([0, 0, 0, 0, 0, bias])))

    def test_the_first_question_is_searched_with_alone(self, conversation, searched):
        found = conversation(9).retrieve("What is wax?", [], 2)
        assert (found.resolved, found.passages, found.leaning) == ("What is wax?", [(0, 0), (1, 0)], 0.0)
        assert searched == [("What is wax?",)]

    def test_a_question_that_leans_is_searched_with_in_three_forms(self, conversation, searched):
        found = conversation(9).retrieve("Who makes it?", turns("What is wax?"), 2)
        assert (found.resolved, found.passages) == ("Who makes it? (wax)", [(1, 1), (0, 1)])
        recall = "What is wax? Zanzibar exports cloves. Who makes it?"
        assert searched == [("Who makes it?", "Who makes it? (wax)", recall, "What is wax?")]

    def test_a_question_without_a_word_that_points_back_keeps_its_words(self, conversation):
        before = [Turn("user", "What is wax?"), Turn("assistant", "Bees make wax.")]
        held = conversation(9)
        held._retriever.near = 0.5
        found = held.retrieve("Where do bees live?", before, 2)
        assert (found.resolved, found.passages) == ("Where do bees live?", [(1, 1), (0, 1)])

    def test_a_question_that_stands_alone_is_not_changed(self, conversation):
        found = conversation(-9).retrieve("Who makes it?", turns("What is wax?"), 2)
        assert (found.resolved, found.passages) == ("Who makes it?", [(0, 0), (1, 0)])
        assert found.leaning < LEANS_FROM

    def test_a_question_on_something_that_the_sources_do_not_know_drags_nothing_along(self, conversation):
        # All cosine similarities are 0 here: to the question before, and to every passage.
        found = conversation(9).retrieve("Who won the cup?", turns("What is wax?"), 2)
        assert (found.resolved, found.passages) == ("Who won the cup?", [(0, 0), (1, 0)])
