"""What a question asks for, and whether a sentence offers it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.question_types import kind_of, offers


@pytest.mark.parametrize(
    "question, kind",
    [
        ("When was the treaty signed?", "date"),
        ("In which year did it begin?", "date"),
        ("How many allies are there?", "number"),
        ("What percentage of bees survive?", "number"),
        ("Who criticises the plan?", "name"),
        ("Where was Eager Lion held?", "name"),
        ("Which country hosts it?", "name"),
        ("Why do bees dance?", "reason"),
        ("What is an ally?", "definition"),
        ("What is the difference between allies and partners?", "definition"),
        ("what is meant by drift", "definition"),
        ("date of the parade", "date"),
        ("WHEN?", "date"),
        ("Which benefits do alliances bring?", "list"),
        ("What are the duties of a tenant?", "list"),
        ("In which three ways does it help?", "list"),
        ("Name the parts of the plan.", "list"),
        ("Which process is it?", None),
        ("What was his status?", None),
        ("What do bees eat in winter?", None),
        ("Tell me about whenever and whoever", None),
        ("What happens when a laptop is stolen?", None),
        ("What do employees who resign get?", None),
        ("Must tenants pay when they are away?", None),
        ("How old was he when he married?", "number"),
        ("What was signed, and when?", "date"),
        ("Can you tell me who leads it?", "name"),
        ("the treaty was signed when", "date"),
        ("What does the WHO recommend?", None),
        ("WHO LEADS IT?", "name"),
        ("What did the authors conclude?", None),
        ("Who are the authors of the report?", "author"),
        ("authors of the report", "author"),
        ("", None),
    ],
)
def test_the_kind_follows_from_surface_cues(question, kind):
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    "question, sentence, offered",
    [
        ("Which benefits do they bring?", "They help in two ways:", 1),
        ("Which benefits do they bring?", "They bring benefits.", 0),
        ("When was the treaty signed?", "It was signed in 1951.", 1),
        ("When was the treaty signed?", "It was signed in March.", 1),
        ("When was the treaty signed?", "It was signed by nine countries.", -1),
        ("When did the war of 1914 end?", "The war of 1914 was long.", -1),
        ("How many allies are there?", "There are seven allies.", 1),
        ("How many allies are there?", "There are 51 of them.", 1),
        ("How many allies are there?", "There are a few.", -1),
        ("Who leads Japan?", "Of those, Smith does.", 1),
        ("Where is Eager Lion held?", "This year, Eager Lion was large.", -1),
        ("Where is Eager Lion held?", "It takes place in Jordan.", 1),
        ("Why do bees dance?", "They dance because others follow.", 1),
        ("Why do bees dance?", "They dance often.", -1),
        ("What is an ally?", "An ally is a country with a treaty.", 1),
        ("What is an ally?", "Many meet an ally.", -1),
        ("What is the difference between allies and partners?", "Allies are bound by a treaty.", 1),
        ("what is meant by drift", "The slow change, also called drift, goes on.", 1),
        ("what is meant by drift", "Drift makes no headings.", -1),
        ("date of the parade", "The parade was on 4 July.", 1),
        ("What do bees eat in winter?", "They eat honey.", 0),
    ],
)
def test_a_sentence_offers_what_is_asked_for(question, sentence, offered):
    assert offers(kind_of(question), sentence, question) == offered


@given(
    st.text(max_size=80),
    st.sampled_from(["When was", "How many", "Who", "Why", "What is a", "What"]).map("{} {{}}?".format),
    st.text(max_size=30),
)
def test_any_words_give_a_hint_or_none(sentence, frame, words):
    question = frame.format(words)
    hint = offers(kind_of(question), sentence, question)
    assert hint in (-1.0, 1.0) if kind_of(question) else hint == 0.0
